package xmlrpc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// outgoing is a call's document in a buffer that other calls use again. net/http may
// read a request's body after it has returned from it, so that the buffer is free only
// when its writer and all bodies that were made of it have let it go.
type outgoing struct {
	mu    sync.Mutex
	bytes []byte
	users int
}

// maxKept is the size in bytes of buffers that are kept: enough for a digest of a thousand
// nodes. A buffer that has held a state map of theirs would be carried by heartbeats next.
const maxKept = 256 << 10

var outgoings = sync.Pool{New: func() any { return &outgoing{} }}

// write has a document written. Its writer must release it.
func write(document func([]byte) []byte) *outgoing {
	o := outgoings.Get().(*outgoing)
	o.bytes, o.users = document(o.bytes[:0]), 1
	return o
}

func (o *outgoing) release() {
	o.mu.Lock()
	o.users--
	free := o.users == 0 && cap(o.bytes) <= maxKept
	o.mu.Unlock()
	if free {
		outgoings.Put(o)
	}
}

// request makes the POST of the document. Its length is known, so that nothing is sent in
// chunks; [Client.try] gets a body for each of its tries.
func (o *outgoing) request(ctx context.Context, target string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.ContentLength = int64(len(o.bytes))
	r.GetBody = func() (io.ReadCloser, error) { return o.body(), nil }
	r.Header.Set("Content-Type", "text/xml")
	return r, nil
}

func (o *outgoing) body() io.ReadCloser {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.users++
	return &outgoingBody{of: o, rest: bytes.NewReader(o.bytes)}
}

// outgoingBody may be closed while somebody reads from it, and more than once.
type outgoingBody struct {
	mu   sync.Mutex
	of   *outgoing // nil: closed
	rest *bytes.Reader
}

var errClosedBody = errors.New("the request's body is closed")

func (b *outgoingBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		return 0, errClosedBody
	}
	return b.rest.Read(p)
}

func (b *outgoingBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of != nil {
		b.of.release()
		b.of = nil
	}
	return nil
}
