package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/testcase"
)

// TestNothingIsToldAfterStop, although a running case is due to say what it
// waits for.
func TestNothingIsToldAfterStop(t *testing.T) {
	m := start(t, nil)
	typed(m, noon, "1")
	effects := m.Step(noon.Add(5*time.Second), machine.Line{Text: "stop"})
	if want := []machine.Effect{machine.Exit{}}; !cmp.Equal(effects, want) {
		t.Errorf("%v, want %v", effects, want)
	}
}

// TestStatusLetsTimePass: a tick may be late, and what is shown must not be.
func TestStatusLetsTimePass(t *testing.T) {
	m := start(t, nil)
	told(t, m, noon, machine.Register{Node: "n1:1"}, machine.Heartbeat{Node: "n1:1"})
	if got := typed(m, noon.Add(20*time.Second), "status"); !strings.Contains(got, "12:00:10  n1:1: silent\n") {
		t.Errorf("%q does not tell of the silence", got)
	}
}

// TestWhatFellDueBeforeACaseIsNotPartOfIt, even if no tick has told of it yet.
func TestWhatFellDueBeforeACaseIsNotPartOfIt(t *testing.T) {
	m := start(t, nil)
	told(t, m, noon, machine.Register{Node: "n1:1"}, machine.Heartbeat{Node: "n1:1"})
	typed(m, noon.Add(20*time.Second), "1")
	var texts []string
	for _, e := range m.Snapshot(noon.Add(20 * time.Second)).Events {
		texts = append(texts, e.Text)
	}
	got := strings.Join(texts, "\n")
	silent, began := strings.Index(got, "silent"), strings.Index(got, "test case 1 began")
	if silent < 0 || began < silent {
		t.Errorf("events:\n%s\nwant the silence before the beginning", got)
	}
}

// TestADisputedCaseEndsAtItsBound, between two of the seconds at which it says
// what it waits for.
func TestADisputedCaseEndsAtItsBound(t *testing.T) {
	m := start(t, func(c *core.Config) {
		c.Protocol, c.Timing.Gossip = "random", 2900*time.Millisecond // the bound ends in .7 s
	})
	var result *testcase.Result
	m.Observe(core.Observer{Result: func(r testcase.Result) { result = &r }})
	nodes := []gossip.Address{"n1:1", "n2:1", "n4:1"} // n3 dies; n4 lives, and is suspected too
	told(t, m, noon, machine.Register{Node: "n3:1"})
	for _, a := range nodes {
		told(t, m, noon, machine.Register{Node: a})
	}
	vector := gossip.FaultVector{
		{Address: "n1:1"}, {Address: "n2:1"}, {Address: "n3:1", Suspected: true}, {Address: "n4:1", Suspected: true},
	}
	for second := range 60 {
		now := noon.Add(time.Duration(second) * time.Second)
		for at, due := m.Deadline(); due && !at.After(now); at, due = m.Deadline() {
			m.Step(at, machine.Tick{})
		}
		for _, a := range nodes {
			told(t, m, now, machine.Heartbeat{Node: a})
		}
		for _, a := range nodes[:2] {
			told(t, m, now, machine.Suspects{Node: a, Vector: vector})
		}
		if second == 15 {
			typed(m, now, "1")
		}
	}
	if result == nil || len(result.Disputed) != 1 {
		t.Fatalf("result %+v, want one that disputes n4", result)
	}
	if bound := result.Settings.Bound; result.Seconds != bound || bound == float64(int(bound)) {
		t.Errorf("ended after %g s, want the bound, %g s, which is no whole number", result.Seconds, bound)
	}
}

// TestVerdictsAreLogged always, and single observers' opinions only on request.
func TestVerdictsAreLogged(t *testing.T) {
	for _, debug := range []bool{false, true} {
		m := start(t, func(c *core.Config) { c.Debug = debug })
		now := n3Dies(t, m)
		got := map[string]machine.Level{}
		for _, suspected := range []bool{false, true} {
			for _, a := range []gossip.Address{"n1:1", "n2:1"} {
				for _, e := range m.Step(now, machine.Called{Request: n3Suspected(a, suspected)}) {
					if l, ok := e.(machine.Log); ok {
						got[l.Text] = l.Level
					}
				}
			}
		}
		want := map[string]machine.Level{"alive": machine.Info, "failed": machine.Info}
		if debug {
			want["suspected"], want["cleared"] = machine.Debug, machine.Debug
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("debug %t: %s", debug, d)
		}
	}
}
