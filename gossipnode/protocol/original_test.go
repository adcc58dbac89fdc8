package protocol

import (
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
)

// A quiet original is asked for an answer, a node of ours is not.
func TestQuietOriginalGetsASyn(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	greeted := func(generation int32, quiet time.Duration) gossip.Message {
		spec, _ := ByName("rr")
		n, err := New(Config{
			Self: "node1:5000", Parameters: DefaultParameters(spec), Generation: int32(start.Unix()),
			Random: rand.New(rand.NewPCG(1, 1)),
			Known: NewAcquaintance(gossip.Digest{
				{Address: "node1:5000", AppVersion: 1, Generation: int32(start.Unix())},
				{Address: "node2:5000", AppVersion: 1, Generation: generation, Heartbeat: 7},
			}),
		}, start)
		if err != nil {
			t.Fatal(err)
		}
		n.Step(start, Receive{From: "node2:5000", Message: gossip.Gossip{}})
		n.now, n.clock = start.Add(quiet), quiet
		return n.greeting("node2:5000")
	}
	interval := DefaultTiming().Gossip
	for _, c := range []struct {
		generation int32
		quiet      time.Duration
		want       string
	}{
		{57_600, interval, "syn"},
		{82_800, interval, "syn"}, // 23 h
		{57_600, interval - time.Nanosecond, "gossip"},
		{int32(start.Unix()), 3 * interval, "gossip"},
	} {
		kind := "gossip"
		if _, ok := greeted(c.generation, c.quiet).(gossip.Syn); ok {
			kind = "syn"
		}
		if kind != c.want {
			t.Errorf("generation %d, quiet for %s: %s, want %s", c.generation, c.quiet, kind, c.want)
		}
	}
}
