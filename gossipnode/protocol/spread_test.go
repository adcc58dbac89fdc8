package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// table1 is the report's table 1: rounds that news needs, from offset 1.
var table1 = map[string]map[int]int{
	"rr":   {2: 1, 4: 2, 8: 4, 16: 5, 32: 8},
	"scrr": {2: 1, 4: 2, 8: 4, 16: 5, 32: 8},
	"brr":  {2: 1, 4: 2, 8: 3, 16: 4, 32: 5},
}

// worst is docs/DECISIONS.md's R*: the same from the worst round.
var worst = map[string]map[int]int{
	"rr":     {8: 5, 16: 7, 32: 11},
	"scrr":   {8: 5, 16: 7, 32: 11},
	"brr":    {8: 3, 16: 4, 32: 5},
	"random": {8: 1, 16: 1, 32: 1},
}

func TestTable1(t *testing.T) {
	for name, rows := range table1 {
		spec, _ := protocol.ByName(name)
		for n, want := range rows {
			if got := spec.SpreadRoundsFrom(n, 0); got != want {
				t.Errorf("%s: %d nodes take %d rounds from offset 1, table 1 says %d", name, n, got, want)
			}
		}
	}
}

func TestSpreadRoundsFromTheWorstRound(t *testing.T) {
	for _, spec := range protocol.All() {
		if one, two := spec.SpreadRounds(1), spec.SpreadRounds(2); one != 0 || two != 1 {
			t.Errorf("%s: R*(1) = %d, R*(2) = %d, want 0 and 1", spec.Name, one, two)
		}
	}
	for name, rows := range worst {
		spec, _ := protocol.ByName(name)
		for n, want := range rows {
			if got := spec.SpreadRounds(n); got != want {
				t.Errorf("%s: R*(%d) = %d, want %d", name, n, got, want)
			}
		}
	}
}

// TestSpreadIsWhatOffsetsGive: the formulas against what is counted, from each round.
func TestSpreadIsWhatOffsetsGive(t *testing.T) {
	sizes := []int{256, 257, 500}
	for n := 2; n <= 150; n++ {
		sizes = append(sizes, n)
	}
	for _, spec := range protocol.All() {
		if spec.Spread == nil {
			continue
		}
		counted := spec
		counted.Name, counted.Spread = spec.Name+", counted", nil
		for _, n := range sizes {
			if got, want := spec.SpreadRounds(n), counted.SpreadRounds(n); got != want {
				t.Errorf("%s: R*(%d) = %d by formula, %d by the offsets", spec.Name, n, got, want)
			}
		}
	}
}

// TestSpreadFormulas checks the counts against the formulas of the report for
// sizes that are in no table.
func TestSpreadFormulas(t *testing.T) {
	rr, _ := protocol.ByName("rr")
	brr, _ := protocol.ByName("brr")
	for n := 2; n <= 300; n++ {
		r := 0
		for r*(r+1)/2+1 < n {
			r++
		}
		if got := rr.SpreadRoundsFrom(n, 0); got != r {
			t.Errorf("rr: R(%d) = %d, least r with r(r+1)/2+1 >= n is %d", n, got, r)
		}
		log := 0
		for 1<<log < n {
			log++
		}
		for start := range int64(log) {
			if got := brr.SpreadRoundsFrom(n, start); got != log {
				t.Errorf("brr: R(%d) from round %d = %d, want ceil(log2 n) = %d", n, start, got, log)
			}
		}
	}
}

// TestDetectionBound holds the bound's rounds, beyond T_fail, two rounds and the
// margin.
func TestDetectionBound(t *testing.T) {
	timing := protocol.DefaultTiming()
	for _, c := range []struct {
		name          string
		nodes, deaths int
		aligned       bool
		rounds        int
	}{
		{"rr", 64, 1, true, 15},
		{"rr", 64, 2, true, 15},
		{"rr", 64, 2, false, 30},
		{"rr", 64, 3, true, 30},
		{"rr", 64, 15, true, 30},
		{"rr", 64, 32, true, 15 + 32},
		{"rr", 64, 32, false, 15 + 32},
		{"rr", 64, 64, true, 15 + 63},
		{"rr", 8, 4, true, 10},
		{"scrr", 64, 2, true, 15},
		{"scrr", 64, 32, true, 30},
		{"brr", 64, 2, true, 6},
		{"brr", 64, 32, true, 12},
		{"random", 64, 1, true, 1},
		{"random", 64, 32, true, 2},
		{"rr", 1, 1, true, 0},
		{"rr", 1, 3, true, 0},
	} {
		spec, _ := protocol.ByName(c.name)
		want := timing.Fail + time.Duration(c.rounds+2)*timing.Gossip + 2*time.Second
		p := protocol.Parameters{Protocol: spec, Timing: timing, Aligned: c.aligned}
		if got := p.DetectionBound(c.nodes, c.deaths); got != want {
			t.Errorf("%s, %d of %d nodes, aligned %v: %v, want %v", c.name, c.deaths, c.nodes, c.aligned, got, want)
		}
	}
}

// In crowded clusters an opinion waits for a heartbeat, which may be longer than the bound has
// time for anyway.
func TestDetectionBoundOfRareHeartbeats(t *testing.T) {
	spec, _ := protocol.ByName("random")
	bound := func(nodes int, heartbeat time.Duration) time.Duration {
		p := protocol.DefaultParameters(spec)
		p.Timing.Heartbeat = heartbeat
		return p.DetectionBound(nodes, 1)
	}
	for heartbeat, more := range map[time.Duration]time.Duration{
		200 * time.Millisecond: 0, time.Second: 0, time.Second + 1: 1, 4 * time.Second: 3 * time.Second,
	} {
		if got := bound(65, heartbeat) - bound(64, heartbeat); got != more {
			t.Errorf("heartbeat %v: %v more of 65 nodes than of 64, want %v", heartbeat, got, more)
		}
	}
}

// A protocol without offsets loses no rounds, whatever it takes for news.
func TestDetectionBoundWithoutOffsets(t *testing.T) {
	spec, _ := protocol.ByName("random")
	plain := protocol.DefaultParameters(spec).DetectionBound(64, 32)
	rr, _ := protocol.ByName("rr")
	spec.Hearsay = rr.Hearsay
	if got := protocol.DefaultParameters(spec).DetectionBound(64, 32); got != plain {
		t.Errorf("%v with hearsay, want %v as without", got, plain)
	}
}

// TestNodesSpreadAsTable1 measures the same on running nodes: how many rounds a
// heartbeat that begins just before a round of offset 1 needs to reach all, and
// that it never needs more than R* from any other round.
func TestNodesSpreadAsTable1(t *testing.T) {
	timing := protocol.Timing{Heartbeat: 3 * time.Second, Gossip: 3 * time.Second, Fail: time.Hour}
	for name, rows := range table1 {
		spec, _ := protocol.ByName(name)
		for _, n := range []int{2, 4, 8, 16, 32} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				w := newNetwork(t, name, timing)
				w.cluster(n)
				w.run(10 * time.Minute)
				period := int64(spec.Period(n))
				for start := range period {
					w.untilRound(start, period)
					got := w.roundsToAll("node1", n)
					if want := spec.SpreadRoundsFrom(n, start); got != want {
						t.Errorf("news begun in round %d reached all %d nodes in %d rounds, computed %d", start, n, got, want)
					}
					if start == 0 && got != rows[n] {
						t.Errorf("%d rounds from offset 1, table 1 says %d", got, rows[n])
					}
				}
			})
		}
	}
}

// roundsToAll counts the rounds until all nodes know the heartbeat that origin
// has now. The network stands just before a round.
func (w *network) roundsToAll(origin string, n int) int {
	_, news := w.nodes[origin].node.Version()
	for rounds := range 10 * n {
		reached := 0
		for _, name := range w.names() {
			if w.heartbeatOf(name, origin) >= news {
				reached++
			}
		}
		if reached == n {
			return rounds
		}
		w.run(w.timing.Gossip)
	}
	w.t.Fatalf("news of %s has not reached all %d nodes in %d rounds", origin, n, 10*n)
	return 0
}
