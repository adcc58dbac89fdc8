package wire

import (
	"context"
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// SendMessage delivers m to the node at to, in the name of from.
func SendMessage(ctx context.Context, c *xmlrpc.Client, from, to gossip.Address, m gossip.Message) error {
	method, args, err := encodeMessage(from, m)
	if err != nil {
		return err
	}
	_, err = c.Call(ctx, string(to), method, args...)
	return err
}

func encodeMessage(from gossip.Address, m gossip.Message) (method string, args []xmlrpc.Value, err error) {
	sender := encodeAddress(from)
	switch m := m.(type) {
	case gossip.Syn:
		return acceptSyn, []xmlrpc.Value{xmlrpc.StructValue(
			xmlrpc.Member{Name: clusterID, Value: encodeInt(m.ClusterID)},
			xmlrpc.Member{Name: digestList, Value: encodeDigest(m.Digest)},
		), sender}, nil
	case gossip.Ack:
		return acceptAck, []xmlrpc.Value{encodeAddresses(m.Wanted), encodeStates(m.States), sender}, nil
	case gossip.Ack2:
		return acceptAck2, []xmlrpc.Value{encodeStates(m.States), sender}, nil
	case gossip.Gossip:
		return receiveGossip, []xmlrpc.Value{encodeDigest(m.Digest), sender}, nil
	default:
		return "", nil, fmt.Errorf("message of type %T has no method", m)
	}
}

// NodeHandler takes a node's messages. It is called from many goroutines, and
// must not wait for calls of its own: the peer waits for the answer.
type NodeHandler interface {
	Receive(ctx context.Context, from gossip.Address, m gossip.Message) error
}

// NodeMethods are the methods that nodes call on each other. The answer of all is nil.
func NodeMethods(h NodeHandler) xmlrpc.Methods {
	receive := func(decode func([]xmlrpc.Value) (gossip.Address, gossip.Message, error)) xmlrpc.Method {
		return func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			from, m, err := decode(args)
			if err != nil {
				return xmlrpc.Value{}, err
			}
			return xmlrpc.NilValue(), h.Receive(ctx, from, m)
		}
	}
	return xmlrpc.Methods{
		acceptSyn:     receive(decodeSyn),
		acceptAck:     receive(decodeAck),
		acceptAck2:    receive(decodeAck2),
		receiveGossip: receive(decodeGossip),
	}
}

func decodeSyn(args []xmlrpc.Value) (from gossip.Address, m gossip.Message, err error) {
	if err = count(acceptSyn, args, "syn", "address"); err != nil {
		return
	}
	var syn gossip.Syn
	if syn.ClusterID, err = intPart("syn", args[0], clusterID); err != nil {
		return
	}
	digest, err := part("syn", args[0], digestList)
	if err != nil {
		return
	}
	if syn.Digest, err = decodeDigest("syn."+digestList, digest); err != nil {
		return
	}
	from, err = decodeAddress("address", args[1])
	return from, syn, err
}

func decodeAck(args []xmlrpc.Value) (from gossip.Address, m gossip.Message, err error) {
	if err = count(acceptAck, args, "wanted", "states", "address"); err != nil {
		return
	}
	var ack gossip.Ack
	if ack.Wanted, err = decodeAddresses("wanted", args[0]); err != nil {
		return
	}
	if ack.States, err = decodeStates(args[1]); err != nil {
		return
	}
	from, err = decodeAddress("address", args[2])
	return from, ack, err
}

func decodeAck2(args []xmlrpc.Value) (from gossip.Address, m gossip.Message, err error) {
	if err = count(acceptAck2, args, "states", "address"); err != nil {
		return
	}
	var ack2 gossip.Ack2
	if ack2.States, err = decodeStates(args[0]); err != nil {
		return
	}
	from, err = decodeAddress("address", args[1])
	return from, ack2, err
}

func decodeGossip(args []xmlrpc.Value) (from gossip.Address, m gossip.Message, err error) {
	if err = count(receiveGossip, args, "digest", "address"); err != nil {
		return
	}
	var g gossip.Gossip
	if g.Digest, err = decodeDigest("digest", args[0]); err != nil {
		return
	}
	from, err = decodeAddress("address", args[1])
	return from, g, err
}
