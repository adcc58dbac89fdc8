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
		n := withPeer(t, start, generation)
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

// What a node has learnt since a handshake is told to an original by another one, as
// to a peer of unknown kind; one of ours reads it in the digest.
func TestOriginalIsGreetedAnewWhenMembersGrow(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		generation int32
		want       string
	}{
		{57_600, "syn"},
		{0, "syn"},
		{originalGenerations - 1, "syn"},
		{originalGenerations, "gossip"},
		{int32(start.Unix()), "gossip"},
	} {
		n := withPeer(t, start, c.generation)
		if kind := n.greeting("node2:5000").Kind(); kind != "gossip" {
			t.Errorf("generation %d: %s after a handshake, want gossip", c.generation, kind)
		}
		n.Step(start, Receive{From: "node2:5000", Message: gossip.Gossip{Digest: gossip.Digest{
			{Address: "node3:5000", AppVersion: 1, Generation: int32(start.Unix())},
		}}})
		if kind := n.greeting("node2:5000").Kind(); kind != c.want {
			t.Errorf("generation %d: %s after a newcomer, want %s", c.generation, kind, c.want)
		}
	}
}

// A handshake that an original began, and whose ACK2 brought the state of a newcomer,
// need not be had again; what came from others meanwhile, needs another one.
func TestHandshakeBegunByAnOriginal(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		meanwhile bool
		want      string
	}{{false, "gossip"}, {true, "syn"}} {
		n := withPeer(t, start, 57_600)
		n.Step(start, Receive{From: "node2:5000", Message: gossip.Syn{}})
		if c.meanwhile {
			n.Step(start, Receive{From: "node4:5000", Message: gossip.Gossip{}})
		}
		n.Step(start, Receive{From: "node2:5000", Message: gossip.Ack2{States: gossip.StateMap{
			{Address: "node3:5000", AppVersion: 1, Generation: 57_600, Status: gossip.StatusNormal, Updated: start},
		}}})
		if kind := n.greeting("node2:5000").Kind(); kind != c.want {
			t.Errorf("another newcomer meanwhile: %v: %s, want %s", c.meanwhile, kind, c.want)
		}
	}
}

// withPeer is a node that has just shaken hands with and heard from node2.
func withPeer(t *testing.T, start time.Time, generation int32) *Node {
	t.Helper()
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
	return n
}
