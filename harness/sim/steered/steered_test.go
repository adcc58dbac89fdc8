package steered

import (
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/viewer"
)

func start(t *testing.T, act string) (*Cluster, *viewer.State) {
	t.Helper()
	state := viewer.NewState()
	c := New(state.Put)
	do(t, c, act)
	c.Advance(12 * time.Second)
	return c, state
}

func do(t *testing.T, c *Cluster, act string) {
	t.Helper()
	if err := c.Act([]byte(act)); err != nil {
		t.Fatalf("%s: %v", act, err)
	}
}

func TestKilledNodeIsFoundDeadAndComesBack(t *testing.T) {
	c, state := start(t, `{"do":"new","protocol":"brr","nodes":6,"seed":3}`)
	do(t, c, `{"do":"menu","line":"1"}`)
	do(t, c, `{"do":"kill","nodes":["node4"]}`)
	c.Advance(30 * time.Second)
	if len(state.Failed) != 1 || len(state.Results) != 1 {
		t.Fatalf("failed: %v, results: %d; want one of each", state.Failed, len(state.Results))
	}
	do(t, c, `{"do":"restart","nodes":["node4"]}`)
	do(t, c, `{"do":"add"}`)
	c.Advance(15 * time.Second)
	for i, f := range state.Failed {
		if f.Failed {
			t.Errorf("node %d is failed after the restart", i)
		}
	}
	if len(state.Nodes) != 7 {
		t.Errorf("%d nodes: want 7", len(state.Nodes))
	}
}

// What is cut off, paused or unreachable is taken for dead, and not for longer.
func TestDisturbancesEnd(t *testing.T) {
	for _, c := range []struct{ begin, end string }{
		{`{"do":"partition","nodes":["node2"]}`, `{"do":"heal"}`},
		{`{"do":"pause","nodes":["node2"]}`, `{"do":"resume","nodes":["node2"]}`},
		{`{"do":"loss","share":1}`, `{"do":"loss","share":0}`},
	} {
		cluster, state := start(t, `{"do":"new"}`)
		suspected := func() int { return len(state.Cells) }
		do(t, cluster, c.begin)
		cluster.Advance(40 * time.Second)
		if suspected() == 0 {
			t.Errorf("%s: nobody is suspected", c.begin)
		}
		do(t, cluster, c.end)
		cluster.Advance(40 * time.Second)
		if suspected() != 0 {
			t.Errorf("%s: %d suspicions are left", c.end, suspected())
		}
	}
}

func TestSettingsOfANewCluster(t *testing.T) {
	c, _ := start(t, `{"do":"new","protocol":"scrr","nodes":5,"seed":9,"speed":2,"fail":20,"delay":40,"drift":300}`)
	do(t, c, `{"do":"new","protocol":"rr"}`) // the rest stays
	got := c.world.Config()
	if got.Protocol.Name != "rr" || got.Nodes != 5 || got.Seed != 9 ||
		got.Timing.Fail != 10*time.Second || got.Timing.Heartbeat != 500*time.Millisecond ||
		got.Peers.Delay.Low != 40*time.Millisecond || got.Servers.Delay.Low != 40*time.Millisecond {
		t.Errorf("%+v", got)
	}
	rates := map[int64]bool{}
	for node := 1; node <= 5; node++ {
		ppm := got.Machine(node).PPM
		if ppm < -300 || ppm > 300 {
			t.Errorf("node%d: %d ppm", node, ppm)
		}
		rates[ppm] = true
	}
	if len(rates) < 3 {
		t.Errorf("clocks run at the rates %v: want different ones", rates)
	}
}

// The same seed makes the same events, whatever came before.
func TestSeedDecides(t *testing.T) {
	tell := func(before string) string {
		var all []byte
		c := New(func(at time.Duration, e viewer.Event) {
			lines, err := viewer.AppendLine(all, at, e)
			if err != nil {
				t.Fatal(err)
			}
			all = lines
		})
		if before != "" {
			do(t, c, before)
			c.Advance(5 * time.Second)
			all = nil
		}
		do(t, c, `{"do":"new","protocol":"random","nodes":5,"seed":4}`)
		c.Advance(20 * time.Second)
		return string(all)
	}
	alone := tell("")
	if len(alone) < 1000 || alone != tell(`{"do":"new","seed":8}`) {
		t.Error("two clusters of one seed differ")
	}
}

func TestWrongActs(t *testing.T) {
	for _, c := range []struct{ act, want string }{
		{`{`, "act: "},
		{`{"do":"burn"}`, `act "burn": want one of kill, `},
		{`{"do":"kill","node":["node1"]}`, `unknown field "node"`},
		{`{"do":"kill"}`, "want at least one process"},
		{`{"do":"kill","nodes":["node9"]}`, `"node9" is no process of this cluster, want node1 to node8`},
		{`{"do":"loss"}`, "want a share from 0 to 1"},
		{`{"do":"loss","share":1.5}`, "want a share from 0 to 1"},
		{`{"do":"menu","line":""}`, "want a line"},
		{`{"do":"new","protocol":"ring"}`, `protocol "ring": want one of`},
		{`{"do":"new","nodes":1}`, "1 nodes: want 2 to 128"},
		{`{"do":"new","nodes":129}`, "129 nodes: want 2 to 128"},
		{`{"do":"new","seed":-1}`, "seed"},
		{`{"do":"new","speed":0}`, "speed 0: want 0.1 to 50"},
		{`{"do":"new","fail":2}`, "fail interval 2s: want more than the gossip interval 3s"},
		{`{"do":"new","delay":-1}`, "delay of -1 ms"},
		{`{"do":"new","drift":100001}`, "drift of 100001 millionths"},
	} {
		cluster, state := start(t, `{"do":"new"}`)
		before := len(state.Nodes)
		err := cluster.Act([]byte(c.act))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.act, err, c.want)
		}
		cluster.Advance(time.Second)
		if len(state.Nodes) != before {
			t.Errorf("%s: the cluster that ran is gone", c.act)
		}
	}
	if err := New(viewer.NewState().Put).Act([]byte(`{"do":"heal"}`)); err == nil {
		t.Error("an act without a cluster: no error")
	}
	cluster, _ := start(t, `{"do":"new"}`)
	do(t, cluster, `{"do":"kill","nodes":["monitor"]}`)
	if err := cluster.Act([]byte(`{"do":"menu","line":"1"}`)); err == nil {
		t.Error("the menu of a monitor that does not run: no error")
	}
}
