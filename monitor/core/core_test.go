package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/testcase"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, change func(*core.Config)) *core.Core {
	t.Helper()
	c := core.DefaultConfig()
	if change != nil {
		change(&c)
	}
	m, err := core.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// told has the monitor take a call, and fails if it refuses.
func told(t *testing.T, m *core.Core, now time.Time, requests ...machine.Request) {
	t.Helper()
	for _, r := range requests {
		if reply := reply(t, m, now, r); reply.Fault != "" {
			t.Fatalf("%+v: %s", r, reply.Fault)
		}
	}
}

func reply(t *testing.T, m *core.Core, now time.Time, r machine.Request) machine.Reply {
	t.Helper()
	var replies []machine.Reply
	for _, e := range m.Step(now, machine.Called{Request: r}) {
		if reply, ok := e.(machine.Reply); ok {
			replies = append(replies, reply)
		}
	}
	if len(replies) != 1 {
		t.Fatalf("%+v: %d replies, want 1", r, len(replies))
	}
	return replies[0]
}

func typed(m *core.Core, now time.Time, line string) string {
	var text strings.Builder
	for _, e := range m.Step(now, machine.Line{Text: line}) {
		if p, ok := e.(machine.Print); ok {
			text.WriteString(p.Text)
		}
	}
	return text.String()
}

func TestMappingIsTheJoinOrder(t *testing.T) {
	m := start(t, nil)
	told(t, m, noon, machine.Register{Node: "n2:1"}, machine.Register{Node: "n1:1"}, machine.Heartbeat{Node: "n3:1"})
	got := reply(t, m, noon, machine.Mapping{}).Answer.Addresses
	if want := []gossip.Address{"n2:1", "n1:1", "n3:1"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestWhatAMonitorIsNotAskedIsAFault(t *testing.T) {
	m := start(t, nil)
	for _, r := range []machine.Request{machine.Join{Node: "n1:1"}, machine.Members{}, machine.Message{From: "n1:1"}} {
		if got := reply(t, m, noon, r).Fault; !strings.Contains(got, "takes no") {
			t.Errorf("%T: fault %q", r, got)
		}
	}
	if m.State().Len() != 0 {
		t.Errorf("nodes: %v", m.State().Nodes())
	}
}

// TestAReportIsItsParts, until one is refused.
func TestAReportIsItsParts(t *testing.T) {
	states := gossip.StateMap{{Address: "n1:1", AppVersion: 1, Generation: 7, Heartbeat: 3, Status: gossip.StatusNormal, Updated: noon}}
	r := machine.Report{
		Node:     "n1:1",
		Suspects: &machine.Suspects{Node: "n1:1", Vector: gossip.FaultVector{{Address: "n1:1"}, {Address: "n2:1", Suspected: true}}},
		States:   &machine.States{Node: "n1:1", Map: states, Messages: 12},
		Traffic:  &machine.Traffic{Node: "n1:1", Bytes: 345},
	}
	if n := len(r.Parts()); n != 4 {
		t.Fatalf("%d parts", n)
	}
	both := [2]*core.Core{start(t, nil), start(t, nil)}
	for _, m := range both {
		told(t, m, noon, machine.Register{Node: "n1:1"}, machine.Register{Node: "n2:1"})
	}
	told(t, both[0], noon, r)
	told(t, both[1], noon, r.Parts()...)
	if diff := cmp.Diff(both[1].Snapshot(noon), both[0].Snapshot(noon)); diff != "" {
		t.Errorf("-parts +report:\n%s", diff)
	}
	if !both[0].Matrix()[0].Has(1) || both[0].State().At(0).HeartbeatAt != noon {
		t.Errorf("%+v", both[0].State().At(0))
	}

	m := start(t, nil)
	told(t, m, noon, machine.Register{Node: "n1:1"}, machine.Register{Node: "n2:1"})
	r.States.Messages, r.Traffic.Bytes = -1, 345
	if got := reply(t, m, noon, r).Fault; !strings.Contains(got, "message count -1 of n1:1") {
		t.Errorf("fault %q", got)
	}
	if totals := m.State().Totals(); !m.Matrix()[0].Has(1) || totals.Bytes != 0 {
		t.Errorf("after the refusal %+v, want what comes before it, and no more", totals)
	}
}

// TestSilenceMakesRoom though nothing was heard, and no time passed, since it became one.
func TestSilenceMakesRoom(t *testing.T) {
	m := start(t, func(c *core.Config) { c.MaxNodes = 1 })
	told(t, m, noon, machine.Register{Node: "n1:1"})
	told(t, m, noon.Add(10*time.Second), machine.Register{Node: "n2:1"})
	if n := m.State().At(0); m.State().Len() != 1 || n.Address != "n2:1" {
		t.Errorf("%v, want n2 in place of n1", m.State().Nodes())
	}
}

func TestForgetOfAnAmbiguousName(t *testing.T) {
	m := start(t, nil)
	told(t, m, noon, machine.Register{Node: "n1:5000"}, machine.Register{Node: "n1:5001"})
	want := "unknown node \"n1\": which of [n1:5000 n1:5001]?\n" + menu
	if got := typed(m, noon, "forget n1"); got != want || m.State().Len() != 2 {
		t.Errorf("%q, want %q; %d nodes", got, want, m.State().Len())
	}
	if got := typed(m, noon, "forget n1:5001"); got != "n1:5001: forgotten\n"+menu || m.State().Len() != 1 {
		t.Errorf("%q; %d nodes", got, m.State().Len())
	}
}

func TestCollectIsTheOriginalsFiles(t *testing.T) {
	m := start(t, func(c *core.Config) { c.Directory, c.UTCOffset = "out", 3600 })
	told(t, m, noon, machine.Register{Node: "n2:5000"}, machine.Register{Node: "n1:5000"}, machine.States{
		Node: "n2:5000", Messages: 3, Map: gossip.StateMap{{
			Address: "n2:5000", AppVersion: 1, Generation: 57600, Heartbeat: 14, Status: "Normal",
			Updated: noon.Add(438639 * time.Microsecond),
		}},
	})
	var got []machine.Write
	for _, e := range m.Step(noon, machine.Line{Text: "collect"}) {
		got = append(got, e.(machine.Write))
	}
	want := []machine.Write{
		{ID: 1, File: "out/states.json", Data: []byte(`{"n2:5000":{"n2:5000":{"heartBeat":{"heartBeatValue":14,` +
			`"generation":57600},"appState":{"IP_Port":"n2:5000","App_version":1,"App_status":"Normal"},` +
			`"last_updated_time":"2026-11-22 13:00:00.438639"}}}`)},
		{ID: 2, File: "out/ip_mapping.json", Data: []byte(`{"n2:5000":0,"n1:5000":1}`)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if effects := m.Step(noon, machine.Written{ID: 2, Error: "open: no folder"}); effects != nil {
		t.Errorf("one of two written: %v", effects)
	}
	effects := m.Step(noon, machine.Written{ID: 1})
	if want := []machine.Effect{machine.Print{Text: "collect: open: no folder\n" + menu}}; !cmp.Equal(effects, want) {
		t.Errorf("%v, want %v", effects, want)
	}
}

func TestDeadlineIsTheEarliest(t *testing.T) {
	m := start(t, nil)
	if at, due := m.Deadline(); due {
		t.Errorf("an idle monitor is due at %s", at)
	}
	typed(m, noon, "1")
	if at, due := m.Deadline(); !due || !at.Equal(noon.Add(time.Second)) {
		t.Errorf("a running case: %s, %t, want a second", at, due)
	}
	typed(m, noon, "cancel")
	told(t, m, noon, machine.Register{Node: "n1:1"})
	if at, due := m.Deadline(); !due || !at.Equal(noon.Add(10*time.Second)) {
		t.Errorf("a registered node: %s, %t, want T_fail", at, due)
	}
}

// n3Dies lets n1 and n2, which hear each other, see n3 die, and returns the time after it.
func n3Dies(t *testing.T, m *core.Core) time.Time {
	t.Helper()
	told(t, m, noon, machine.Register{Node: "n1:1"}, machine.Register{Node: "n2:1"}, machine.Register{Node: "n3:1"})
	for i := range 12 {
		now := noon.Add(time.Duration(i) * time.Second)
		for _, a := range []gossip.Address{"n1:1", "n2:1"} {
			told(t, m, now, machine.Heartbeat{Node: a}, n3Suspected(a, true))
		}
	}
	return noon.Add(12 * time.Second)
}

func n3Suspected(by gossip.Address, suspected bool) machine.Suspects {
	other := map[gossip.Address]gossip.Address{"n1:1": "n2:1", "n2:1": "n1:1"}[by]
	vector := gossip.FaultVector{{Address: other}, {Address: "n3:1", Suspected: suspected}}
	return machine.Suspects{Node: by, Vector: vector}
}

// TestReadingChangesNothing: what was read, and how often, must not reach the
// effects, or a record could not be replayed.
func TestReadingChangesNothing(t *testing.T) {
	m := start(t, func(c *core.Config) { c.MaxEvents = 5 })
	now := n3Dies(t, m)
	typed(m, now, "2")
	live, dead := m.AliveDead()
	if !cmp.Equal(live, []gossip.Address{"n1:1", "n2:1"}) || !cmp.Equal(dead, []gossip.Address{"n3:1"}) {
		t.Errorf("live %v, dead %v", live, dead)
	}
	if got := m.Verdicts(); !cmp.Equal(got, []bool{false, false, true}) {
		t.Errorf("verdicts %v", got)
	}
	told(t, m, now, n3Suspected("n1:1", false))
	before := m.State().Revision()
	got := m.Snapshot(now.Add(time.Hour))
	if m.State().Revision() != before {
		t.Error("a snapshot let time pass")
	}
	if got.Case == nil || got.Case.Case != testcase.Simultaneous || len(got.Nodes) != 3 || len(got.Events) != 5 {
		t.Fatalf("%+v", got)
	}
	if n := got.Nodes[1]; n.Address != "n2:1" || n.HeartbeatAge != time.Hour+time.Second {
		t.Errorf("n2: %+v", n)
	}
	if n := got.Nodes[2]; n.HeartbeatAge != 0 || n.Suspecting != 1 {
		t.Errorf("n3: %+v", n)
	}
	if m := m.Matrix(); !cmp.Equal(m, []gossip.Bits{{0}, {0b100}, {0}}) {
		t.Errorf("matrix %v", m)
	}
	if want := "n3:1: alive, cleared by n1:1: a false failure"; got.Events[4].Text != want {
		t.Errorf("last event %+v, want %q", got.Events[4], want)
	}
}

func TestTimesAreOfTheZone(t *testing.T) {
	m := start(t, func(c *core.Config) { c.UTCOffset = -7200 })
	told(t, m, noon, machine.Register{Node: "n1:1"})
	if got := typed(m, noon, "status"); !strings.Contains(got, "\n10:00:00  n1:1: joined\n") {
		t.Errorf("%q", got)
	}
}

func TestObserverSeesInputsAndResults(t *testing.T) {
	m := start(t, nil)
	var inputs int
	var failed []gossip.Address
	var results []testcase.Case
	m.Observe(core.Observer{
		Input: func(_ time.Time, _ consensus.Input, events []consensus.Event) {
			inputs++
			for _, e := range events {
				if e.Kind == consensus.Failed {
					failed = append(failed, e.Node)
				}
			}
		},
		Result: func(r testcase.Result) { results = append(results, r.Case) },
	})
	typed(m, n3Dies(t, m), "1")
	if inputs != 3+12*4+1 || !cmp.Equal(failed, []gossip.Address{"n3:1"}) || !cmp.Equal(results, []testcase.Case{1}) {
		t.Errorf("%d inputs, failed %v, results %v", inputs, failed, results)
	}
}
