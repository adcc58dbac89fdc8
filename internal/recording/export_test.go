package recording

import (
	"bytes"
	"errors"
	"io"
)

// NewFile is a File on something else than a disk.
var NewFile = newFile

// Disk is what a File needs.
type Disk = disk

// MaxWaiting is how much waits for a slow disk at most.
const MaxWaiting = maxWaiting

// AppendPayload appends a record with this payload to a file that is whole, and
// returns others as they are.
func AppendPayload(file, payload []byte) []byte {
	r, err := NewReader(bytes.NewReader(file))
	for err == nil {
		_, _, err = r.frames.next()
	}
	if !errors.Is(err, io.EOF) {
		return file
	}
	file, _ = appendFrame(file, payload, r.frames.chain)
	return file
}
