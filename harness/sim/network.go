package sim

import (
	"slices"
	"time"
)

// Network is how messages travel between two processes. Each way of a call, to
// the callee and back, is one message.
type Network struct {
	Delay     Delay
	Loss      float64       // share of messages that never arrive; the call then times out
	Duplicate float64       // share of requests that arrive twice, as a client's second try brings them
	Reorder   float64       // share of messages that are held up by Late more
	Late      time.Duration // see Reorder
}

// call is one remote call from its beginning to its outcome.
type call struct {
	kind     callKind
	from, to *host
	life     uint32 // of from
	deadline int64
	settled  bool // the caller has its outcome
	payload
}

type callKind uint8

const (
	toPeer callKind = iota
	toMonitor
	toProvider
)

// link is the way from one process to another.
type link struct{ from, to int }

// begin sends a call on its way.
func (w *World) begin(c *call, timeout time.Duration) {
	c.life = c.from.life
	c.deadline = w.now + int64(timeout)
	there, ok := w.travel(c.from, c.to)
	if !ok {
		w.queue.push(event{at: c.deadline, kind: callEnds, host: c.from, life: c.life, call: c})
		return
	}
	w.queue.push(event{at: there, kind: callComes, call: c})
	if n := w.networkOf(c.from, c.to); n.Duplicate > 0 && w.random.Float64() < n.Duplicate {
		if again, ok := w.travel(c.from, c.to); ok {
			w.queue.push(event{at: again, kind: callComes, call: c})
		}
	}
}

// travel is when a message sent now arrives; false if never.
func (w *World) travel(from, to *host) (int64, bool) {
	n := w.networkOf(from, to)
	if from.group != to.group || len(w.cuts) > 0 && w.cuts[link{from.id, to.id}] {
		return 0, false
	}
	if n.Loss > 0 && w.random.Float64() < n.Loss {
		return 0, false
	}
	at := w.now + n.Delay.draw(w.random)
	if n.Reorder > 0 && w.random.Float64() < n.Reorder {
		at += int64(n.Late)
	}
	return at, true
}

func (w *World) networkOf(from, to *host) *Network {
	if from.kind == aNode && to.kind == aNode {
		return &w.peers
	}
	return &w.servers
}

// comes is a call's arrival at its callee.
func (w *World) comes(c *call) {
	to := c.to
	switch {
	case !to.up:
		w.answer(c, false)
	case to.stuck(w.now):
		// It waits in the socket; the caller learns nothing in the meantime.
		to.inbox = append(to.inbox, item{call: c})
		w.queue.push(event{at: max(c.deadline, w.now), kind: callEnds, host: c.from, life: c.life, call: c})
	default:
		w.take(c)
	}
}

// take hands a call to its callee and answers it.
func (w *World) take(c *call) {
	switch c.kind {
	case toPeer:
		if c.to.node == nil {
			w.answer(c, false) // it waits for the provider, and says so
			return
		}
		w.receive(c)
	case toMonitor:
		w.monitor.serve(c)
	case toProvider:
		w.provider.serve(c)
	}
	w.answer(c, true)
}

// answer sends the outcome back. A refusal takes the same way.
func (w *World) answer(c *call, ok bool) {
	back, arrives := w.travel(c.to, c.from)
	if !arrives || back > c.deadline {
		back, ok = max(c.deadline, w.now), false
	}
	w.queue.push(event{at: back, kind: callEnds, host: c.from, life: c.life, call: c, ok: ok})
}

// Loss drops this share of messages between nodes, 0 to 1.
func (w *World) Loss(share float64) { w.peers.Loss = share }

// SetPeers changes how messages travel between nodes from now on.
func (w *World) SetPeers(n Network) { w.peers = n }

// Peers is how messages travel between nodes.
func (w *World) Peers() Network { return w.peers }

// SetServers changes how messages travel between nodes, monitor and provider
// from now on.
func (w *World) SetServers(n Network) { w.servers = n }

// Servers is how messages travel between nodes, monitor and provider.
func (w *World) Servers() Network { return w.servers }

// Cut ends one direction of traffic between two processes, named as harness
// names them. Messages on their way still arrive.
func (w *World) Cut(from, to string) { w.cuts[link{w.host(from).id, w.host(to).id}] = true }

// Mend takes one Cut back.
func (w *World) Mend(from, to string) { delete(w.cuts, link{w.host(from).id, w.host(to).id}) }

// Partition cuts groups of processes off from each other; those that none names
// are one group together. It replaces an earlier partition.
func (w *World) Partition(groups ...[]string) {
	for _, h := range w.hosts {
		h.group = 1 + slices.IndexFunc(groups, func(g []string) bool { return slices.Contains(g, h.name) })
	}
}

// Heal ends partition, cuts and loss.
func (w *World) Heal() {
	w.Partition()
	clear(w.cuts)
	w.peers.Loss, w.servers.Loss = 0, 0
}
