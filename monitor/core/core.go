// Package core is the whole monitor as one pure machine: who may report, the
// consensus, the test cases, the menu, the results blocks, the question to the
// provider.
//
// Calls of nodes, typed lines and the passing of time go in as events of
// internal/machine; answers, texts for the terminal, files to write, lines for
// the log and the call to the provider come out as its effects. There is no
// clock, network, file or goroutine here: monitor/service carries the effects
// out on a real machine, harness/sim does so in virtual time. What pages and
// callers ask for is read between two steps ([Core.Snapshot], [Core.Matrix] and
// others) and changes nothing.
package core

import (
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Core is a monitor. It belongs to one goroutine.
type Core struct {
	config   Config
	setup    testcase.Setup
	zone     *time.Location
	watchers []Observer

	state  *consensus.State
	memory testcase.Memory
	log    eventLog
	states keptStates

	outlets [2]*outlet // results.txt and results.jsonl

	running *running           // nil when no test case is
	ended   []*ended           // results that are not written yet, in order
	telling int                // results whose texts are still to come
	lookups map[uint64]*lookup // by the call's ID
	writing map[uint64]*batch  // by the write's ID

	roomAt  time.Time // when room may be made again
	sweepAt time.Time // when to look again who died long ago

	lastID  uint64
	effects []machine.Effect // of the step in progress
}

// Observer watches the consensus and the test cases from inside; a simulation
// measures and checks by it. Either function may be nil; they must change
// nothing.
type Observer struct {
	Input  func(now time.Time, in consensus.Input, events []consensus.Event)
	Result func(testcase.Result)
}

// New makes a monitor that knows no node. The error is [Config.Validate]'s.
func New(c Config) (*Core, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	core := &Core{
		config: c, setup: c.setup(), zone: c.zone(),
		state: consensus.New(c.Timing.Fail), log: eventLog{size: c.MaxEvents},
		states:  keptStates{most: maxStates, sizes: map[gossip.Address]int{}},
		outlets: [2]*outlet{{file: c.Results}, {file: Records(c.Results)}},
		lookups: map[uint64]*lookup{}, writing: map[uint64]*batch{},
	}
	core.state.SetBound(core.setup.Bound)
	return core, nil
}

// Observe adds one who watches.
func (c *Core) Observe(o Observer) { c.watchers = append(c.watchers, o) }

// Step implements [machine.Machine].
func (c *Core) Step(now time.Time, ev machine.Event) []machine.Effect {
	c.sweep(now)
	switch ev := ev.(type) {
	case machine.Start:
		c.prompt()
	case machine.Tick:
		c.conclude(now, consensus.Tick{})
	case machine.Line:
		c.typed(now, ev.Text)
	case machine.Called:
		c.emit(c.answer(now, ev.Request))
	case machine.Ended:
		c.identify(now, ev)
	case machine.Written:
		c.written(now, ev)
	}
	c.retry(now)
	c.progress(now)
	effects := c.effects
	c.effects = nil
	return effects
}

// Deadline implements [machine.Machine].
func (c *Core) Deadline() (time.Time, bool) {
	next, ok := c.state.NextDeadline()
	sooner := func(at time.Time, due bool) {
		if due && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	sooner(c.retryAt())
	if c.running != nil {
		sooner(c.running.tellAt, true)
		sooner(c.running.Next())
	}
	return next, ok
}

// conclude tells the consensus something, notes what follows from it, and looks
// whether the running case is over.
func (c *Core) conclude(now time.Time, in consensus.Input) {
	events := c.state.Step(now, in)
	for _, e := range events {
		b := briefly(e)
		c.log.add(e.At, b)
		if l := level(e.Kind); l > machine.Debug || c.config.Debug {
			fields := []machine.Field{{Key: "event", Value: b.String()}}
			if e.Node != "" {
				fields = append([]machine.Field{{Key: "node", Value: string(e.Node)}}, fields...)
			}
			c.emit(machine.Log{Level: l, Text: e.Kind.String(), Fields: fields})
		}
	}
	for _, o := range c.watchers {
		if o.Input != nil {
			o.Input(now, in, events)
		}
	}
	c.check(now)
}

func level(k consensus.Kind) machine.Level {
	switch k {
	case consensus.Failed, consensus.Alive, consensus.Restarted, consensus.Joined, consensus.TakenIn, consensus.Forgotten:
		return machine.Info
	case consensus.Deaf, consensus.Hears:
		return machine.Warn
	}
	return machine.Debug
}

func (c *Core) emit(e machine.Effect) { c.effects = append(c.effects, e) }

// printf writes to the terminal. What is printed in a row becomes one effect.
func (c *Core) printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n := len(c.effects); n > 0 {
		if before, ok := c.effects[n-1].(machine.Print); ok {
			c.effects[n-1] = machine.Print{Text: before.Text + text}
			return
		}
	}
	c.emit(machine.Print{Text: text})
}

func (c *Core) nextID() uint64 {
	c.lastID++
	return c.lastID
}

// State is the consensus, to be read only.
func (c *Core) State() *consensus.State { return c.state }

// find lists the nodes that go by an address, or by the name before its port.
func (c *Core) find(name string) []gossip.Address {
	var found []gossip.Address
	for i := range c.state.Len() {
		if a := c.state.At(i).Address; string(a) == name || a.Name() == name {
			found = append(found, a)
		}
	}
	return found
}
