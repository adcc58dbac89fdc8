package sim

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// monitor is the process around monitor/consensus and monitor/testcase. It
// drives them as monitor/service does: Step with each report and at each
// deadline, Check after each Step and at the case's own deadline.
type monitor struct {
	world  *World
	host   *host
	state  *consensus.State
	memory testcase.Memory
	run    *testcase.Run
	dueAt  int64 // of the one deadline in the queue that counts; 0: none

	text, records bytes.Buffer // results.txt and results.jsonl
	out           bytes.Buffer // the terminal
	waiting       string       // what the menu last told
	telling       uint64       // counts cases, so that an old one's timer is void
}

func newMonitor(w *World, h *host) *monitor {
	m := &monitor{world: w, host: h}
	h.up = true
	m.start()
	return m
}

// start forgets everything but the files.
func (m *monitor) start() {
	m.state, m.memory, m.run = consensus.New(m.world.config.Timing.Fail), testcase.Memory{}, nil
	m.state.SetBound(m.setup().Bound)
	m.dueAt = 0
	m.prompt()
}

func (m *monitor) end() { m.run = nil }

func (m *monitor) now() time.Time { return m.host.clock.read(m.world.now) }

func (m *monitor) serve(c *call) {
	if c.report == nil {
		_, c.known = m.state.Node(c.from.address)
		return
	}
	m.step(c.report)
}

// step tells the consensus something, now, and looks whether the case is over.
func (m *monitor) step(in consensus.Input) {
	now := m.now()
	events := m.state.Step(now, in)
	for i := range m.world.hooks {
		if f := m.world.hooks[i].Input; f != nil {
			f(now, in, events)
		}
	}
	m.check(now)
	m.arm()
}

func (m *monitor) check(now time.Time) {
	if m.run == nil {
		return
	}
	result, over := m.run.Check(now, m.state)
	if !over {
		return
	}
	m.run = nil
	m.conclude(result)
}

func (m *monitor) conclude(r testcase.Result) {
	for i := range m.world.hooks {
		if f := m.world.hooks[i].Result; f != nil {
			f(r)
		}
	}
	m.text.WriteString(r.File())
	line, err := r.Line()
	if err != nil {
		panic(err) // a Result of numbers and texts always encodes
	}
	m.records.Write(line)
	m.out.WriteString(r.Terminal())
	for _, d := range r.Disputed {
		fmt.Fprintf(&m.out, "disputed: %s is %s by verdict, heartbeats say otherwise\n", d.Node, d.Verdict)
	}
	m.prompt()
}

// arm sees to it that the next deadline is met.
func (m *monitor) arm() {
	next, ok := m.state.NextDeadline()
	if m.run != nil {
		if end, ends := m.run.Next(); ends && (!ok || end.Before(next)) {
			next, ok = end, true
		}
	}
	if !ok {
		return
	}
	at := m.host.clock.due(m.world.now, next)
	if m.dueAt != 0 && m.dueAt <= at {
		return // it comes earlier, and arms again
	}
	m.dueAt = at
	m.world.queue.push(event{at: at, kind: monitorDue, host: m.host, life: m.host.life})
}

func (m *monitor) due(e event) {
	if e.life != m.host.life || e.at != m.dueAt || m.host.paused {
		return
	}
	m.dueAt = 0
	m.step(consensus.Tick{})
}

// resume goes on after a pause: the timer first, then what has waited.
func (m *monitor) resume() {
	m.dueAt = 0
	m.step(consensus.Tick{})
}

func (m *monitor) begin(kind testcase.Case) error {
	if m.run != nil {
		return fmt.Errorf("%w: %s; wait for its end, or cancel it", errRunning, m.run.Case().Title())
	}
	m.step(consensus.Tick{}) // what fell due before the beginning is not part of it
	m.run = testcase.Begin(m.now(), kind, m.state, &m.memory, m.setup())
	m.telling++
	m.waiting = ""
	fmt.Fprintf(&m.out, "%s: running (status, cancel)\n", kind.Title())
	m.check(m.now())
	m.arm()
	m.tellLater(m.telling, m.host.life)
	return nil
}

var (
	errRunning = errors.New("a test case is running")
	errIdle    = errors.New("no test case is running")
	errUnknown = errors.New("unknown node")
)

func (m *monitor) setup() testcase.Setup {
	c := m.world.config
	seed := int64(c.Seed)
	return testcase.Setup{
		Protocol: c.Protocol.Name, Heartbeat: c.Timing.Heartbeat, Gossip: c.Timing.Gossip, Fail: c.Timing.Fail,
		Aligned: c.Aligned, Seed: &seed,
		Bound: func(nodes, deaths int) time.Duration {
			return protocol.DetectionBound(c.Protocol, c.Timing, nodes, deaths, c.Aligned)
		},
	}
}

// forget drops a node by its address or name.
func (m *monitor) forget(name string) error {
	var found gossip.Address
	for i := range m.state.Len() {
		if a := m.state.At(i).Address; string(a) == name || a.Name() == name {
			found = a
		}
	}
	if found == "" {
		return fmt.Errorf("%w %q", errUnknown, name)
	}
	m.step(consensus.Forget{Node: found})
	return nil
}

// tellLater says once a second what a running case waits for, as the menu does.
func (m *monitor) tellLater(n uint64, life uint32) {
	m.world.At(m.world.Elapsed()+time.Second, func() {
		if m.run == nil || m.telling != n || m.host.life != life {
			return
		}
		if text := m.run.Waiting(m.state); text != m.waiting && !m.host.paused {
			m.waiting = text
			fmt.Fprintf(&m.out, "waiting: %s\n", text)
		}
		m.tellLater(n, life)
	})
}

// prompt shows the menu's last line. Its whole text belongs to the command; a
// script looks for what follows.
func (m *monitor) prompt() { m.out.WriteString("Enter your input:") }

// typed acts on a line at the menu: those words that scripts need.
func (m *monitor) typed(line string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	var err error
	switch word = strings.ToLower(word); word {
	case "":
	case "1", "2", "3":
		if err = m.begin(testcase.Case(word[0] - '0')); err == nil {
			return
		}
	case "4", "stop":
		m.world.end(m.host)
		return
	case "cancel":
		if err = errIdle; m.run != nil {
			fmt.Fprintf(&m.out, "%s: cancelled\n", m.run.Case().Title())
			m.run, err = nil, nil
		}
	case "forget":
		if err = m.forget(strings.TrimSpace(rest)); err == nil {
			fmt.Fprintf(&m.out, "%s: forgotten\n", rest)
		}
	default:
		err = fmt.Errorf("unknown input %q in a simulation, want 1, 2, 3, 4, stop, cancel or forget NAME", line)
	}
	if err != nil {
		fmt.Fprintln(&m.out, err)
	}
	m.prompt()
}
