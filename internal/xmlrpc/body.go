package xmlrpc

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

var errTooLarge = errors.New("body too large")

// body is one document while it is read: its beginning, which costs nothing, and
// the rest, which is charged to the budget.
type body struct {
	from   io.Reader // unpacked
	head   []byte
	ended  bool  // head is all
	length int64 // announced, -1: unknown
	packed bool
}

// heads are buffers for the beginnings of calls, used again and again: what is read of a call
// is copied out of them.
var heads = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// beginBody reads up to unreckoned bytes into a buffer, which is empty and holds the beginning from
// then on. length is what was announced, or -1.
func beginBody(head *bytes.Buffer, from io.Reader, length int64, packed bool) (*body, error) {
	b := &body{from: from, length: length, packed: packed}
	if packed {
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errGzip, err)
		}
		b.from = z
	}
	if length >= 0 && !packed {
		head.Grow(int(min(length, unreckoned+1)) + bytes.MinRead) // so much is wanted to see the end
	}
	n, err := head.ReadFrom(io.LimitReader(b.from, unreckoned+1))
	b.head, b.ended = head.Bytes(), n <= unreckoned
	return b, b.wrap(err)
}

func (b *body) wrap(err error) error {
	if err != nil && b.packed {
		return fmt.Errorf("%w: %w", errGzip, err)
	}
	return err
}

// deflate packs at most so well.
const bestPacking = 1032

// most is how many bytes the document may have by what is known of it.
func (b *body) most(limit int64) int64 {
	switch {
	case b.length < 0:
		return limit
	case !b.packed:
		return min(limit, b.length)
	case b.length > limit/bestPacking:
		return limit
	}
	return b.length * bestPacking
}

// rest reads the document to its end, at most limit bytes, and returns how many
// bytes of p are taken for it.
func (b *body) rest(ctx context.Context, limit int64, p *pool) (document []byte, taken int64, err error) {
	if b.ended {
		if int64(len(b.head)) > limit {
			err = errTooLarge
		}
		return b.head, 0, err
	}
	most := b.most(limit)
	exact := b.length >= 0 && !b.packed
	charge := most
	if !exact {
		charge *= 2 // it grows by copies
	}
	if taken, err = p.take(ctx, charge); err != nil {
		return nil, 0, err
	}
	document = b.head
	if exact && most > int64(len(b.head)) {
		document = append(make([]byte, 0, most), b.head...)
	}
	document, err = readTo(document, b.from, limit)
	if err != nil {
		p.give(taken)
		return nil, 0, b.wrap(err)
	}
	return document, taken, nil
}

// readTo appends all of r to document, which may come to have limit bytes.
func readTo(document []byte, r io.Reader, limit int64) ([]byte, error) {
	for {
		if int64(len(document)) > limit {
			return nil, errTooLarge
		}
		if len(document) == cap(document) {
			document = append(document, 0)[:len(document)]
		}
		n, err := r.Read(document[len(document):cap(document)])
		document = document[:len(document)+n]
		if errors.Is(err, io.EOF) {
			if int64(len(document)) > limit {
				return nil, errTooLarge
			}
			return document, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// Bytes that a value costs while it is read: in the scanner's stack, which doubles,
// and in its array or struct.
const valueCost = 320

// reckon is what reading a document costs at most. Each value begins with a tag of
// that name, whatever its prefix.
func reckon(document []byte) int64 {
	values := bytes.Count(document, []byte("<value")) + bytes.Count(document, []byte(":value"))
	return 2*int64(len(document)) + valueCost*int64(values)
}

// weigh is what a value costs in memory.
func weigh(v *Value) int64 {
	bytes := int64(len(v.Str) + len(v.Bytes))
	for i := range v.Items {
		bytes += 112 + weigh(&v.Items[i])
	}
	for i := range v.Members {
		bytes += 128 + weigh(&v.Members[i].Value)
	}
	return bytes
}

// methodIn finds the method's name in the beginning of a call, as far as it can be
// told without reading the call.
func methodIn(head []byte) (string, bool) {
	_, after, found := bytes.Cut(head, []byte("methodName"))
	if !found {
		return "", false
	}
	if _, after, found = bytes.Cut(after, []byte(">")); !found {
		return "", false
	}
	name, _, found := bytes.Cut(after, []byte("<"))
	return string(name), found && len(name) <= maxMethodName
}
