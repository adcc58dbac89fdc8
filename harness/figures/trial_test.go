package figures

import (
	"math"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

func TestTrial(t *testing.T) {
	for _, s := range protocol.All() {
		for _, f := range []protocol.Freshness{protocol.Arrival, protocol.Emission} {
			for _, n := range []int{8, 32, 128} {
				x := Setting{Protocol: s, Nodes: n, Timing: protocol.DefaultTiming(), Freshness: f}
				b := time.Now()
				r, err := Trial{Setting: x, Seed: 1, Warm: x.WarmUp(), Calm: time.Minute}.Run()
				if err != nil {
					t.Fatal(err)
				}
				m, missed := r.Death.mean()
				t.Log(s.Name, f, n, r.Death.FirstVerdict, r.Death.Verdict, m, missed, r.Quiet.Observers().Accuracy, len(r.Whole.Mistakes), r.Suspects, x.WarmUp(), time.Since(b))
			}
		}
	}
	_ = math.Pi
	_ = sim.None
}
