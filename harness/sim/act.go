package sim

import (
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
)

// Kill ends processes at once. Their computers refuse calls from then on.
func (w *World) Kill(names ...string) {
	for _, name := range names {
		w.end(w.host(name), false)
	}
}

// Unplug ends processes at once, with their computers: calls to them are never
// answered, not even refused, until they are started again.
func (w *World) Unplug(names ...string) {
	for _, name := range names {
		w.end(w.host(name), true)
	}
}

// Restart starts processes anew under their names; those that run are killed
// first.
func (w *World) Restart(names ...string) {
	for _, name := range names {
		w.end(w.host(name), false)
		w.start(w.host(name))
	}
}

// Pause stops processes without ending them: what is sent to them waits.
func (w *World) Pause(names ...string) {
	for _, name := range names {
		if h := w.host(name); h.up && !h.paused {
			h.paused = true
			w.tellProcess(h, Paused)
		}
	}
}

// Resume lets paused processes go on. Whether their timers or the messages that
// waited come first is up to chance, as it is in a process.
func (w *World) Resume(names ...string) {
	for _, name := range names {
		h := w.host(name)
		if !h.paused {
			continue
		}
		h.paused = false
		w.tellProcess(h, Resumed)
		if w.draws.IntN(2) == 0 && !h.busy(w.now) {
			w.act(h, machine.Tick{})
		}
		w.drain(h)
	}
}

// Join adds one more node that starts now, and returns its name.
func (w *World) Join() string {
	h := w.addNode(len(w.Nodes()) + 1)
	w.start(h)
	return h.name
}

// SetClock moves a node's wall clock; what its process times goes on undisturbed.
func (w *World) SetClock(name string, by time.Duration) { w.host(name).clock.offset += int64(by) }

// SetWork makes a node slow: it is busy for this long with each event. 0 ends it.
func (w *World) SetWork(name string, d time.Duration) { w.host(name).work = int64(d) }

// Type types a line at the monitor's menu; false if the monitor does not run.
func (w *World) Type(line string) bool {
	if !w.monitor.up || w.monitor.paused {
		return false
	}
	w.act(w.monitor, machine.Line{Text: strings.TrimSpace(line)})
	return true
}

// Monitor is what the monitor has concluded so far; nil when it does not run.
// It must not be stepped.
func (w *World) Monitor() *consensus.State {
	if !w.monitor.up {
		return nil
	}
	return w.monitor.monitor.State()
}

// Node is a node's protocol; nil when its process does not run or has not been
// let in by the provider yet. It must not be stepped.
func (w *World) Node(name string) *protocol.Node {
	if h := w.host(name); h.node != nil {
		return h.node.Node()
	}
	return nil
}

// Running tells whether a process runs, paused or not.
func (w *World) Running(name string) bool { return w.host(name).up }

// Paused tells whether a process is paused.
func (w *World) Paused(name string) bool { return w.host(name).paused }

// Spinning tells whether a node's deadline was not in the future when it had
// last been stepped: in a process its loop would not rest.
func (w *World) Spinning(name string) bool { return w.host(name).spun }

// Nodes lists the nodes in the order of their numbers.
func (w *World) Nodes() []string {
	var names []string
	for _, h := range w.hosts {
		if h.kind == aNode {
			names = append(names, h.name)
		}
	}
	return names
}

// Address is a node's address; "" for other names.
func (w *World) Address(name string) gossip.Address {
	if h := w.named[name]; h != nil && h.kind == aNode {
		return h.address
	}
	return ""
}

// AwaitJoined lets time pass until every running node has heard of every other,
// and the monitor of all; false if that takes longer than limit.
func (w *World) AwaitJoined(limit time.Duration) bool {
	end := w.now + int64(limit)
	for {
		if w.allJoined() {
			return true
		}
		if w.now >= end {
			return false
		}
		w.Run(min(w.config.Timing.Heartbeat/5, time.Duration(end-w.now)))
	}
}

func (w *World) allJoined() bool {
	running := 0
	for _, h := range w.hosts {
		if h.kind == aNode && (h.up || h.life == 0) {
			running++
		}
	}
	if m := w.Monitor(); m != nil && m.Len() < running {
		return false
	}
	for _, h := range w.hosts {
		if h.kind != aNode || !h.up && h.life > 0 {
			continue
		}
		if n := w.Node(h.name); n == nil || n.Known() < running-1 {
			return false
		}
	}
	return true
}
