package watch

import (
	"slices"
	"strings"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/viewer"
)

// node is a node that is watched.
type node struct {
	cluster *Cluster
	stream  *viewer.Stream
	life    Life
	process *process.Process

	self  int
	now   time.Duration     // of the step in progress
	calls map[uint64]uint64 // the stream's number of each call to a peer under way
	known []protocol.Endpoint
	spare []protocol.Endpoint // room for the next known
	begun bool                // the protocol has been stepped
}

func (c *Cluster) node(l Life, p *process.Process) *node {
	n := &node{cluster: c, stream: c.stream, life: l, process: p, calls: map[uint64]uint64{}}
	p.Observe(n.observe)
	return n
}

// Deadline implements [machine.Machine].
func (n *node) Deadline() (time.Time, bool) { return n.process.Deadline() }

// Step implements [machine.Machine].
func (n *node) Step(now time.Time, ev machine.Event) []machine.Effect {
	n.now = n.life.At(now)
	switch ev := ev.(type) {
	case machine.Start:
		n.start()
	case machine.Ended:
		if call, ok := n.calls[ev.ID]; ok {
			delete(n.calls, ev.ID)
			n.put(viewer.CallEnd{ID: call, How: outcome(ev.Error)})
		}
	}
	effects := n.process.Step(now, ev)
	for _, e := range effects {
		n.effect(e)
	}
	return effects
}

func (n *node) start() {
	n.self = n.stream.Name(n.now, n.life.Self, n.life.Name)
	n.cluster.rank(n.now)
	n.put(viewer.Start{Who: n.life.Name, Node: &n.self, Life: n.life.Number})
}

func (n *node) effect(e machine.Effect) {
	switch e := e.(type) {
	case machine.Call:
		if m, ok := e.Request.(machine.Message); ok {
			n.send(e, m.Message)
		}
	case machine.Log:
		if e.Level >= machine.Warn {
			n.put(viewer.Log{Who: n.life.Name, Text: e.String()})
		}
	case machine.Exit:
		if e.Error != "" {
			n.put(viewer.Log{Who: n.life.Name, Text: "exit: " + e.Error})
		}
	}
}

func (n *node) send(c machine.Call, m gossip.Message) {
	s := viewer.Send{ID: n.stream.Call(), From: n.self, To: n.stream.Node(n.now, c.To), Message: m.Kind()}
	if next, ok := n.process.Node().NextRound(); ok {
		s.Round = next.Number - 1
	}
	n.calls[c.ID] = s.ID
	n.put(s)
}

// outcome is how a call ended. That it took too long is told by its text alone.
func outcome(e *machine.CallError) viewer.Outcome {
	switch {
	case e == nil:
		return viewer.OK
	case e.Fault:
		return viewer.Fault
	case strings.Contains(e.Text, "no answer within"):
		return viewer.Timeout
	}
	return viewer.Refused
}

func (n *node) observe(now time.Time, ev protocol.Event, effects []protocol.Effect) {
	if r, ok := ev.(protocol.Receive); ok {
		n.compare(now, r.From)
	} else if !n.begun {
		n.compare(now, n.life.Self) // whom it knows from the beginning
	}
	n.begun = true
	for _, e := range effects {
		if o, ok := e.(protocol.OpinionChanged); ok {
			n.put(viewer.Opinion{
				Node: n.self, Of: n.stream.Node(n.now, o.Peer), Suspect: o.Suspected, Why: string(o.Reason),
			})
		}
	}
}

// compare tells what a message has changed. Endpoints come sorted, and none is ever
// forgotten, so what was known before lies in the same order.
func (n *node) compare(now time.Time, from gossip.Address) {
	heard := viewer.Heard{Node: n.self}
	before := n.known
	after := n.spare[:0]
	for e := range n.process.Node().Endpoints() {
		after = append(after, e)
		knew := len(before) > 0 && before[0].Address == e.Address
		renewed := !knew || !e.Heard.Equal(before[0].Heard)
		if renewed || e.Generation != before[0].Generation || e.Heartbeat != before[0].Heartbeat {
			n.add(&heard, e, renewed, now)
		}
		if knew {
			before = before[1:]
		}
	}
	n.known, n.spare = after, n.known
	if len(heard.Of) == 0 {
		return
	}
	heard.Via = n.stream.Node(n.now, from)
	if !slices.Contains(heard.Renewed, 0) {
		heard.Renewed = nil
	}
	if !slices.ContainsFunc(heard.Age, func(s float64) bool { return s > 0 }) {
		heard.Age = nil
	}
	n.put(heard)
}

func (n *node) add(h *viewer.Heard, e protocol.Endpoint, renewed bool, now time.Time) {
	h.Of = append(h.Of, n.stream.Node(n.now, e.Address))
	h.Beat = append(h.Beat, e.Heartbeat)
	counts, age := 0, 0.0
	if renewed {
		counts, age = 1, viewer.Seconds(max(0, now.Sub(e.Heard)))
	}
	h.Renewed, h.Age = append(h.Renewed, counts), append(h.Age, age)
}

func (n *node) put(e viewer.Event) { n.stream.Put(n.now, e) }
