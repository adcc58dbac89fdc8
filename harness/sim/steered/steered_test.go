package steered

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness/scenario"
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

// A script runs as it does anywhere else, in the time that it is given, and its run is over
// with it.
func TestScripts(t *testing.T) {
	for _, c := range []struct{ script, verdict, text string }{
		{"cluster 5 brr\nawait joined\nmenu 1\nkill node3\nawait results\nexpect victims node3\n", "pass", ""},
		{"cluster 5 brr\nawait joined\nexpect dead node2\n", "fail", "script.txt:3: expected dead, but the monitor holds alive"},
		{"cluster $NODES $PROTOCOL\nawait joined\nadd\nawait joined\n", "ran", "expects nothing"},
		{"cluster 4 rr\nawait joined\n[sim] skip 'of no use here'\n", "unknown", "of no use here"},
	} {
		cluster, state := start(t, `{"do":"new","protocol":"brr","nodes":6}`)
		script(t, cluster, c.script)
		if !cluster.Playing() {
			t.Fatalf("%q does not run", c.script)
		}
		if err := cluster.Act([]byte(`{"do":"heal"}`)); err == nil || !strings.Contains(err.Error(), "a script is running") {
			t.Errorf("an act beside a script: %v", err)
		}
		playOut(t, cluster)
		if state.End == nil || state.End.Verdict != c.verdict || !strings.Contains(state.End.Text, c.text) {
			t.Errorf("%q: %+v", c.script, state.End)
		}
		if err := cluster.Act([]byte(`{"do":"heal"}`)); err == nil || !strings.Contains(err.Error(), "no cluster runs") {
			t.Errorf("an act after a script: %v", err)
		}
	}
}

func script(t *testing.T, c *Cluster, text string) {
	t.Helper()
	act, err := json.Marshal(asked{Do: "script", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	do(t, c, string(act))
}

// playOut lets time pass in pieces that have nothing to do with the script's own.
func playOut(t *testing.T, c *Cluster) {
	t.Helper()
	for range 3000 {
		c.Advance(370 * time.Millisecond)
		if !c.Playing() {
			return
		}
	}
	t.Fatal("the script does not end")
}

// A script is run with the settings of the cluster before it, and what the page tells is
// what happened: the same as for a script that runs at once.
func TestScriptTellsWhatItDoes(t *testing.T) {
	var acts []string
	var run viewer.Run
	c := New(func(_ time.Duration, e viewer.Event) {
		switch e := e.(type) {
		case viewer.Act:
			acts = append(acts, e.What+" "+e.Text)
		case viewer.Run:
			run, acts = e, nil
		}
	})
	do(t, c, `{"do":"new","protocol":"scrr","nodes":6,"seed":11,"speed":2,"delay":30}`)
	script(t, c, "cluster $NODES $PROTOCOL\nawait joined\nloss 5%\npartition node2,node3\nsleep 1s\nheal\nmenu 2\n"+
		"pause node4\nresume node4\nkill node5\nrestart node5\nadd\n")
	playOut(t, c)
	want := []string{
		"mark all have heard of each other", "loss 5%", "partition node2 node3", "heal ", "menu 2", "pause node4",
		"resume node4", "kill node5", "restart node5", "add node7",
	}
	if !slices.Equal(acts, want) {
		t.Errorf("%q", acts)
	}
	if run.Protocol != "scrr" || run.Seed != 11 || run.Gossip != 1.5 {
		t.Errorf("%+v", run)
	}
}

// Whatever time a script is at, another one or a new cluster takes its place.
func TestScriptIsCalledOff(t *testing.T) {
	c, state := start(t, `{"do":"new"}`)
	for _, after := range []time.Duration{0, time.Second, time.Minute} {
		script(t, c, "cluster 4 rr\nsleep 1h\nexpect alive others\n")
		c.Advance(after)
		do(t, c, `{"do":"new","nodes":3}`)
		c.Advance(10 * time.Second)
		if c.Playing() || len(state.Nodes) != 3 || state.End != nil {
			t.Errorf("after %v: %d nodes, %+v", after, len(state.Nodes), state.End)
		}
	}
	script(t, c, "cluster 4 rr\nsleep 1h\n")
	script(t, c, "cluster 5 rr\nawait joined\nexpect alive others\n")
	playOut(t, c)
	if len(state.Nodes) != 5 || state.End == nil || state.End.Verdict != "pass" {
		t.Errorf("%d nodes, %+v", len(state.Nodes), state.End)
	}
}

func TestWrongScripts(t *testing.T) {
	for _, c := range []struct {
		script, want string
		line, column int
	}{
		{"cluster 4 rr\n  burn node1\n", `unknown word "burn"`, 2, 3},
		{"cluster 4 rr\nexec ls\n", `"exec" is a word of testscript's own`, 2, 1},
		{"cluster 4 rr\n-- x --\n", "it has files in it", 0, 0},
		{"cluster 200 rr\n", "200 nodes: want 128 at most", 0, 0},
		{"kill node1\n", "no cluster yet", 0, 0},
		{"", "nothing", 0, 0},
	} {
		cluster, _ := start(t, `{"do":"new"}`)
		act, err := json.Marshal(asked{Do: "script", Text: c.script})
		if err != nil {
			t.Fatal(err)
		}
		err = cluster.Act(act)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.script, err, c.want)
		}
		place := &scenario.PlaceError{}
		if errors.As(err, &place) != (c.line > 0) || place.Line != c.line || place.Column != c.column {
			t.Errorf("%q: at %d:%d", c.script, place.Line, place.Column)
		}
		if cluster.Playing() {
			t.Errorf("%q runs", c.script)
		}
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
