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
	return tell(ctx, c, string(to), method, entriesIn(m), func(f form) func([]byte) []byte {
		return func(dst []byte) []byte { return f.appendMessage(dst, from, m) }
	})
}

func entriesIn(m gossip.Message) int {
	switch m := m.(type) {
	case gossip.Syn:
		return len(m.Digest)
	case gossip.Ack:
		return len(m.States)
	case gossip.Ack2:
		return len(m.States)
	case gossip.Gossip:
		return len(m.Digest)
	}
	return 0
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
// four messages, in the original's form.
func AppendMessage(dst []byte, from gossip.Address, m gossip.Message) []byte {
	return plain.appendMessage(dst, from, m)
}

func (f form) appendMessage(dst []byte, from gossip.Address, m gossip.Message) []byte {
	switch m := m.(type) {
	case gossip.Syn:
		dst = appendCallStart(dst, acceptSyn+f.suffix)
		dst = append(dst, xmlrpc.ParamStart+xmlrpc.StructStart+xmlrpc.MemberStart+clusterID+xmlrpc.NameEnd...)
		dst = appendInt(dst, m.ClusterID)
		dst = append(dst, xmlrpc.MemberEnd+xmlrpc.MemberStart+digestList+xmlrpc.NameEnd...)
		dst = f.digest.append(dst, m.Digest)
		dst = append(dst, xmlrpc.MemberEnd+xmlrpc.StructEnd+xmlrpc.ParamEnd...)
	case gossip.Ack:
		dst = appendCallStart(dst, acceptAck+f.suffix)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = appendAddresses(dst, m.Wanted)
		dst = append(dst, xmlrpc.ParamEnd+xmlrpc.ParamStart...)
		dst = f.states.append(dst, m.States)
		dst = append(dst, xmlrpc.ParamEnd...)
	case gossip.Ack2:
		dst = appendCallStart(dst, acceptAck2+f.suffix)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = f.states.append(dst, m.States)
		dst = append(dst, xmlrpc.ParamEnd...)
	case gossip.Gossip:
		dst = appendCallStart(dst, receiveGossip+f.suffix)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = f.digest.append(dst, m.Digest)
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
// the extensions.
func NodeMethods(h NodeHandler) xmlrpc.Methods {
	receive := func(m arguments[machine.Message]) xmlrpc.Method {
		return method(m, taken(func(ctx context.Context, m machine.Message) error {
			return h.Receive(ctx, m.From, m.Message)
		}))
	}
	methods := xmlrpc.Methods{}
	for _, f := range []form{plain, terse} {
		methods[acceptSyn+f.suffix] = receive(f.syn())
		methods[acceptAck+f.suffix] = receive(f.ack())
		methods[acceptAck2+f.suffix] = receive(f.ack2())
		methods[receiveGossip+f.suffix] = receive(f.gossip())
	}
	if s, ok := h.(SettledHandler); ok {
		methods[getAwaits] = asked(getAwaits, s.Awaits, appendText)
	}
	return methods
}

// How the messages are read.

func (f form) syn() arguments[machine.Message] {
	return arguments[machine.Message]{
		read: func(r reader) machine.Message {
			var syn gossip.Syn
			r.Param()
			r.Struct()
			syn.ClusterID = r.intMember(clusterID)
			r.Member(digestList)
			syn.Digest = f.digest.read(r)
			r.EndMember()
			r.EndStruct()
			r.EndParam()
			return machine.Message{From: r.addressArgument(), Message: syn}
		},
		decode: func(args []xmlrpc.Value) (m machine.Message, err error) {
			if err = count(acceptSyn+f.suffix, args, "syn", "address"); err != nil {
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
			if syn.Digest, err = f.digest.decode("syn."+digestList, digest); err != nil {
				return
			}
			m.Message = syn
			m.From, err = decodeAddress("address", args[1])
			return m, err
		},
		weight: f.weight,
	}
}

func (f form) ack() arguments[machine.Message] {
	return arguments[machine.Message]{
		read: func(r reader) machine.Message {
			var ack gossip.Ack
			r.Param()
			ack.Wanted = r.addresses()
			r.EndParam()
			r.Param()
			ack.States = f.states.read(r)
			r.EndParam()
			return machine.Message{From: r.addressArgument(), Message: ack}
		},
		decode: func(args []xmlrpc.Value) (m machine.Message, err error) {
			if err = count(acceptAck+f.suffix, args, "wanted", statesArgument, "address"); err != nil {
				return
			}
			var ack gossip.Ack
			if ack.Wanted, err = decodeAddresses("wanted", args[0]); err != nil {
				return
			}
			if ack.States, err = f.states.decode(statesArgument, args[1]); err != nil {
				return
			}
			m.Message = ack
			m.From, err = decodeAddress("address", args[2])
			return m, err
		},
		weight: f.weight,
	}
}

func (f form) ack2() arguments[machine.Message] {
	return news(f, acceptAck2, statesArgument, f.states, func(s gossip.StateMap) gossip.Message { return gossip.Ack2{States: s} })
}

func (f form) gossip() arguments[machine.Message] {
	return news(f, receiveGossip, "digest", f.digest, func(d gossip.Digest) gossip.Message { return gossip.Gossip{Digest: d} })
}

// news is how a message of entries alone is read.
func news[All any](f form, method, what string, k kind[All], of func(All) gossip.Message) arguments[machine.Message] {
	return arguments[machine.Message]{
		read: func(r reader) machine.Message {
			r.Param()
			all := k.read(r)
			r.EndParam()
			return machine.Message{From: r.addressArgument(), Message: of(all)}
		},
		decode: func(args []xmlrpc.Value) (m machine.Message, err error) {
			if err = count(method+f.suffix, args, what, "address"); err != nil {
				return
			}
			all, err := k.decode(what, args[0])
			if err != nil {
				return
			}
			m.Message = of(all)
			m.From, err = decodeAddress("address", args[1])
			return m, err
		},
		weight: f.weight,
	}
}
