package sim

import (
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Hooks are told what happens, in the order in which it happens, on the world's
// goroutine. Each may be nil. What they are given is read-only.
type Hooks struct {
	// Step: a node has handled an event.
	Step func(Step)
	// Process: a process has started, ended, been paused or resumed.
	Process func(at time.Duration, name string, change Change)
	// Sent: a node has begun a call to a peer; bytes is the size of its body.
	Sent func(from, to gossip.Address, m gossip.Message, bytes int)
	// Input: the monitor has been told something, and has concluded events.
	Input func(at time.Time, in consensus.Input, events []consensus.Event)
	// Result: a test case has ended.
	Result func(testcase.Result)
	// After: an event has been handled, with all that follows at once from it.
	After func()
}

// Step is one step of a node's state machine.
type Step struct {
	At      time.Duration // virtual
	Now     time.Time     // by the node's clocks
	Name    string
	Life    uint32 // how often the process has been started
	Node    *protocol.Node
	Event   protocol.Event
	Effects []protocol.Effect
}

// Change is what has happened to a process.
type Change string

// What may happen to a process.
const (
	Started Change = "started"
	Ended   Change = "ended"
	Paused  Change = "paused"
	Resumed Change = "resumed"
)

// Observe adds hooks.
func (w *World) Observe(h Hooks) { w.hooks = append(w.hooks, h) }

func (w *World) tellProcess(h *host, c Change) {
	for i := range w.hooks {
		if f := w.hooks[i].Process; f != nil {
			f(w.Elapsed(), h.name, c)
		}
	}
}
