package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
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
	r      io.Reader
	offset int64 // of the next frame
	chain  uint32
	raw    []byte // what has been read of the next frame
}

// next returns the next frame's payload, valid until the next call, and the
// frame's offset. The error is io.EOF after the last frame, io.ErrUnexpectedEOF
// for one that was cut short, and wraps ErrDamaged for any that is wrong. After
// either EOF it may be called again, if the file has grown.
func (f *frames) next() ([]byte, int64, error) {
	at := f.offset
	length, head, err := f.length()
	if err != nil {
		return nil, at, err
	}
	whole := head + int(length) + crc32.Size
	if err := f.fill(whole); err != nil {
		return nil, at, err
	}
	payload, sum := f.raw[head:head+int(length)], f.raw[head+int(length):]
	f.raw = f.raw[:0]
	chain := crc32.Update(f.chain, castagnoli, payload)
	if chain != binary.LittleEndian.Uint32(sum) {
		return nil, at, fmt.Errorf("%w: wrong checksum of the record at offset %d", ErrDamaged, at)
	}
	f.chain = chain
	f.offset += int64(whole)
	return payload, at, nil
}

// length reads the part of a frame before its payload, head bytes of it.
func (f *frames) length() (length uint64, head int, err error) {
	for head = 1; ; head++ {
		if err := f.fill(head); err != nil {
			return 0, 0, err
		}
		if f.raw[head-1] < 0x80 || head == binary.MaxVarintLen32 {
			break
		}
	}
	if err := f.fill(head + 1); err != nil {
		return 0, 0, err
	}
	length, n := binary.Uvarint(f.raw[:head])
	if n != head || f.raw[head] != lengthCheck(f.raw[:head]) || length == 0 || length > maxPayload {
		return 0, 0, fmt.Errorf("%w: wrong length of the record at offset %d", ErrDamaged, f.offset)
	}
	return length, head + 1, nil
}

// fill reads until so many bytes of the frame are there. It grows with what is there,
// whatever the length says.
func (f *frames) fill(size int) error {
	const most = 1 << 16
	for len(f.raw) < size {
		before := len(f.raw)
		more := min(size-before, most)
		f.raw = slices.Grow(f.raw, more)
		n, err := io.ReadFull(f.r, f.raw[before:before+more])
		f.raw = f.raw[:before+n]
		switch {
		case (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && len(f.raw) > 0:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
	return nil
}
