package wire

import (
	"context"
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// Provider calls a provider. It is safe for many goroutines.
type Provider struct {
	Client   *xmlrpc.Client
	HostPort string
}

// Join enters a into the join order and learns which protocol the cluster runs.
func (p Provider) Join(ctx context.Context, a gossip.Address) (gossip.ProtocolNumber, error) {
	return ask(ctx, p.Client, p.HostPort, setMapping, addressCall(setMapping, a), protocolAnswer)
}

// Protocol asks for the protocol's number without joining. It is an extension: an
// original provider answers with a fault.
func (p Provider) Protocol(ctx context.Context) (gossip.ProtocolNumber, error) {
	return ask(ctx, p.Client, p.HostPort, getProtocol, bareCall(getProtocol), protocolAnswer)
}

var protocolAnswer = answer[gossip.ProtocolNumber]{
	read: func(r reader) gossip.ProtocolNumber { return gossip.ProtocolNumber(r.Int()) },
	decode: func(v xmlrpc.Value) (gossip.ProtocolNumber, error) {
		var number int32
		err := v.Decode(&number)
		return gossip.ProtocolNumber(number), err
	},
}

// Members lists all that joined, in join order.
func (p Provider) Members(ctx context.Context) ([]gossip.Address, error) {
	return ask(ctx, p.Client, p.HostPort, getMapping, bareCall(getMapping), membersAnswer)
}

var membersAnswer = answer[[]gossip.Address]{reader.addresses, func(v xmlrpc.Value) ([]gossip.Address, error) {
	var texts []string
	if err := v.Decode(&texts); err != nil {
		return nil, err
	}
	return parseAddresses("members", texts)
}}

// ProviderHandler is what a provider knows. It is called from many goroutines.
type ProviderHandler interface {
	Join(ctx context.Context, a gossip.Address) (gossip.ProtocolNumber, error)
	Members(ctx context.Context) ([]gossip.Address, error)
	Protocol(ctx context.Context) (gossip.ProtocolNumber, error)
}

// ProviderMethods are a provider's methods.
func ProviderMethods(h ProviderHandler) xmlrpc.Methods {
	join := func(ctx context.Context, a gossip.Address) (xmlrpc.Value, error) {
		number, err := h.Join(ctx, a)
		return encodeInt(int32(number)), err
	}
	return xmlrpc.Methods{
		setMapping:                method(onlyAddress(setMapping), join),
		getMapping:                xmlrpc.Share(asked(getMapping, h.Members, appendAddresses), nil),
		getMapping + terse.suffix: markedList(h),
		getProtocol:               asked(getProtocol, h.Protocol, appendProtocol),
	}
}

func appendProtocol(dst []byte, p gossip.ProtocolNumber) []byte { return appendInt(dst, int32(p)) }

func parseAddresses(what string, texts []string) ([]gossip.Address, error) {
	addresses := make([]gossip.Address, len(texts))
	for i, text := range texts {
		a, err := parseAddress(what, text)
		if err != nil {
			return nil, err
		}
		addresses[i] = a
	}
	return addresses, nil
}

// badAnswer has the form of the client's own errors.
func badAnswer(method, hostport string, err error) error {
	return fmt.Errorf("call %s on %s: answer: %w", method, hostport, err)
}
