package wire

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gossiprpc/internal/xmlrpc"
)

// settledNode is a node that offers the extension.
type settledNode struct {
	recorder
	awaits string
}

func (s *settledNode) Awaits(context.Context) (string, error) { return s.awaits, s.err }

func TestAwaitsBothSides(t *testing.T) {
	s := &settledNode{}
	hostport, c := serve(t, NodeMethods(s))
	n := Node{c, hostport}
	for _, want := range []string{"", "a handshake with <node7>:5000 is due"} {
		s.awaits = want
		if got, err := n.Awaits(t.Context()); err != nil || got != want {
			t.Errorf("awaits %q, %v, want %q", got, err, want)
		}
		if got, err := ParseAwaits(xmlrpc.AppendAnswer(nil, xmlrpc.StringValue(want))); err != nil || got != want {
			t.Errorf("a body says %q, %v, want %q", got, err, want)
		}
	}
	method, args, err := xmlrpc.ParseCall(AwaitsCall(), xmlrpc.DefaultLimits())
	if err != nil || method != getAwaits || len(args) > 0 {
		t.Errorf("the call's body is of %s %v, %v", method, args, err)
	}
}

// An original answers the extension with a fault, and that is no failure to reach it.
func TestAwaitsOfAnOriginal(t *testing.T) {
	hostport, c := serve(t, NodeMethods(&recorder{}))
	if _, err := (Node{c, hostport}).Awaits(t.Context()); !errors.Is(err, ErrCannotTell) {
		t.Errorf("%v, want %v", err, ErrCannotTell)
	}
	fault := xmlrpc.AppendFault(nil, &xmlrpc.Fault{Code: 1, Text: `method "getAwaits" is not supported`})
	if _, err := ParseAwaits(fault); !errors.Is(err, ErrCannotTell) {
		t.Errorf("a fault's body: %v, want %v", err, ErrCannotTell)
	}
	if _, err := (Node{c, "127.0.0.1:1"}).Awaits(t.Context()); err == nil || errors.Is(err, ErrCannotTell) {
		t.Errorf("nobody listens: %v", err)
	}
	for _, body := range [][]byte{nil, xmlrpc.AppendAnswer(nil, xmlrpc.IntValue(3))} {
		if _, err := ParseAwaits(body); err == nil || errors.Is(err, ErrCannotTell) {
			t.Errorf("%q: %v", body, err)
		}
	}
	odd, c := serve(t, xmlrpc.Methods{getAwaits: {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
		return xmlrpc.IntValue(3), nil
	}}})
	_, err := Node{c, odd}.Awaits(t.Context())
	if err == nil || !strings.Contains(err.Error(), "what it awaits is int 3, want a string") {
		t.Errorf("an int: %v", err)
	}
}
