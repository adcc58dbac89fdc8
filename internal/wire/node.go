package wire

import (
	"context"
	"errors"
	"fmt"

	"gossiprpc/internal/xmlrpc"
)

// Node asks a node what only the harness wants to know. It is safe for many
// goroutines.
type Node struct {
	Client   *xmlrpc.Client
	HostPort string
}

// ErrCannotTell is wrapped when a node does not know the extension that it was asked by:
// it is an original.
var ErrCannotTell = errors.New("the node cannot tell")

// Awaits asks what keeps the node from being settled; empty if it is.
func (n Node) Awaits(ctx context.Context) (string, error) {
	v, err := n.Client.Call(ctx, n.HostPort, getAwaits)
	if err != nil {
		return "", cannotTell(err)
	}
	text, err := decodeAwaits(v)
	if err != nil {
		return "", badAnswer(getAwaits, n.HostPort, err)
	}
	return text, nil
}

// AwaitsCall is the body of Awaits's call, for who posts it by other means.
func AwaitsCall() []byte { return xmlrpc.AppendCall(nil, getAwaits) }

// ParseAwaits reads the body of the answer to [AwaitsCall].
func ParseAwaits(body []byte) (string, error) {
	v, err := xmlrpc.ParseAnswer(body, xmlrpc.DefaultLimits())
	if err != nil {
		return "", cannotTell(err)
	}
	return decodeAwaits(v)
}

func cannotTell(err error) error {
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		return fmt.Errorf("%w: %w", ErrCannotTell, err)
	}
	return err
}

func decodeAwaits(v xmlrpc.Value) (string, error) {
	if v.Kind != xmlrpc.String {
		return "", wrong("what it awaits", v, "a string")
	}
	return v.Str, nil
}

// SettledHandler is a [NodeHandler] that also offers the extension getAwaits.
type SettledHandler interface {
	Awaits(ctx context.Context) (string, error)
}
