package truth

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

// seeds is how many runs each row has; TRUTH_SEEDS=200 is what the tables in the
// documents were made with.
func seeds(t *testing.T, quick int) int {
	t.Helper()
	if n := os.Getenv("TRUTH_SEEDS"); n != "" {
		if err := json.Unmarshal([]byte(n), &quick); err != nil {
			t.Fatal(err)
		}
	}
	return quick
}

// each runs do for all protocols and the sizes, with so many seeds.
func each(t *testing.T, sizes []int, seeds int, do func(c sim.Config) (Outcome, error)) map[string][]Outcome {
	t.Helper()
	out := map[string][]Outcome{}
	for _, s := range protocol.All() {
		for _, n := range sizes {
			c := sim.DefaultConfig(s)
			c.Nodes, c.Joined, c.Lean = n, true, true
			for seed := range seeds {
				c.Seed = uint64(seed + 1)
				o, err := do(c)
				if err != nil {
					t.Fatal(err)
				}
				out[s.Name] = append(out[s.Name], o)
			}
			t.Logf("%s, %d nodes: %s", s.Name, n, sum(out[s.Name][len(out[s.Name])-seeds:]))
		}
	}
	return out
}

// TestDeafMonitor: nobody dies, and whatever happens to the monitor it declares
// nobody failed and ends no case.
func TestDeafMonitor(t *testing.T) {
	for _, f := range []Fault{CutOff, Stopped} {
		t.Run(string(f), func(t *testing.T) {
			for name, outcomes := range each(t, []int{8, 16, 32}, seeds(t, 4), func(c sim.Config) (Outcome, error) {
				return Deafen(c, f)
			}) {
				if wrong, endings, _ := total(outcomes); wrong+endings > 0 {
					t.Errorf("%s: %d verdicts of failure about nodes that run, %d of them victims of a case", name, wrong, endings)
				}
			}
		})
	}
}

// TestLossEverywhere: at most a thousandth of node-time has a wrong verdict,
// whatever share of all messages is lost.
func TestLossEverywhere(t *testing.T) {
	for name, share := range map[string]float64{"5 %": 0.05, "10 %": 0.1, "20 %": 0.2} {
		t.Run(name, func(t *testing.T) {
			for name, outcomes := range each(t, []int{8, 16, 32}, seeds(t, 3), func(c sim.Config) (Outcome, error) {
				return Lose(c, share, 5*time.Minute)
			}) {
				if _, _, wrong := total(outcomes); wrong > 0.001 {
					t.Errorf("%s: wrong in %.5f of node-time", name, wrong)
				}
			}
		})
	}
}

// TestOrdinaryDeaths: up to half of a cluster that dies at once is found within
// the bound, more than half within twice the bound.
func TestOrdinaryDeaths(t *testing.T) {
	for _, d := range []struct {
		name   string
		deaths func(n int) int
		bounds time.Duration
	}{
		{"one", func(int) int { return 1 }, 1},
		{"two", func(int) int { return 2 }, 1},
		{"half", func(n int) int { return n / 2 }, 1},
		{"half and one", func(n int) int { return n/2 + 1 }, 2},
		{"three quarters", func(n int) int { return 3 * n / 4 }, 2},
	} {
		t.Run(d.name, func(t *testing.T) {
			each(t, []int{8, 16, 32}, seeds(t, 4), func(c sim.Config) (Outcome, error) {
				deaths := d.deaths(c.Nodes)
				limit := d.bounds * c.DetectionBound(c.Nodes, deaths)
				o, err := Die(c, deaths, 0, limit)
				for _, found := range o.Found {
					if found.Verdict == sim.None {
						t.Errorf("%s, %d nodes, seed %d: %s not found within %v", c.Protocol.Name, c.Nodes, c.Seed, found.Node, limit)
					}
				}
				if err == nil && (o.Wrong > 0 || o.Ended == sim.None) {
					t.Errorf("%s, %d nodes, seed %d: %d wrong verdicts, the case ended after %v",
						c.Protocol.Name, c.Nodes, c.Seed, o.Wrong, o.Ended)
				}
				return o, err
			})
		})
	}
}

// TestOneNodeUnheard: a node that the monitor does not hear, though it runs, holds
// the verdict about another up for at most T_fail after it has ceased to count.
func TestOneNodeUnheard(t *testing.T) {
	for _, ahead := range []time.Duration{0, 5 * time.Second, time.Minute} {
		each(t, []int{8, 16}, seeds(t, 4), func(c sim.Config) (Outcome, error) {
			bound := c.DetectionBound(c.Nodes, 1)
			o, err := Unheard(c, ahead)
			if err != nil {
				return o, err
			}
			if found := o.Found[0].Verdict; found == sim.None || found > bound+c.Timing.Fail {
				t.Errorf("%s, %d nodes, seed %d: found after %v, bound %v", c.Protocol.Name, c.Nodes, c.Seed, found, bound)
			}
			return o, nil
		})
	}
}
