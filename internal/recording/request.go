package recording

import (
	"errors"
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// The bytes that stand for requests and messages.
const (
	noRequest = iota
	message
	register
	heartbeat
	states
	suspects
	traffic
	mapping
	join
	members
	protocol
	report
)

const (
	noMessage = iota
	syn
	ack
	ack2
	digest
)

// request fails for a type that the format does not have.
func (e *encoder) request(r machine.Request) error {
	switch r := r.(type) {
	case nil:
		e.byte(noRequest)
	case machine.Message:
		e.byte(message)
		e.address(r.From)
		return e.message(r.Message)
	case machine.Register:
		e.byte(register)
		e.address(r.Node)
	case machine.Heartbeat:
		e.byte(heartbeat)
		e.address(r.Node)
	case machine.States:
		e.byte(states)
		e.address(r.Node)
		e.states(r.Map)
		e.int(int64(r.Messages))
	case machine.Suspects:
		e.byte(suspects)
		e.address(r.Node)
		e.vector(r.Vector)
		e.int(int64(r.Generation))
	case machine.Traffic:
		e.byte(traffic)
		e.address(r.Node)
		e.int(r.Bytes)
	case machine.Report:
		e.byte(report)
		parts := r.Parts()
		e.int(int64(len(parts)))
		for _, part := range parts {
			if err := e.request(part); err != nil {
				return err
			}
		}
	case machine.Mapping:
		e.byte(mapping)
	case machine.Join:
		e.byte(join)
		e.address(r.Node)
	case machine.Members:
		e.byte(members)
	case machine.Protocol:
		e.byte(protocol)
	default:
		return fmt.Errorf("the format has no request of type %T", r)
	}
	return nil
}

func (d *decoder) request() machine.Request {
	switch b := d.byte(); b {
	case noRequest:
	case message:
		return machine.Message{From: d.address(), Message: d.message()}
	case register:
		return machine.Register{Node: d.address()}
	case heartbeat:
		return machine.Heartbeat{Node: d.address()}
	case states:
		return machine.States{Node: d.address(), Map: d.states(), Messages: d.int32()}
	case suspects:
		return machine.Suspects{Node: d.address(), Vector: d.vector(), Generation: d.int32()}
	case traffic:
		return machine.Traffic{Node: d.address(), Bytes: d.int()}
	case report:
		return d.report()
	case mapping:
		return machine.Mapping{}
	case join:
		return machine.Join{Node: d.address()}
	case members:
		return machine.Members{}
	case protocol:
		return machine.Protocol{}
	default:
		d.fail(fmt.Errorf("request %d is unknown", b))
	}
	return nil
}

// report reads the parts of a report, whose first is the heartbeat.
func (d *decoder) report() machine.Report {
	var r machine.Report
	for range d.int() {
		switch d.byte() {
		case heartbeat:
			r.Node = d.address()
		case suspects:
			r.Suspects = &machine.Suspects{Node: d.address(), Vector: d.vector(), Generation: d.int32()}
		case states:
			r.States = &machine.States{Node: d.address(), Map: d.states(), Messages: d.int32()}
		case traffic:
			r.Traffic = &machine.Traffic{Node: d.address(), Bytes: d.int()}
		default:
			d.fail(errors.New("the part of a report is unknown"))
			return r
		}
	}
	return r
}

func (e *encoder) message(m gossip.Message) error {
	switch m := m.(type) {
	case nil:
		e.byte(noMessage)
	case gossip.Syn:
		e.byte(syn)
		e.int(int64(m.ClusterID))
		e.digest(m.Digest)
	case gossip.Ack:
		e.byte(ack)
		e.addresses(m.Wanted)
		e.states(m.States)
	case gossip.Ack2:
		e.byte(ack2)
		e.states(m.States)
	case gossip.Gossip:
		e.byte(digest)
		e.digest(m.Digest)
	default:
		return fmt.Errorf("the format has no message of type %T", m)
	}
	return nil
}

func (d *decoder) message() gossip.Message {
	switch d.byte() {
	case noMessage:
	case syn:
		return gossip.Syn{ClusterID: d.int32(), Digest: d.digest()}
	case ack:
		return gossip.Ack{Wanted: d.addresses(), States: d.states()}
	case ack2:
		return gossip.Ack2{States: d.states()}
	case digest:
		return gossip.Gossip{Digest: d.digest()}
	default:
		d.fail(errors.New("the message is unknown"))
	}
	return nil
}

func (e *encoder) answer(a machine.Answer) {
	e.addresses(a.Addresses)
	e.int(int64(a.Protocol))
}

func (d *decoder) answer() machine.Answer {
	return machine.Answer{Addresses: d.addresses(), Protocol: gossip.ProtocolNumber(d.int32())}
}
