package chaos

import (
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

var (
	first = flag.Uint64("first", 1, "first seed")
	last  = flag.Uint64("last", 200, "last seed")
)

func TestHunt(t *testing.T) {
	found := 0
	played, tally, err := Hunt(t.Context(), *first, *last, func(f Finding) {
		found++
		if found <= 12 {
			t.Errorf("seed %d: %s %d nodes aligned %v: %v", f.Seed, f.Plan.Protocol, f.Plan.Nodes, f.Plan.Aligned, f.Failure)
		}
	}, func(uint64) {})
	t.Logf("%d played, %d failed, %+v", played, found, tally)
	if err != nil || played != *last-*first+1 {
		t.Errorf("played %d: %v", played, err)
	}
}

// TestSabotage: an invariant that a run breaks is found, shrunk to the one fault
// that breaks it, kept, and fails again when it is read back.
func TestSabotage(t *testing.T) {
	p := Draw(3)
	p.Protocol, p.Nodes, p.Aligned, p.Freshness, p.Victims = "brr", 5, true, 0, 1
	p.Faults = []Fault{
		{Kind: Pause, At: 5 * time.Second, For: 2 * time.Second, Who: []string{"node2"}},
		{Kind: Crash, At: 10 * time.Second, Who: []string{"node3"}},
		{Kind: Lose, At: 12 * time.Second, For: 8 * time.Second, Share: 0.2},
	}
	if f, _, err := Play(p); f != nil || err != nil {
		t.Fatalf("the run without sabotage: %v, %v", f, err)
	}
	// With less than a round to spare nobody can be found.
	p.Timing.Fail = p.Timing.Gossip + time.Millisecond
	f, _, err := Play(p)
	if err != nil || f == nil {
		t.Fatalf("T_fail of one round: %v, %v", f, err)
	}
	small, failure := Shrink(p, *f, 200)
	if failure.Invariant != f.Invariant || len(small.Faults) > 1 {
		t.Errorf("shrunk to %v, %v", small.Faults, failure)
	}
	paths, err := Save(t.Context(), t.TempDir(), small, failure)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if g, err := Replay(&said, paths[0]); err != nil || g == nil || *g != failure || !strings.Contains(said.String(), failure.Invariant) {
		t.Errorf("replayed: %v, %v, said %q; want %v", g, err, said.String(), failure)
	}
	if _, err := Replay(io.Discard, paths[0]+"x"); err == nil {
		t.Error("a plan that is not there is no error")
	}
	again, err := Load(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if g, _, err := Play(again); err != nil || g == nil || *g != failure {
		t.Errorf("read back: %v, %v; want %v", g, err, failure)
	}
}

// TestRepeatable: the same plan gives the same steps at the same instants.
func TestRepeatable(t *testing.T) {
	traces := map[uint64]bool{}
	for seed := range uint64(20) {
		var sums [2]uint64
		for i := range sums {
			trace := fnv.New64a()
			if _, err := play(Draw(seed), trace); err != nil {
				t.Fatal(err)
			}
			sums[i] = trace.Sum64()
		}
		if sums[0] != sums[1] {
			t.Errorf("seed %d: two runs differ", seed)
		}
		traces[sums[0]] = true
	}
	if len(traces) < 20 {
		t.Errorf("20 seeds gave %d different runs", len(traces))
	}
}

// TestScript: a plan in words is run by the script engine.
func TestScript(t *testing.T) {
	p := Plan{Seed: 5, Protocol: "rr", Nodes: 4, Aligned: true, Timing: protocol.DefaultTiming(), Faults: []Fault{
		{Kind: Crash, At: 2 * time.Second, Who: []string{"node4"}},
		{Kind: Lose, At: 3 * time.Second, For: 5 * time.Second, Share: 0.5},
		{Kind: Partition, At: 4 * time.Second, For: 20 * time.Second, Who: []string{"node1", "node2"}},
		{Kind: Pause, At: 5 * time.Second, For: time.Second, Who: []string{"monitor"}},
	}}
	text, ok := Script(p, Failure{Invariant: Settles, Text: "an example"})
	if !ok {
		t.Fatal("no words for it")
	}
	o := scenario.DefaultOptions()
	o.Backend, o.Runs, o.Seed = sim.Backend{}, t.TempDir(), p.Seed
	out, err := scenario.Run(t.Context(), o, "chaos.txt", []byte(text))
	if err != nil || out.Verdict != harness.Pass {
		t.Errorf("%v, %v %v:\n%s", err, out.Verdict, out.Reasons, text)
	}
	p.Faults = append(p.Faults, Fault{Kind: Clock, Who: []string{"node1"}})
	if _, ok := Script(p, Failure{}); ok {
		t.Error("a script has no word for a clock that is set")
	}
}

// TestWhoJoinsIsOnASide: a partition that names all nodes but the newcomer leaves the
// monitor with that one, whether it has joined before or joins meanwhile.
func TestWhoJoinsIsOnASide(t *testing.T) {
	partition := Fault{Kind: Partition, Who: []string{"node1", "node2", "node3", "node4"}}
	for _, before := range []bool{true, false} {
		e := excuses{nodes: slices.Clone(partition.Who), linger: time.Second, spells: map[excused]*spell{}}
		if before {
			e.join("node5", 0)
		}
		i := e.begin(partition)
		if !before {
			if why := e.find("node1", 0); why != "" {
				t.Errorf("all nodes are together, yet node1 is excused: %s", why)
			}
			e.join("node5", 0)
		}
		if why := e.find("node1", 0); why != WasCutOff {
			t.Errorf("joined before %v: node1 is excused by %q, want %q", before, why, WasCutOff)
		}
		e.end(i, time.Minute)
		if why := e.find("node1", time.Minute+2*time.Second); why != "" {
			t.Errorf("joined before %v: node1 is excused after the end: %s", before, why)
		}
	}
}

// TestWhoIsExcusedByACut: all, where it leaves three nodes or fewer within the monitor's
// reach; else only nodes that are cut off from each other.
func TestWhoIsExcusedByACut(t *testing.T) {
	for _, c := range []struct {
		nodes int
		who   []string
		want  Excuse // of node1
	}{
		{4, []string{"node4", harness.Monitor}, LoneVoice},
		{5, []string{"node4", harness.Monitor}, ""},
		{4, []string{"node4", harness.Provider}, ""},
		{3, []string{"node3", harness.Provider}, LoneVoice},
		{4, []string{"node3", "node4"}, ""},
		{4, []string{"node1", "node4"}, WasCutOff},
	} {
		e := excuses{drawn: true, spells: map[excused]*spell{}}
		for i := range c.nodes {
			e.nodes = append(e.nodes, fmt.Sprintf("node%d", i+1))
		}
		e.begin(Fault{Kind: Cut, Who: c.who})
		if why := e.find("node1", 0); why != c.want {
			t.Errorf("%d nodes, %v cut: node1 is excused by %q, want %q", c.nodes, c.who, why, c.want)
		}
	}
}

// TestWhoIsExcusedByAPartition: who is cut off from the monitor, and all where targets are
// drawn at random.
func TestWhoIsExcusedByAPartition(t *testing.T) {
	partition := Fault{Kind: Partition, Who: []string{"node1"}}
	for drawn, want := range map[bool]Excuse{false: "", true: FewHear} {
		e := excuses{nodes: []string{"node1", "node2", "node3", "node4", "node5"}, drawn: drawn, spells: map[excused]*spell{}}
		e.begin(partition)
		if why := e.find("node1", 0); why != WasCutOff {
			t.Errorf("drawn %v: node1 is excused by %q, want %q", drawn, why, WasCutOff)
		}
		if why := e.find("node2", 0); why != want {
			t.Errorf("drawn %v: node2 is excused by %q, want %q", drawn, why, want)
		}
	}
}

// TestWhoCanBeJudged: the excuse for a dead node that is held alive is narrow.
func TestWhoCanBeJudged(t *testing.T) {
	kinds := map[rune]acquaintance{
		'w': {knows: true, since: true}, // a witness: has run since before the death
		'h': {knows: true},              // has restarted since, and heard of it
		's': {},                         // has restarted since, and not heard of it
		'f': {since: true},              // has run since before, and does not know it
	}
	for _, c := range []struct {
		running string
		want    bool
	}{
		{"w", true},
		{"wsss", true},
		{"h", true},
		{"hs", true},
		{"hhss", true},
		{"hss", false},
		{"shshs", false},
		{"fhs", false},
		{"ss", false},
		{"ff", false},
	} {
		var all []acquaintance
		for _, kind := range c.running {
			all = append(all, kinds[kind])
		}
		if got := judgeable(all); got != c.want {
			t.Errorf("%s: %v", c.running, got)
		}
	}
}
