package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// refusedRound lets a node that knows all n begin a round in which everybody
// refuses, and answers whom it tried, in order.
func refusedRound(t testing.TB, name string, n int) []gossip.Address {
	t.Helper()
	spec, _ := protocol.ByName(name)
	start := time.Unix(1_800_000_000, 0)
	var known []gossip.DigestEntry
	for i := range n {
		known = append(known, gossip.DigestEntry{
			Address: gossip.Address(fmt.Sprintf("node%d:5000", i+1)), AppVersion: gossip.AppVersion, Generation: int32(start.Unix()),
		})
	}
	node, err := protocol.New(protocol.Config{
		Self: "node1:5000", Parameters: protocol.DefaultParameters(spec), Generation: int32(start.Unix()),
		Random: rand.New(rand.NewPCG(1, 1)), Known: protocol.NewAcquaintance(gossip.NewDigest(known)),
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	node.Step(start, protocol.Connect{})
	now := start.Add(protocol.DefaultTiming().Gossip)
	var tried []gossip.Address
	for effects := node.Step(now, protocol.Tick{}); effects != nil; {
		var refused protocol.Event
		for _, e := range effects {
			if s, ok := e.(protocol.Send); ok {
				tried = append(tried, s.To)
				refused = protocol.Failed{ID: s.ID}
			}
		}
		if effects = nil; refused != nil {
			effects = node.Step(now, refused)
		}
	}
	return tried
}

// TestRefusedRoundTriesAllOnce: whoever is refused by everybody has tried each
// node, and none twice.
func TestRefusedRoundTriesAllOnce(t *testing.T) {
	for _, s := range protocol.All() {
		tried := refusedRound(t, s.Name, 50)
		once := map[gossip.Address]bool{}
		for _, a := range tried {
			once[a] = true
		}
		if len(tried) != 49 || len(once) != 49 || once["node1:5000"] {
			t.Errorf("%s tried %v", s.Name, tried)
		}
	}
}

// BenchmarkRefusedRound: n digests of n entries, so ns/pair stays flat.
func BenchmarkRefusedRound(b *testing.B) {
	for _, name := range []string{"random", "rr"} {
		for _, n := range []int{250, 500, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					refusedRound(b, name, n)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*n), "ns/pair")
			})
		}
	}
}
