package sim

import (
	"fmt"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire/size"
)

// Network is how messages travel between two processes. Each way of a call, to
// the callee and back, is one message; so is each way of setting up the
// connection before it, where none is kept.
type Network struct {
	Delay     Delay
	Loss      float64       // share of messages that never arrive; the call then times out
	Duplicate float64       // share of requests that arrive twice, as a client's second try brings them
	Reorder   float64       // share of messages that are held up by Late more
	Late      time.Duration // see Reorder
}

// call is one remote call from its beginning to its outcome.
type call struct {
	from, to *host
	life     uint32 // of from
	id       uint64
	timeout  time.Duration
	deadline int64
	dialing  bool // it is a connection that is being set up
	settled  bool // the caller has its outcome
	bytes    int  // of its body, to a node
	request  machine.Request
	reply    machine.Reply
}

// connection is one that is kept open, to a life of a process.
type connection struct {
	life uint32
	used int64
}

// keepIdle is how long a client keeps a connection that it does not use.
const keepIdle = int64(45 * time.Second)

// link is the way from one process to another.
type link struct{ from, to int }

// call carries a machine's call out.
func (w *World) call(h *host, e machine.Call) {
	to := w.addressed[e.To]
	c := &call{
		from: h, to: to, life: h.life, id: e.ID, timeout: e.Timeout, deadline: w.now + int64(e.Timeout),
		request: e.Request,
	}
	switch r := e.Request.(type) {
	case machine.Message:
		c.bytes = size.OfMessage(h.address, r.Message)
		for i := range w.hooks {
			if f := w.hooks[i].Sent; f != nil {
				f(h.address, e.To, r.Message, c.bytes)
			}
		}
		r.Message = w.known.pack(r.Message)
		c.request = r
	case machine.States:
		c.request = w.lean(r)
	case machine.Report:
		if r.States != nil {
			states := w.lean(*r.States)
			r.States = &states
			c.request = r
		}
	}
	if to == nil {
		w.queue.push(event{at: w.now, kind: callEnds, host: h, life: c.life, call: c}) // no such name
		return
	}
	if k, ok := h.kept[to.id]; !ok || to.life != k.life && !to.silent || w.now-k.used > keepIdle {
		delete(h.kept, to.id)
		c.dialing = true
		if h.names > 0 {
			w.At(w.Elapsed()+h.names, func() { w.request(c) })
			return
		}
	}
	w.request(c)
}

// lean is a state map as the monitor is sent it: see [Config].
func (w *World) lean(s machine.States) machine.States {
	if own, ok := s.Map.Get(s.Node); w.config.Lean && ok {
		s.Map = gossip.StateMap{own}
	}
	return s
}

// request sends what a call begins with on its way: itself, or its connection.
func (w *World) request(c *call) {
	if !c.dialing {
		c.from.sent += int64(c.bytes)
	}
	there, ok := w.travel(c.from, c.to)
	if !ok {
		w.expires(c)
		return
	}
	w.queue.push(event{at: there, kind: callComes, call: c})
	if c.dialing {
		return
	}
	if n := w.networkOf(c.from, c.to); n.Duplicate > 0 && w.random.Float64() < n.Duplicate {
		if again, ok := w.travel(c.from, c.to); ok {
			w.queue.push(event{at: again, kind: callComes, call: c})
		}
	}
}

// expires sees to it that a call that nobody answers ends at its deadline.
func (w *World) expires(c *call) {
	w.queue.push(event{at: max(c.deadline, w.now), kind: callEnds, host: c.from, life: c.life, call: c})
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

// comes is the arrival of a call, or of its connection, at its callee.
func (w *World) comes(c *call) {
	to := c.to
	switch {
	case !to.up:
		w.unserved(c)
	case c.dialing:
		w.accept(c)
	case to.stuck(w.now):
		// It waits in the socket; the caller learns nothing in the meantime.
		to.inbox = append(to.inbox, item{call: c})
		w.expires(c)
	default:
		w.take(c)
	}
}

// accept answers a connection, as the kernel does for a process that is paused
// too. The request follows when the answer has reached the caller.
func (w *World) accept(c *call) {
	back, arrives := w.travel(c.to, c.from)
	if !arrives || back > c.deadline {
		w.expires(c)
		return
	}
	life := c.to.life
	w.queue.push(event{at: back, kind: actionDue, do: func() {
		if c.from.life != c.life {
			return
		}
		c.dialing = false
		c.from.kept[c.to.id] = connection{life: life, used: w.now}
		w.request(c)
	}})
}

// take hands a call to its callee and answers it.
func (w *World) take(c *call) {
	r := c.request
	if m, ok := r.(machine.Message); ok {
		m.Message = unpack(m.Message)
		r = m
	}
	c.reply = w.act(c.to, machine.Called{Request: r})
	w.answer(c, true)
}

// unserved is a call to a process that does not run. The computer refuses it,
// unless it is silent.
func (w *World) unserved(c *call) {
	if c.to.silent {
		w.expires(c)
		return
	}
	w.answer(c, false)
}

// answer sends the outcome back. A refusal takes the same way.
func (w *World) answer(c *call, ok bool) {
	back, arrives := w.travel(c.to, c.from)
	if !arrives || back > c.deadline {
		w.expires(c)
		return
	}
	w.queue.push(event{at: back, kind: callEnds, host: c.from, life: c.life, call: c, ok: ok})
}

// ends is the outcome of a call at its caller: answered, refused, or over time.
func (w *World) ends(e event) {
	h, c := e.host, e.call
	if c.settled || e.life != h.life {
		return
	}
	c.settled = true
	ended := machine.Ended{ID: c.id, Sent: h.sent}
	switch {
	case c.to == nil:
		ended.Error = &machine.CallError{Text: "no such name"}
	case e.ok && c.reply.Fault != "":
		ended.Error = &machine.CallError{Fault: true, Text: c.reply.Fault}
	case e.ok:
		ended.Answer = c.reply.Answer
	case w.now >= c.deadline:
		ended.Error = &machine.CallError{Text: fmt.Sprintf("no answer within %v", c.timeout)}
	default:
		ended.Error = &machine.CallError{Text: "connection refused"}
	}
	if c.to != nil {
		if k, kept := h.kept[c.to.id]; kept && e.ok {
			k.used = w.now
			h.kept[c.to.id] = k
		} else if !e.ok {
			delete(h.kept, c.to.id)
		}
	}
	w.deliver(h, e.life, ended)
}

// Loss drops this share of messages between nodes, 0 to 1.
func (w *World) Loss(share float64) { w.peers.Loss = share }

// SetPeers changes how messages travel between nodes from now on.
func (w *World) SetPeers(n Network) { w.peers = n }

// Peers is how messages travel between nodes.
func (w *World) Peers() Network { return w.peers }

// SetServers changes how messages travel between nodes, monitor and provider from
// now on.
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
