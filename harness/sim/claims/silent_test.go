package claims

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
)

// dieSilently ends nodes and the way to them, as a power cut does: nobody refuses
// the calls that come after, they time out.
func dieSilently(w *sim.World, victims ...string) {
	groups := make([][]string, len(victims))
	for i, v := range victims {
		groups[i] = []string{v}
	}
	w.Partition(groups...)
	w.Kill(victims...)
}

// silentDeaths is one run in which a number of nodes die silently at one instant.
type silentDeaths struct {
	nodes, deaths int
	neighbours    bool // a run of the protocol's ring, else any
	seed          uint64
}

// measure returns what was seen from the deaths until the detection bound was over.
func (d silentDeaths) measure(s protocol.Spec) (sim.Result, error) {
	c := sim.DefaultConfig(s)
	c.Nodes, c.Joined, c.Lean, c.Seed = d.nodes, true, true, d.seed
	warm := time.Minute + time.Duration(d.seed)*c.Timing.Gossip/7 // other instants within the cycle
	bound := c.DetectionBound(d.nodes, d.deaths)
	return sim.Measure(c, warm, bound, func(w *sim.World) { dieSilently(w, d.victims(s, w.Nodes())...) })
}

// victims takes the nodes in join order.
func (d silentDeaths) victims(s protocol.Spec, names []string) []string {
	r := rand.New(rand.NewPCG(d.seed, 0))
	if !d.neighbours {
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		return names[:d.deaths]
	}
	if s.Ring == protocol.KnownRing {
		slices.Sort(names)
	}
	at := r.IntN(len(names))
	return append(names, names...)[at : at+d.deaths]
}

// TestLongRoundRests: a wall clock that is set back makes a round longer than its
// calls last; a node that everybody has left then waits for the next round.
func TestLongRoundRests(t *testing.T) {
	for _, s := range protocol.All() {
		c := sim.DefaultConfig(s)
		c.Nodes, c.Joined, c.Lean, c.Spread = 64, true, true, 0
		c.Epoch = time.Unix(1_800_000_000, 0) // a round boundary
		w, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		w.Run(time.Minute + c.Timing.Gossip/8)
		dieSilently(w, w.Nodes()[1:]...)
		w.Run(10 * c.Timing.Gossip)
		w.SetClock("node1", -c.Timing.Gossip/2) // back over the last boundary
		calls := 0
		w.Observe(sim.Hooks{
			Sent: func(gossip.Address, gossip.Address, gossip.Message, int) { calls++ },
			After: func() {
				if w.Spinning("node1") {
					t.Fatalf("%s: the node does not rest at %v", s.Name, w.Elapsed())
				}
			},
		})
		w.Run(c.Timing.Gossip * 11 / 8) // until just before the long round is over
		if calls > 40 {
			t.Errorf("%s: %d calls in a long round", s.Name, calls)
		}
	}
}

// TestSilentDeaths: hosts that are gone without a refusal, up to half of a cluster at
// once, are found within the bound, and no survivor is declared dead. When a round
// tried four targets only, scrr declared survivors dead in every run with a quarter
// of 32 neighbours silent, and rr in most with half of them.
func TestSilentDeaths(t *testing.T) {
	for _, s := range protocol.All() {
		for _, c := range []struct {
			nodes, deaths int
			seeds         uint64
		}{
			{4, 1, 20},
			{4, 2, 20},
			{8, 1, 20},
			{8, 4, 20},
			{16, 4, 10},
			{16, 8, 20},
			{32, 1, 5},
			{32, 8, 10},
			{32, 16, 10},
			{64, 32, 2},
		} {
			for _, neighbours := range []bool{true, false} {
				slowest := time.Duration(0)
				for seed := range c.seeds {
					d := silentDeaths{c.nodes, c.deaths, neighbours, seed + 1}
					r, err := d.measure(s)
					if err != nil {
						t.Fatal(err)
					}
					if len(r.Mistakes) > 0 {
						t.Errorf("%s, %+v: declared dead though it lives: %v", s.Name, d, r.Mistakes)
					}
					if missed := r.Quality().Missed; missed > 0 {
						t.Errorf("%s, %+v: %d not found within the bound", s.Name, d, missed)
					}
					for _, death := range r.Deaths {
						slowest = max(slowest, death.Verdict)
					}
				}
				t.Logf("%s, %d of %d nodes silent, neighbours %v: found after %v at most",
					s.Name, c.deaths, c.nodes, neighbours, slowest)
			}
		}
	}
}
