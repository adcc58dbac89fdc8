package wire

import (
	"context"
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// SendMessage delivers m to the node at to, in the name of from.
func SendMessage(ctx context.Context, c *xmlrpc.Client, from, to gossip.Address, m gossip.Message) error {
	method, err := methodOf(m)
	if err != nil {
		return err
	}
	return c.Tell(ctx, string(to), method, func(dst []byte) []byte { return AppendMessage(dst, from, m) })
}

func methodOf(m gossip.Message) (string, error) {
	switch m.(type) {
	case gossip.Syn:
		return acceptSyn, nil
	case gossip.Ack:
		return acceptAck, nil
	case gossip.Ack2:
		return acceptAck2, nil
	case gossip.Gossip:
		return receiveGossip, nil
	default:
		return "", fmt.Errorf("message of type %T has no method", m)
	}
}

// AppendMessage appends the document of the call that brings m from a node: one of the
// four messages.
func AppendMessage(dst []byte, from gossip.Address, m gossip.Message) []byte {
	switch m := m.(type) {
	case gossip.Syn:
		dst = appendCallStart(dst, acceptSyn)
		dst = append(dst, xmlrpc.ParamStart+xmlrpc.StructStart+xmlrpc.MemberStart+clusterID+xmlrpc.NameEnd...)
		dst = appendInt(dst, m.ClusterID)
		dst = append(dst, xmlrpc.MemberEnd+xmlrpc.MemberStart+digestList+xmlrpc.NameEnd...)
		dst = appendDigest(dst, m.Digest)
		dst = append(dst, xmlrpc.MemberEnd+xmlrpc.StructEnd+xmlrpc.ParamEnd...)
	case gossip.Ack:
		dst = appendCallStart(dst, acceptAck)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = appendAddresses(dst, m.Wanted)
		dst = append(dst, xmlrpc.ParamEnd+xmlrpc.ParamStart...)
		dst = appendStates(dst, m.States)
		dst = append(dst, xmlrpc.ParamEnd...)
	case gossip.Ack2:
		dst = appendCallStart(dst, acceptAck2)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = appendStates(dst, m.States)
		dst = append(dst, xmlrpc.ParamEnd...)
	case gossip.Gossip:
		dst = appendCallStart(dst, receiveGossip)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = appendDigest(dst, m.Digest)
		dst = append(dst, xmlrpc.ParamEnd...)
	}
	dst = appendAddressArgument(dst, from)
	return append(dst, xmlrpc.CallEnd...)
}

// NodeHandler takes a node's messages. It is called from many goroutines, and
// must not wait for calls of its own: the peer waits for the answer.
type NodeHandler interface {
	Receive(ctx context.Context, from gossip.Address, m gossip.Message) error
}

// NodeMethods are the methods that nodes call on each other, whose answer is nil, and
// the extension.
func NodeMethods(h NodeHandler) xmlrpc.Methods {
	n := newNames()
	receive := func(m arguments[machine.Message]) xmlrpc.Method {
		return method(n, m, taken(func(ctx context.Context, m machine.Message) error {
			return h.Receive(ctx, m.From, m.Message)
		}))
	}
	methods := xmlrpc.Methods{
		acceptSyn:     receive(synArguments),
		acceptAck:     receive(ackArguments),
		acceptAck2:    receive(ack2Arguments),
		receiveGossip: receive(gossipArguments),
	}
	if s, ok := h.(SettledHandler); ok {
		methods[getAwaits] = asked(getAwaits, s.Awaits, appendText)
	}
	return methods
}

// How the messages are read.
var (
	synArguments    = arguments[machine.Message]{reader.syn, decodeSyn}
	ackArguments    = arguments[machine.Message]{reader.ack, decodeAck}
	ack2Arguments   = arguments[machine.Message]{reader.ack2, decodeAck2}
	gossipArguments = arguments[machine.Message]{reader.gossip, decodeGossip}
)

func (r reader) syn() machine.Message {
	var syn gossip.Syn
	r.Param()
	r.Struct()
	syn.ClusterID = r.intMember(clusterID)
	r.Member(digestList)
	syn.Digest = r.digest()
	r.EndMember()
	r.EndStruct()
	r.EndParam()
	return machine.Message{From: r.addressArgument(), Message: syn}
}

func decodeSyn(args []xmlrpc.Value) (m machine.Message, err error) {
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
	m.Message = syn
	m.From, err = decodeAddress("address", args[1])
	return m, err
}

func (r reader) ack() machine.Message {
	var ack gossip.Ack
	r.Param()
	ack.Wanted = r.addresses()
	r.EndParam()
	r.Param()
	ack.States = r.states()
	r.EndParam()
	return machine.Message{From: r.addressArgument(), Message: ack}
}

func decodeAck(args []xmlrpc.Value) (m machine.Message, err error) {
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
	m.Message = ack
	m.From, err = decodeAddress("address", args[2])
	return m, err
}

func (r reader) ack2() machine.Message {
	r.Param()
	ack2 := gossip.Ack2{States: r.states()}
	r.EndParam()
	return machine.Message{From: r.addressArgument(), Message: ack2}
}

func decodeAck2(args []xmlrpc.Value) (m machine.Message, err error) {
	if err = count(acceptAck2, args, "states", "address"); err != nil {
		return
	}
	var ack2 gossip.Ack2
	if ack2.States, err = decodeStates(args[0]); err != nil {
		return
	}
	m.Message = ack2
	m.From, err = decodeAddress("address", args[1])
	return m, err
}

func (r reader) gossip() machine.Message {
	r.Param()
	g := gossip.Gossip{Digest: r.digest()}
	r.EndParam()
	return machine.Message{From: r.addressArgument(), Message: g}
}

func decodeGossip(args []xmlrpc.Value) (m machine.Message, err error) {
	if err = count(receiveGossip, args, "digest", "address"); err != nil {
		return
	}
	var g gossip.Gossip
	if g.Digest, err = decodeDigest("digest", args[0]); err != nil {
		return
	}
	m.Message = g
	m.From, err = decodeAddress("address", args[1])
	return m, err
}
