package core

import (
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
)

// answer takes what a node tells, or asks.
func (c *Core) answer(now time.Time, r machine.Request) machine.Reply {
	if _, ok := r.(machine.Mapping); ok {
		return machine.Reply{Answer: machine.Answer{Addresses: c.joinOrder()}}
	}
	if all, ok := r.(machine.Report); ok {
		return c.answerAll(now, all)
	}
	node, in, err := report(r)
	if err == nil {
		err = c.admit(now, node)
	}
	if err != nil {
		return machine.Reply{Fault: err.Error()}
	}
	if states, ok := in.(consensus.States); ok {
		states.Map = c.states.keep(node, states.Map, c.state.Known)
		in = states
	}
	c.conclude(now, in)
	return machine.Reply{}
}

// answerAll takes the parts of a report, until one is refused.
func (c *Core) answerAll(now time.Time, r machine.Report) machine.Reply {
	for _, part := range r.Parts() {
		if reply := c.answer(now, part); reply.Fault != "" {
			return reply
		}
	}
	return machine.Reply{}
}

// report is a request in the words of the consensus. Counts must not be negative.
// The generation that comes with a fault vector does not say whose it is, and
// plays no part.
func report(r machine.Request) (gossip.Address, consensus.Input, error) {
	switch r := r.(type) {
	case machine.Register:
		return r.Node, consensus.Register{Node: r.Node}, nil
	case machine.Heartbeat:
		return r.Node, consensus.Heartbeat{Node: r.Node}, nil
	case machine.States:
		if r.Messages < 0 {
			return "", nil, fmt.Errorf("message count %d of %s, want 0 or more", r.Messages, r.Node)
		}
		return r.Node, consensus.States{Node: r.Node, Map: r.Map, Messages: r.Messages}, nil
	case machine.Suspects:
		return r.Node, consensus.Suspects{Node: r.Node, Vector: r.Vector}, nil
	case machine.Traffic:
		if r.Bytes < 0 {
			return "", nil, fmt.Errorf("traffic of %s: %d bytes, want 0 or more", r.Node, r.Bytes)
		}
		return r.Node, consensus.Traffic{Node: r.Node, Bytes: r.Bytes}, nil
	}
	return "", nil, fmt.Errorf("a monitor takes no %T", r)
}

// admit tells whether a node may speak: a known one, or one for which there is room.
func (c *Core) admit(now time.Time, a gossip.Address) error {
	if _, known := c.state.Known(a); known || c.state.Len() < c.config.MaxNodes || c.makeRoom(now) {
		return nil
	}
	return fmt.Errorf("too many nodes: %s is one more than %d", a, c.config.MaxNodes)
}

func (c *Core) joinOrder() []gossip.Address {
	order := make([]gossip.Address, c.state.Len())
	for i := range order {
		order[i] = c.state.At(i).Address
	}
	return order
}
