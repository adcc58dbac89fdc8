package sim

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// host is one process and the machine it runs on: a node, the monitor or the
// provider.
type host struct {
	id      int
	name    string
	kind    hostKind
	address gossip.Address
	seed    gossip.Address
	begins  int64 // when it first starts
	clock   clock
	work    int64 // nanoseconds for each event
	group   int   // of the partition

	up     bool
	paused bool
	life   uint32
	free   int64  // when it is through with its last event
	inbox  []item // what waits: it is paused or busy

	// A node's own.
	node    *protocol.Node // nil until the provider has let it in
	random  *rand.Rand
	tickAt  int64 // of the one tick in the queue that counts; 0: none
	sending int   // calls to peers under way
	sent    int64 // bytes of them in this life
	outbox  outbox
	lists   fetcher
	spun    bool // its last deadline was not in the future
}

type hostKind uint8

const (
	aNode hostKind = iota
	aMonitor
	aProvider
)

// item is something that a process has yet to act on: a call that has come, the
// outcome of one of its own, or an event.
type item struct {
	call  *call // a call that waits in the socket
	event protocol.Event
	ended *call // an outcome, with ok
	ok    bool
	again func()
}

// maxSends is the agent's own limit on calls to peers under way.
const maxSends = 128

// stuck tells whether the process cannot take a call now.
func (h *host) stuck(now int64) bool { return h.paused || h.busy(now) }

func (h *host) busy(now int64) bool { return h.work > 0 && now < h.free }

// start begins a process.
func (w *World) start(h *host) {
	if h.up {
		return
	}
	h.up, h.paused = true, false
	h.life++
	h.free, h.inbox = w.now, nil
	w.tellProcess(h, Started)
	switch h.kind {
	case aMonitor:
		w.monitor.start()
	case aProvider:
		w.provider.start()
	case aNode:
		h.node, h.tickAt, h.sending, h.sent, h.spun = nil, 0, 0, 0, false
		h.outbox = outbox{waits: waits{first: w.config.Timing.Heartbeat}}
		h.lists = fetcher{waits: waits{first: w.config.Timing.Heartbeat}}
		w.flush(h)
		w.join(h)
	}
}

// end kills a process. Whoever waits for it learns that it is gone.
func (w *World) end(h *host) {
	if !h.up {
		return
	}
	h.up, h.paused = false, false
	h.life++
	for _, i := range h.inbox {
		if i.call != nil {
			w.answer(i.call, false)
		}
	}
	h.inbox, h.node = nil, nil
	if h.kind == aMonitor {
		w.monitor.end()
	}
	w.tellProcess(h, Ended)
}

// joined makes the state machine of a node that the provider has let in.
func (w *World) joined(h *host) {
	now := h.clock.read(w.now)
	h.random = rand.New(rand.NewPCG(w.config.Seed+uint64(h.life)-1, nameHash(h.address)))
	c := protocol.Config{
		Self: h.address, Seed: h.seed, Parameters: w.config.Parameters,
		Generation: generation(now), Random: h.random,
	}
	if w.known != nil && h.life == 1 {
		c.Seed, c.Known, c.Generation = "", w.known.nodes, w.known.generation(h.address)
	}
	node, err := protocol.New(c, now)
	if err != nil {
		panic(err) // the world's own configuration was checked
	}
	h.node = node
	w.step(h, protocol.Tick{})
	if c.Known == nil {
		w.step(h, protocol.Connect{})
	} else {
		life := h.life
		w.At(time.Duration(h.begins), func() {
			if h.life == life && !h.stuck(w.now) {
				w.act(h, protocol.Connect{})
			}
		})
	}
	w.drain(h)
}

// generation is a node's start in Unix seconds, as the agent has it.
func generation(start time.Time) int32 {
	return int32(min(max(start.Unix(), 0), gossip.MaxGeneration))
}

// nameHash gives nodes that share a seed different draws, as the agent does.
func nameHash(a gossip.Address) uint64 {
	h := fnv.New64a()
	h.Write([]byte(a))
	return h.Sum64()
}

// receive takes a peer's message in.
func (w *World) receive(c *call) {
	w.act(c.to, protocol.Receive{From: c.from.address, Message: unpack(c.message)})
}

// ends is the outcome of a call at its caller.
func (w *World) ends(e event) {
	h, c := e.host, e.call
	if c.settled || e.life != h.life {
		return
	}
	c.settled = true
	if h.stuck(w.now) {
		h.inbox = append(h.inbox, item{ended: c, ok: e.ok})
		return
	}
	w.outcome(c, e.ok)
}

func (w *World) outcome(c *call, ok bool) {
	h := c.from
	switch c.kind {
	case toPeer:
		h.sending--
		if ok {
			w.act(h, protocol.Delivered{ID: c.id})
		} else {
			w.act(h, protocol.Failed{ID: c.id})
		}
	case toMonitor:
		w.reported(h, c, ok)
	case toProvider:
		w.provided(h, c, ok)
	}
}

// retry does again what had failed, unless the process stands still.
func (w *World) retry(h *host, again func()) {
	if h.stuck(w.now) {
		h.inbox = append(h.inbox, item{again: again})
		return
	}
	again()
}

func (w *World) tick(e event) {
	h := e.host
	if e.life != h.life || h.tickAt != e.at {
		return // another one has been set
	}
	h.tickAt = 0
	if h.stuck(w.now) {
		return // it ticks when it goes on
	}
	if h.clock.read(w.now).Before(h.node.Deadline()) {
		w.setTick(h) // what has happened since has moved it
		return
	}
	w.act(h, protocol.Tick{})
}

// act steps a node that is not stuck, which then is busy for as long as its
// work takes.
func (w *World) act(h *host, ev protocol.Event) {
	w.step(h, ev)
	if h.work > 0 {
		h.free = w.now + h.work
		w.queue.push(event{at: h.free, kind: workDone, host: h, life: h.life})
	}
}

// drain goes on with what has waited, in order.
func (w *World) drain(h *host) {
	for len(h.inbox) > 0 && h.up && !h.stuck(w.now) {
		i := h.inbox[0]
		h.inbox = h.inbox[1:]
		switch {
		case i.call != nil:
			w.take(i.call)
		case i.ended != nil:
			w.outcome(i.ended, i.ok)
		case i.again != nil:
			i.again()
		default:
			w.act(h, i.event)
		}
	}
	if h.node != nil && !h.stuck(w.now) && h.tickAt == 0 {
		w.setTick(h)
	}
}

// step runs the state machine and carries its effects out.
func (w *World) step(h *host, ev protocol.Event) {
	pending := ev
	var more []protocol.Event
	for pending != nil {
		now := h.clock.read(w.now)
		effects := h.node.Step(now, pending)
		for i := range w.hooks {
			if f := w.hooks[i].Step; f != nil {
				f(Step{At: w.Elapsed(), Now: now, Name: h.name, Life: h.life, Node: h.node, Event: pending, Effects: effects})
			}
		}
		for _, effect := range effects {
			if refused := w.apply(h, effect); refused != nil {
				more = append(more, refused)
			}
		}
		pending = nil
		if len(more) > 0 {
			pending, more = more[0], more[1:]
		}
	}
	w.setTick(h)
}

// setTick sees to it that a tick comes no later than the node's deadline.
func (w *World) setTick(h *host) {
	at := h.clock.due(w.now, h.node.Deadline())
	if h.spun = at <= w.now; h.spun {
		at = w.now + int64(time.Millisecond)
	}
	if h.tickAt != 0 && h.tickAt <= at {
		return
	}
	h.tickAt = at
	w.queue.push(event{at: at, kind: tickDue, host: h, life: h.life})
}

func (w *World) apply(h *host, effect protocol.Effect) protocol.Event {
	switch e := effect.(type) {
	case protocol.Send:
		return w.send(h, e)
	case protocol.ReportHeartbeat:
		h.outbox.queue.heartbeat = true
		w.flush(h)
	case protocol.ReportStates:
		if w.config.Lean {
			if own, ok := e.States.Get(h.address); ok {
				e.States = gossip.StateMap{own}
			}
		}
		h.outbox.queue.states = &e
		w.flush(h)
	case protocol.ReportVector:
		h.outbox.queue.vector = &e
		w.flush(h)
	case protocol.FetchMembers:
		w.fetch(h)
	case protocol.Rejoin:
		w.rejoin(h)
	}
	return nil
}

func (w *World) send(h *host, e protocol.Send) protocol.Event {
	if h.sending >= maxSends {
		return protocol.Failed{ID: e.ID}
	}
	to := w.addressed[e.To]
	bytes := callSize(h.address, e.Message)
	h.sent += int64(bytes)
	for i := range w.hooks {
		if f := w.hooks[i].Sent; f != nil {
			f(h.address, e.To, e.Message, bytes)
		}
	}
	if to == nil {
		return protocol.Failed{ID: e.ID} // no such name
	}
	h.sending++
	w.begin(&call{kind: toPeer, from: h, to: to, payload: payload{id: e.ID, message: w.known.pack(e.Message)}}, w.config.Timing.Gossip)
	return nil
}
