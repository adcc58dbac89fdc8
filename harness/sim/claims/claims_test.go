package claims

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

func spec(t *testing.T, name string) protocol.Spec {
	t.Helper()
	s, ok := protocol.ByName(name)
	if !ok {
		t.Fatalf("no protocol %q", name)
	}
	return s
}

// TestTable1 is the report's table 1, measured.
func TestTable1(t *testing.T) {
	table := map[string][]int{"rr": {1, 2, 4, 5, 8}, "brr": {1, 2, 3, 4, 5}}
	table["scrr"] = table["rr"]
	for name, want := range table {
		for i, n := range []int{2, 4, 8, 16, 32} {
			got, err := Spread(spec(t, name), n, 0)
			if err != nil || got != want[i] {
				t.Errorf("%s, %d nodes: %d rounds, %v; the report has %d", name, n, got, err, want[i])
			}
		}
	}
}

// TestSpreadFormulas: from every round of the cycle news takes as long as the
// formula behind the detection bound says.
func TestSpreadFormulas(t *testing.T) {
	for _, name := range []string{"rr", "brr", "scrr"} {
		s := spec(t, name)
		for _, n := range []int{3, 8, 16, 21} {
			for round := range s.Period(n) {
				got, err := Spread(s, n, int64(round))
				if want := s.SpreadRoundsFrom(n, int64(round)); err != nil || got != want {
					t.Errorf(
						"%s, %d nodes from round %d: %d rounds, %v; by formula %d",
						name,
						n,
						round,
						got,
						err,
						want,
					)
				}
			}
		}
	}
}

// TestUntouched: one in e nodes gets no gossip in a round of random gossip.
func TestUntouched(t *testing.T) {
	c := sim.DefaultConfig(spec(t, "random"))
	c.Nodes, c.Joined = 64, true
	share, err := Untouched(c, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	want := math.Pow(1-1/63.0, 63)
	// Rounds of one run are not independent, as targets are not drawn again within
	// T_fail: three times the interval.
	low, high := share.Interval()
	if d := math.Abs(share.Value() - want); d > 3*(high-low)/2 {
		t.Errorf("%v, want %.4f", share, want)
	}
	t.Logf("%v; (1-1/(n-1))^(n-1) is %.4f", share, want)
}

// TestHalfDies: when half of a cluster dies at once no survivor is declared dead,
// and the dead are found within the bound (docs/DECISIONS.md, decision 2). CLAIM_RUNS=N
// measures more.
func TestHalfDies(t *testing.T) {
	runs := 30
	if n := os.Getenv("CLAIM_RUNS"); n != "" {
		if err := json.Unmarshal([]byte(n), &runs); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range protocol.All() {
		for _, n := range []int{4, 8, 16, 24} {
			for _, f := range []protocol.Freshness{protocol.Arrival, protocol.Emission} {
				c := sim.DefaultConfig(s)
				c.Nodes, c.Joined, c.Freshness = n, true, f
				wrong, missed, err := HalfDies(c, runs, 1)
				if err != nil {
					t.Fatal(err)
				}
				if wrong.Hits > 0 || missed.Hits > 0 {
					t.Errorf(
						"%s, %d nodes, freshness by %s: a live node declared dead in %v; a dead one not found in time in %v",
						s.Name,
						n,
						f,
						wrong,
						missed,
					)
				}
			}
		}
	}
}

// TestRing: a round of offset d goes d places on in the ring.
func TestRing(t *testing.T) {
	for _, s := range protocol.All() {
		if s.Offset == nil {
			continue
		}
		c := sim.DefaultConfig(s)
		c.Nodes, c.Joined = 12, true // node10 comes before node1 in the order of addresses
		w, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		w.Run(time.Minute)
		names := ring(w)
		for i, name := range names {
			next, ok := w.Node(name).NextRound()
			to := w.Address(names[(i+s.Offset(next.Number, len(names)))%len(names)])
			if !ok || next.Target != to {
				t.Errorf("%s: round %d of %s goes to %s, %v; by the ring %v to %s",
					s.Name, next.Number, name, next.Target, ok, names, to)
			}
		}
	}
}

// TestNeighboursDie: the bound, twice the bound for more than half of the cluster,
// holds too when a run of neighbours dies, in whichever round of the cycle. Of
// large clusters a few rounds are tried only.
func TestNeighboursDie(t *testing.T) {
	for _, c := range []struct {
		name          string
		nodes, deaths int
		step          int // from one round tried to the next
	}{
		{"rr", 16, 8, 1},
		{"rr", 32, 16, 1},
		{"rr", 32, 20, 2},
		{"rr", 64, 16, 9},
		{"rr", 64, 32, 7},
		{"rr", 64, 40, 7},
		{"brr", 32, 16, 1},
		{"brr", 64, 32, 2},
		{"scrr", 32, 16, 5},
	} {
		s := spec(t, c.name)
		config := sim.DefaultConfig(s)
		config.Nodes = c.nodes
		slowest := time.Duration(0)
		for round := 0; round < s.Period(c.nodes); round += c.step {
			took, err := NeighboursDie(config, c.deaths, int64(round))
			if err != nil || took == sim.None {
				t.Errorf(
					"%s, %d of %d nodes die in round %d: a wrong verdict, or none within the bound; %v",
					c.name,
					c.deaths,
					c.nodes,
					round,
					err,
				)
			}
			slowest = max(slowest, took)
		}
		t.Logf("%s, %d of %d nodes die: found after %v at most, bound %v", c.name, c.deaths, c.nodes, slowest,
			config.DetectionBound(c.nodes, c.deaths))
	}
}

// TestTooTight: from these sizes on the original's 3 s and 10 s make single
// observers suspect live nodes though nothing is lost. The indirect protocols hear
// of each node every few rounds only, and T_fail is three rounds; with random
// gossip a node hears of each other only from itself, once in n-1 rounds.
func TestTooTight(t *testing.T) {
	sizes := []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16}
	for name, want := range map[string]int{"random": 3, "rr": 6, "scrr": 6, "brr": 9} {
		n, err := TooTight(sim.DefaultConfig(spec(t, name)), sizes, 5*time.Minute)
		if err != nil || n != want {
			t.Errorf("%s: from %d nodes on, %v; want %d", name, n, err, want)
		}
	}
}
