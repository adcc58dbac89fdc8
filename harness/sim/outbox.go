package sim

import (
	"math/rand/v2"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// payload is what a call carries.
type payload struct {
	id      uint64         // toPeer: of the Send
	message gossip.Message // toPeer
	report  consensus.Input
	asks    question
	known   bool             // the monitor's answer to asksMapping
	list    []gossip.Address // the provider's answer to asksList
	number  gossip.ProtocolNumber
}

type question uint8

const (
	asksNothing question = iota
	asksMapping
	asksJoin
	asksList
)

// outbox is how a node's reports reach the monitor: gossipnode/agent's outbox
// with its goroutine taken out. It holds the latest of each report; one flush is
// under way at a time.
type outbox struct {
	queue      reports
	sending    reports // of the flush under way
	busy       bool    // a call is under way, or a wait after a failure
	introduced bool
	registered bool
	traffic    bool // the flush still owes the traffic report
	waits      waits
}

type reports struct {
	heartbeat bool
	states    *protocol.ReportStates
	vector    *protocol.ReportVector
}

func (r reports) empty() bool { return !r.heartbeat && r.states == nil && r.vector == nil }

// flush begins a flush if none is under way and there is something to send; a
// node that has just started registers whatever there is.
func (w *World) flush(h *host) {
	o := &h.outbox
	if o.busy || o.queue.empty() && o.registered {
		return
	}
	o.sending, o.queue = o.queue, reports{}
	w.flushOn(h)
}

// flushOn makes the next call of a flush.
func (w *World) flushOn(h *host) {
	o := &h.outbox
	o.busy = true
	switch {
	case !o.registered && o.introduced:
		w.tellMonitor(h, payload{asks: asksMapping})
	case !o.registered:
		w.tellMonitor(h, payload{report: consensus.Register{Node: h.address}})
	case o.sending.heartbeat:
		w.tellMonitor(h, payload{report: consensus.Heartbeat{Node: h.address}})
	case o.sending.vector != nil:
		w.tellMonitor(h, payload{report: consensus.Suspects{Node: h.address, Vector: o.sending.vector.Vector}})
	case o.sending.states != nil:
		s := o.sending.states
		w.tellMonitor(h, payload{report: consensus.States{Node: h.address, Map: s.States, Messages: s.Count}})
	case o.traffic:
		w.tellMonitor(h, payload{report: consensus.Traffic{Node: h.address, Bytes: h.sent}})
	default:
		o.busy = false
		o.waits.reset()
		w.flush(h)
	}
}

func (w *World) tellMonitor(h *host, p payload) {
	w.begin(&call{kind: toMonitor, from: h, to: w.monitor.host, payload: p}, w.serverTimeout())
}

// serverTimeout is the agent's for calls to the monitor and the provider.
func (w *World) serverTimeout() time.Duration { return max(w.config.Timing.Fail, 5*time.Second) }

// reported is the outcome of a call to the monitor.
func (w *World) reported(h *host, c *call, ok bool) {
	o := &h.outbox
	if !ok {
		o.putBack()
		o.registered = false // it may have been restarted: ask before the next report
		w.queue.push(event{at: w.now + o.waits.next(w.draws), kind: retryDue, host: h, life: h.life, do: func() {
			o.busy = false
			w.flush(h)
		}})
		return
	}
	switch in := c.report.(type) {
	case nil:
		o.registered = c.known
		o.introduced = c.known // else register
	case consensus.Register:
		o.introduced, o.registered = true, true
	case consensus.Heartbeat:
		o.sending.heartbeat = false
	case consensus.Suspects:
		o.sending.vector = nil
	case consensus.States:
		o.sending.states, o.traffic = nil, true
	case consensus.Traffic:
		_ = in
		o.traffic = false
	}
	w.flushOn(h)
}

// putBack keeps what could not be sent, unless there is something newer.
func (o *outbox) putBack() {
	o.queue.heartbeat = o.queue.heartbeat || o.sending.heartbeat
	if o.queue.states == nil {
		o.queue.states = o.sending.states
	}
	if o.queue.vector == nil {
		o.queue.vector = o.sending.vector
	}
	o.sending, o.traffic = reports{}, false
}

// waits are the agent's growing waits: half of first, half as much more each
// time, at most five times first, a fifth more or less by chance.
type waits struct {
	first time.Duration
	now   time.Duration
}

func (b *waits) reset() { b.now = 0 }

func (b *waits) next(r *rand.Rand) int64 {
	if b.now == 0 {
		b.now = b.first / 2
	}
	d := float64(b.now) * (0.8 + 0.4*r.Float64())
	b.now = min(b.now*3/2, 5*b.first)
	return int64(d)
}
