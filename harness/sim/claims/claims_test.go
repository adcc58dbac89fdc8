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
					t.Errorf("%s, %d nodes from round %d: %d rounds, %v; by formula %d", name, n, round, got, err, want)
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

// TestHalfDies: no survivor of a cluster half of which has died is declared dead
// more often than said here. -runs N measures more.
func TestHalfDies(t *testing.T) {
	runs := 60
	if n := os.Getenv("CLAIM_RUNS"); n != "" {
		if err := json.Unmarshal([]byte(n), &runs); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range protocol.All() {
		for _, n := range []int{4, 8, 16} {
			c := sim.DefaultConfig(s)
			c.Nodes, c.Joined = n, true
			wrong, missed, err := HalfDies(c, runs, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %d nodes: wrong in %v, not found in time in %v", s.Name, n, wrong, missed)
		}
	}
}

// TestTooTight finds from which size on the original's 3 s and 10 s make single
// observers suspect live nodes.
func TestTooTight(t *testing.T) {
	for _, s := range protocol.All() {
		n, err := TooTight(sim.DefaultConfig(s), []int{2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64}, 2*time.Minute)
		t.Logf("%s: from %d nodes on, %v", s.Name, n, err)
	}
}
