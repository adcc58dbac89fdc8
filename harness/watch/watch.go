// Package watch tells the viewer what happens in a cluster's machines, as they run
// in virtual time or as their records are played again.
//
// Machines go in, and come back as machines to step in their place; events of the
// stream come out (internal/viewer). A watched machine does what it did before.
package watch

import (
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/viewer"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/feed"
	"gossiprpc/provider/registry"
)

// Cluster is a cluster that is watched. It belongs to one goroutine.
type Cluster struct {
	stream *viewer.Stream
	spec   protocol.Spec
	joined []gossip.Address // in the provider's order
}

// New watches a cluster whose nodes run this protocol.
func New(s *viewer.Stream, spec protocol.Spec) *Cluster { return &Cluster{stream: s, spec: spec} }

// Life is one process from its start to its end.
type Life struct {
	Name   string // node3
	Self   gossip.Address
	Number int                           // of its lives, from 1
	At     func(time.Time) time.Duration // the stream's time of an instant of the process
}

// Name tells of nodes before anything else happens, so that their indices are in
// this order.
func (c *Cluster) Name(at time.Duration, names []string, addresses []gossip.Address) {
	for i, a := range addresses {
		c.stream.Name(at, a, names[i])
	}
	c.rank(at)
}

// rank tells the order of a ring of known endpoints, which is that of addresses.
func (c *Cluster) rank(at time.Duration) {
	if c.spec.Ring == protocol.KnownRing {
		c.stream.Ring(at, c.stream.Known())
	}
}

// Watch returns the machine to step in place of one that has not been stepped yet.
func (c *Cluster) Watch(l Life, m machine.Machine) machine.Machine {
	switch m := m.(type) {
	case *process.Process:
		return c.node(l, m)
	case *core.Core:
		return &starting{c, l, feed.Watch(c.stream, m, l.At)}
	case *registry.Provider:
		c.joined = nil
		return &starting{c, l, &provider{c, l, m}}
	}
	return m
}

// starting tells of the start of a process that is no node.
type starting struct {
	cluster *Cluster
	life    Life
	machine.Machine
}

func (s *starting) Step(now time.Time, ev machine.Event) []machine.Effect {
	if _, ok := ev.(machine.Start); ok {
		s.cluster.stream.Put(s.life.At(now), viewer.Start{Who: s.life.Name, Life: s.life.Number})
	}
	return s.Machine.Step(now, ev)
}

// provider tells the ring that the provider's list makes.
type provider struct {
	cluster *Cluster
	life    Life
	machine.Machine
}

func (p *provider) Step(now time.Time, ev machine.Event) []machine.Effect {
	effects := p.Machine.Step(now, ev)
	called, _ := ev.(machine.Called)
	if join, ok := called.Request.(machine.Join); ok && entered(effects) {
		p.cluster.join(p.life.At(now), join.Node)
	}
	return effects
}

// entered tells whether a provider has taken a new member in: it logs that.
func entered(effects []machine.Effect) bool {
	for _, e := range effects {
		if _, ok := e.(machine.Log); ok {
			return true
		}
	}
	return false
}

func (c *Cluster) join(at time.Duration, a gossip.Address) {
	c.joined = append(c.joined, a)
	if c.spec.Ring == protocol.ListRing {
		c.stream.Ring(at, c.joined)
	}
}
