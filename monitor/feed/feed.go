// Package feed tells the viewer what happens in a monitor: heartbeats, the suspect
// matrix, whose opinion counts, verdicts, test cases.
//
// A core goes in, events of the stream come out. It is as pure as the core: it
// reads what the core concludes and changes nothing.
package feed

import (
	"encoding/json"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/viewer"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/testcase"
)

// Monitor is a core that is watched. It is the machine to step in its place, and
// belongs to the same goroutine.
type Monitor struct {
	core   *core.Core
	stream *viewer.Stream
	at     func(time.Time) time.Duration

	now     time.Duration // of the step in progress
	running testcase.Case // 0: none
	lookAt  time.Time     // when to look again what the case waits for
	waiting string
}

// lookEvery is how often it is looked what a running case waits for.
const lookEvery = time.Second

// Watch has a stream told of a core that has not been stepped yet. at turns the
// core's time into the stream's.
func Watch(s *viewer.Stream, c *core.Core, at func(time.Time) time.Duration) *Monitor {
	m := &Monitor{core: c, stream: s, at: at}
	c.Observe(core.Observer{Input: m.input, Result: m.result})
	return m
}

// WatchFrom makes the stream of a monitor that starts at an instant, and has its core
// watched.
func WatchFrom(put func(at time.Duration, e viewer.Event), c *core.Core, settings core.Config, start time.Time) *Monitor {
	s := viewer.NewStream(put)
	s.Put(0, about(settings, start))
	return Watch(s, c, func(now time.Time) time.Duration { return now.Sub(start) })
}

// about is what a monitor knows of its cluster before it has asked anybody.
func about(c core.Config, start time.Time) viewer.Run {
	r := viewer.Run{
		Version: viewer.Version, Source: viewer.Monitored, Aligned: c.Aligned,
		Heartbeat: viewer.Seconds(c.Timing.Heartbeat), Gossip: viewer.Seconds(c.Timing.Gossip),
		Fail:  viewer.Seconds(c.Timing.Fail),
		Speed: float64(protocol.DefaultTiming().Heartbeat) / float64(c.Timing.Heartbeat),
		Start: start.Format(time.RFC3339Nano),
	}
	if spec, ok := protocol.ByName(c.Protocol); ok {
		r.Protocol = spec.Name
	}
	return r
}

// Deadline implements [machine.Machine].
func (m *Monitor) Deadline() (time.Time, bool) { return m.core.Deadline() }

// Step implements [machine.Machine].
func (m *Monitor) Step(now time.Time, ev machine.Event) []machine.Effect {
	m.now = m.at(now)
	effects := m.core.Step(now, ev)
	if _, typed := ev.(machine.Line); typed {
		m.typed(now)
	}
	if m.running != 0 && !now.Before(m.lookAt) {
		m.look(now)
	}
	m.warn(effects)
	return effects
}

// typed finds out whether a line began or cancelled a case.
func (m *Monitor) typed(now time.Time) {
	switch c := m.core.Running(); {
	case c != nil && m.running == 0:
		m.begin(c.Case)
		m.lookAt = now
	case c == nil && m.running != 0:
		m.put(viewer.Case{Number: int(m.running), What: viewer.CaseCancelled})
		m.running = 0
	}
}

func (m *Monitor) begin(c testcase.Case) {
	m.running, m.waiting = c, ""
	m.put(viewer.Case{Number: int(c), What: viewer.CaseBegins})
}

func (m *Monitor) look(now time.Time) {
	m.lookAt = now.Add(lookEvery)
	if c := m.core.Running(); c != nil && c.Waiting != m.waiting {
		m.waiting = c.Waiting
		m.put(viewer.Case{Number: int(c.Case), What: viewer.CaseWaits, Waiting: c.Waiting})
	}
}

func (m *Monitor) result(r testcase.Result) {
	if m.running == 0 {
		m.begin(r.Case) // it ended in the step in which it began
	}
	m.running = 0
	line, err := json.Marshal(r)
	if err != nil {
		m.put(viewer.Log{Who: "monitor", Text: "result of case " + strconv.Itoa(int(r.Case)) + ": " + err.Error()})
	}
	m.put(viewer.Case{Number: int(r.Case), What: viewer.CaseEnds, Result: line})
}

func (m *Monitor) warn(effects []machine.Effect) {
	for _, e := range effects {
		if l, ok := e.(machine.Log); ok && l.Level >= machine.Warn && !concluded(l) {
			m.put(viewer.Log{Who: "monitor", Text: l.String()})
		}
	}
}

// concluded tells whether a line is of an event of the consensus, which the stream
// has in another form.
func concluded(l machine.Log) bool {
	return len(l.Fields) > 0 && l.Fields[len(l.Fields)-1].Key == "event"
}

func (m *Monitor) input(_ time.Time, in consensus.Input, events []consensus.Event) {
	if beat, ok := in.(consensus.Heartbeat); ok {
		m.put(viewer.Beat{Node: m.node(beat.Node)})
	}
	for _, e := range events {
		m.event(e)
	}
}

func (m *Monitor) event(e consensus.Event) {
	switch e.Kind {
	case consensus.Joined, consensus.TakenIn, consensus.Restarted:
		m.row(e.Node)
	case consensus.Eligible, consensus.Ineligible:
		m.put(viewer.Voice{Node: m.node(e.Node), Eligible: e.Kind == consensus.Eligible})
	case consensus.Suspected, consensus.Cleared, consensus.Withdrawn:
		m.put(viewer.Cell{By: m.node(e.Observer), Of: m.node(e.Node), Suspect: e.Kind == consensus.Suspected})
	case consensus.Failed, consensus.Alive:
		m.put(viewer.Verdict{
			Node: m.node(e.Node), Failed: e.Kind == consensus.Failed,
			By: m.stream.Nodes(m.now, e.Observers), False: e.False,
		})
	case consensus.Forgotten:
		m.put(viewer.Gone{Node: m.node(e.Node)})
	case consensus.Deaf:
		m.put(viewer.Deaf{Text: e.Why})
	case consensus.Hears:
		m.put(viewer.Deaf{})
	case consensus.Beating, consensus.Silent:
		// The reader sees it from the heartbeats.
	}
}

// row tells what an observer holds that has been entered, or has begun anew: its
// row is a copy of the verdicts.
func (m *Monitor) row(a gossip.Address) {
	state := m.core.State()
	n, known := state.Node(a)
	if !known {
		return // forgotten in the same step
	}
	suspects := []int{}
	for j := range state.Len() {
		if state.Suspects(n.Index, j) {
			suspects = append(suspects, m.node(state.At(j).Address))
		}
	}
	m.put(viewer.Row{By: m.node(a), Suspect: suspects})
}

func (m *Monitor) node(a gossip.Address) int { return m.stream.Node(m.now, a) }

func (m *Monitor) put(e viewer.Event) { m.stream.Put(m.now, e) }
