package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// inspected is one of five nodes that knew each other from the start.
func inspected(t *testing.T, s protocol.Spec, start time.Time) *protocol.Node {
	t.Helper()
	var d gossip.Digest
	for i := range 5 {
		d = append(d, gossip.DigestEntry{
			Address: gossip.Address(fmt.Sprintf("node%d:5000", i+1)), AppVersion: 1, Generation: 7,
		})
	}
	n, err := protocol.New(protocol.Config{
		Parameters: protocol.DefaultParameters(s), Self: "node2:5000", Generation: 7,
		Random: rand.New(rand.NewPCG(1, 2)), Known: protocol.NewAcquaintance(d),
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestNextRoundIsWhatComes: the target foretold is the one sent to, at the instant
// foretold.
func TestNextRoundIsWhatComes(t *testing.T) {
	for _, s := range protocol.All() {
		now := time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)
		n := inspected(t, s, now)
		if r, ok := n.NextRound(); ok {
			t.Errorf("%s: a node that has not connected has round %+v before it", s.Name, r)
		}
		n.Step(now, protocol.Connect{})
		for range 12 {
			next, ok := n.NextRound()
			if !ok || next.Target == "" != (s.Offset == nil) {
				t.Fatalf("%s: next round %+v, %v", s.Name, next, ok)
			}
			n.Step(next.At.Add(-1), protocol.Tick{})
			if still, _ := n.NextRound(); still != next {
				t.Fatalf("%s: a nanosecond before %+v it is %+v", s.Name, next, still)
			}
			send, sent := firstSend(n.Step(next.At, protocol.Tick{}))
			if !sent || send.To != next.Target && next.Target != "" {
				t.Fatalf("%s: round %d went to %q, foretold %q", s.Name, next.Number, send.To, next.Target)
			}
			n.Step(next.At, protocol.Delivered{ID: send.ID})
		}
	}
}

func firstSend(effects []protocol.Effect) (protocol.Send, bool) {
	for _, e := range effects {
		if s, ok := e.(protocol.Send); ok {
			return s, true
		}
	}
	return protocol.Send{}, false
}

// TestEndpointsFollowWhatIsHeard: silence becomes a suspicion at the instant
// foretold, and a message ends it.
func TestEndpointsFollowWhatIsHeard(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)
	s, _ := protocol.ByName("rr")
	n := inspected(t, s, start)
	heard := start.Add(4 * time.Second)
	n.Step(heard, protocol.Receive{From: "node4:5000", Message: gossip.Gossip{Digest: gossip.Digest{
		{Address: "node4:5000", AppVersion: 1, Generation: 7, Heartbeat: 4},
		{Address: "node9:5000", AppVersion: 1, Generation: 8, Heartbeat: 1},
	}}})
	got := map[gossip.Address]protocol.Endpoint{}
	for e := range n.Endpoints() {
		got[e.Address] = e
	}
	want := protocol.Endpoint{
		Address: "node4:5000", Generation: 7, Heartbeat: 4, Heard: heard, Due: heard.Add(10 * time.Second),
	}
	if len(got) != 5 || got["node4:5000"] != want {
		t.Errorf("%d endpoints, node4 %+v, want 5 and %+v", len(got), got["node4:5000"], want)
	}
	if e := got["node9:5000"]; !e.LearntOf || !e.Heard.Equal(heard) {
		t.Errorf("node9 %+v, want only learnt of", e)
	}
	due := got["node1:5000"].Due
	n.Step(due.Add(-1), protocol.Tick{})
	for e := range n.Endpoints() {
		if e.Suspected {
			t.Errorf("%+v a nanosecond before its time", e)
		}
	}
	n.Step(due, protocol.Tick{})
	for e := range n.Endpoints() {
		first := e.Address != "node4:5000" && e.Address != "node9:5000"
		if e.Suspected != first || e.Due.IsZero() != first {
			t.Errorf("%+v at %v", e, due)
		}
	}
}
