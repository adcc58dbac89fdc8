package wire

import (
	"context"

	"gossiprpc/internal/xmlrpc"
)

// answer says how an answer's value is read: straight from a document, or from a Value.
// Both must read alike.
type answer[T any] struct {
	read   func(reader) T
	decode func(xmlrpc.Value) (T, error)
}

// ask makes a call that write writes, and reads its answer.
func ask[T any](
	ctx context.Context, c *xmlrpc.Client, hostport, method string, write func([]byte) []byte, a answer[T],
) (t T, err error) {
	var none T
	v, done, err := c.Ask(ctx, hostport, method, write, func(c *xmlrpc.Canonical) bool {
		t = a.read(reader{Canonical: c})
		return c.EndAnswer()
	})
	if err != nil {
		return none, err
	}
	if done {
		return t, nil
	}
	if t, err = a.decode(v); err != nil {
		return none, badAnswer(method, hostport, err)
	}
	return t, nil
}
