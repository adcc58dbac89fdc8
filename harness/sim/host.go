package sim

import (
	"bytes"
	"slices"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
)

// host is one process and the computer it runs on: a node, the monitor or the
// provider.
type host struct {
	id      int
	name    string
	kind    hostKind
	address gossip.Address
	seed    gossip.Address
	begins  int64 // when it first starts
	clock   clock
	work    int64         // nanoseconds for each event
	group   int           // of the partition
	names   time.Duration // that a look-up of a name takes

	up     bool
	paused bool
	silent bool // it does not even refuse calls while it is down
	life   uint32
	free   int64  // when it is through with its last event
	inbox  []item // what waits: it is paused or busy

	machine machine.Machine
	node    *process.Process // the same, of a node
	monitor *core.Core       // the same, of the monitor

	tickAt int64 // of the one tick in the queue that counts; 0: none
	spun   bool  // its last deadline was not in the future
	sent   int64 // bytes of calls to nodes in this life
	kept   map[int]connection

	files map[string][]byte // they outlive the process
	out   bytes.Buffer      // the terminal
}

type hostKind uint8

const (
	aNode hostKind = iota
	aMonitor
	aProvider
	aGhost // nothing runs there, ever
)

// item is what a process has yet to act on: a call that waits in the socket, or
// an event.
type item struct {
	call  *call
	event machine.Event
}

// stuck tells whether the process cannot act now.
func (h *host) stuck(now int64) bool { return h.paused || h.busy(now) }

func (h *host) busy(now int64) bool { return h.work > 0 && now < h.free }

// start begins a process.
func (w *World) start(h *host) {
	if h.up {
		return
	}
	h.up, h.paused, h.silent = true, false, false
	h.life++
	h.free, h.inbox = w.now, nil
	h.tickAt, h.spun, h.sent, h.kept = 0, false, 0, map[int]connection{}
	w.tellProcess(h, Started)
	w.equip(h)
	w.act(h, machine.Start{})
	if h.kind == aNode && w.known != nil && h.life == 1 {
		life := h.life
		w.At(time.Duration(h.begins), func() { w.deliver(h, life, machine.Line{Text: "connect"}) })
	}
}

// end ends a process at once. Whoever waits for it learns that it is gone, unless
// the computer is silent from now on.
func (w *World) end(h *host, silent bool) {
	if !h.up {
		h.silent = silent
		return
	}
	h.up, h.paused, h.silent = false, false, silent
	h.life++
	for _, i := range h.inbox {
		if i.call != nil {
			w.unserved(i.call)
		}
	}
	h.inbox, h.machine, h.node, h.monitor = nil, nil, nil, nil
	w.tellProcess(h, Ended)
}

// deliver has a process of the given life act on an event, once it can.
func (w *World) deliver(h *host, life uint32, ev machine.Event) {
	switch {
	case h.life != life:
	case h.stuck(w.now):
		h.inbox = append(h.inbox, item{event: ev})
	default:
		w.act(h, ev)
	}
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
	if next, due := h.machine.Deadline(); !due || h.clock.read(w.now).Before(next) {
		w.setTick(h) // what has happened since has moved it
		return
	}
	w.act(h, machine.Tick{})
}

// act steps a process that is not stuck, which then is busy for as long as its
// work takes.
func (w *World) act(h *host, ev machine.Event) machine.Reply {
	reply := w.step(h, ev)
	if h.work > 0 && h.up {
		h.free = w.now + h.work
		w.queue.push(event{at: h.free, kind: workDone, host: h, life: h.life})
	}
	return reply
}

// drain goes on with what has waited, in order.
func (w *World) drain(h *host) {
	for len(h.inbox) > 0 && h.up && !h.stuck(w.now) {
		i := h.inbox[0]
		h.inbox = h.inbox[1:]
		if i.call != nil {
			w.take(i.call)
		} else {
			w.act(h, i.event)
		}
	}
	if h.up && !h.stuck(w.now) && h.tickAt == 0 {
		w.setTick(h)
	}
}

// step runs the machine and carries its effects out. The reply is to the call
// that the event was.
func (w *World) step(h *host, ev machine.Event) machine.Reply {
	var reply machine.Reply
	var exits bool
	for _, effect := range h.machine.Step(h.clock.read(w.now), ev) {
		switch e := effect.(type) {
		case machine.Call:
			w.call(h, e)
		case machine.Reply:
			reply = e
		case machine.Print:
			h.out.WriteString(e.Text)
		case machine.Write:
			w.write(h, e)
		case machine.Log:
		case machine.Exit:
			exits = true
		}
	}
	if exits {
		w.end(h, false)
	} else {
		w.setTick(h)
	}
	return reply
}

// write takes no time, and never fails.
func (w *World) write(h *host, e machine.Write) {
	if !e.Append {
		h.files[e.File] = nil
	}
	h.files[e.File] = append(slices.Clip(h.files[e.File]), e.Data...)
	life := h.life
	w.At(w.Elapsed(), func() { w.deliver(h, life, machine.Written{ID: e.ID}) })
}

// setTick sees to it that a tick comes no later than the machine's deadline.
func (w *World) setTick(h *host) {
	next, due := h.machine.Deadline()
	if !due {
		return
	}
	at := h.clock.due(w.now, next)
	if h.spun = at <= w.now; h.spun {
		at = w.now + int64(time.Millisecond)
	}
	if h.tickAt != 0 && h.tickAt <= at {
		return
	}
	h.tickAt = at
	w.queue.push(event{at: at, kind: tickDue, host: h, life: h.life})
}

// observed is what hooks are told of a step of a node's protocol.
func (w *World) observed(h *host) process.Observer {
	return func(now time.Time, ev protocol.Event, effects []protocol.Effect) {
		for i := range w.hooks {
			if f := w.hooks[i].Step; f != nil {
				f(Step{
					At: w.Elapsed(), Now: now, Name: h.name, Life: h.life,
					Node: h.node.Node(), Event: ev, Effects: effects,
				})
			}
		}
	}
}
