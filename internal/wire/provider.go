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
	return p.protocol(ctx, setMapping, encodeAddress(a))
}

// Protocol asks for the protocol's number without joining. It is an extension: an
// original provider answers with a fault.
func (p Provider) Protocol(ctx context.Context) (gossip.ProtocolNumber, error) {
	return p.protocol(ctx, getProtocol)
}

func (p Provider) protocol(ctx context.Context, method string, args ...xmlrpc.Value) (gossip.ProtocolNumber, error) {
	v, err := p.Client.Call(ctx, p.HostPort, method, args...)
	if err != nil {
		return 0, err
	}
	var number int32
	if err := v.Decode(&number); err != nil {
		return 0, badAnswer(method, p.HostPort, err)
	}
	return gossip.ProtocolNumber(number), nil
}

// Members lists all that joined, in join order.
func (p Provider) Members(ctx context.Context) ([]gossip.Address, error) {
	v, err := p.Client.Call(ctx, p.HostPort, getMapping)
	if err != nil {
		return nil, err
	}
	var texts []string
	if err := v.Decode(&texts); err != nil {
		return nil, badAnswer(getMapping, p.HostPort, err)
	}
	members, err := parseAddresses("members", texts)
	if err != nil {
		return nil, badAnswer(getMapping, p.HostPort, err)
	}
	return members, nil
}

// ProviderHandler is what a provider knows. It is called from many goroutines.
type ProviderHandler interface {
	Join(ctx context.Context, a gossip.Address) (gossip.ProtocolNumber, error)
	Members(ctx context.Context) ([]gossip.Address, error)
	Protocol(ctx context.Context) (gossip.ProtocolNumber, error)
}

// ProviderMethods are a provider's methods.
func ProviderMethods(h ProviderHandler) xmlrpc.Methods {
	return xmlrpc.Methods{
		setMapping: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			a, err := onlyAddress(setMapping, args)
			if err != nil {
				return xmlrpc.Value{}, err
			}
			number, err := h.Join(ctx, a)
			return encodeInt(int32(number)), err
		},
		getMapping: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			if err := count(getMapping, args); err != nil {
				return xmlrpc.Value{}, err
			}
			members, err := h.Members(ctx)
			return encodeAddresses(members), err
		},
		getProtocol: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			if err := count(getProtocol, args); err != nil {
				return xmlrpc.Value{}, err
			}
			number, err := h.Protocol(ctx)
			return encodeInt(int32(number)), err
		},
	}
}

func onlyAddress(method string, args []xmlrpc.Value) (gossip.Address, error) {
	if err := count(method, args, "address"); err != nil {
		return "", err
	}
	return decodeAddress("address", args[0])
}

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
