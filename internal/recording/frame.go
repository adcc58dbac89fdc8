package recording

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	magic   = "gossiprc"
	version = 1

	// maxPayload is the longest payload of a frame; the longest event is a body of
	// an XML-RPC call, which is no shorter there than here.
	maxPayload = 1 << 26
)

// ErrDamaged is wrapped by errors about a file that is not as it was written.
var ErrDamaged = errors.New("damaged recording")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// prologue is what a file begins with, before its frames.
func prologue() []byte { return append([]byte(magic), version) }

// appendFrame appends a frame and returns the checksum that the next goes on from.
func appendFrame(b, payload []byte, chain uint32) ([]byte, uint32) {
	start := len(b)
	b = binary.AppendUvarint(b, uint64(len(payload)))
	b = append(b, lengthCheck(b[start:]))
	b = append(b, payload...)
	chain = crc32.Update(chain, castagnoli, payload)
	return binary.LittleEndian.AppendUint32(b, chain), chain
}

// lengthCheck tells a damaged length from a frame that was cut short.
func lengthCheck(length []byte) byte { return byte(crc32.Checksum(length, castagnoli)) }

// frames reads one frame after the other.
type frames struct {
	r      *bufio.Reader
	offset int64 // of the next frame
	chain  uint32
	buffer bytes.Buffer
}

// next returns the next frame's payload, valid until the next call, and the
// frame's offset. The error is io.EOF after the last frame, io.ErrUnexpectedEOF
// for one that was cut short, and wraps ErrDamaged for any that is wrong.
func (f *frames) next() ([]byte, int64, error) {
	at := f.offset
	length, head, err := f.length()
	if err != nil {
		return nil, at, err
	}
	f.buffer.Reset() // and grow with what is there, whatever the length says
	whole := int64(length) + crc32.Size
	if _, err := io.CopyN(&f.buffer, f.r, whole); errors.Is(err, io.EOF) {
		return nil, at, io.ErrUnexpectedEOF
	} else if err != nil {
		return nil, at, err
	}
	payload, sum := f.buffer.Bytes()[:length], f.buffer.Bytes()[length:]
	chain := crc32.Update(f.chain, castagnoli, payload)
	if chain != binary.LittleEndian.Uint32(sum) {
		return nil, at, fmt.Errorf("%w: wrong checksum of the record at offset %d", ErrDamaged, at)
	}
	f.chain = chain
	f.offset += int64(head) + whole
	return payload, at, nil
}

// length reads the part of a frame before its payload, head bytes of it.
func (f *frames) length() (length uint64, head int, err error) {
	var raw []byte
	for {
		c, err := f.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(raw) > 0:
			return 0, 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, 0, err
		}
		raw = append(raw, c)
		if c < 0x80 || len(raw) == binary.MaxVarintLen32 {
			break
		}
	}
	check, err := f.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, 0, io.ErrUnexpectedEOF
	} else if err != nil {
		return 0, 0, err
	}
	length, n := binary.Uvarint(raw)
	if n != len(raw) || check != lengthCheck(raw) || length == 0 || length > maxPayload {
		return 0, 0, fmt.Errorf("%w: wrong length of the record at offset %d", ErrDamaged, f.offset)
	}
	return length, len(raw) + 1, nil
}
