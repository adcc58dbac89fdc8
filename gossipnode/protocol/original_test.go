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

// An original is sent a digest after the first handshake of the node's life, once, and
// again after the next if that one was lost; a node of ours needs none.
func TestOriginalIsIntroducedToTheNode(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name       string
		generation int32
		begin      gossip.Message // by which node2 shakes hands
		lost       bool           // the first digest
		slow       bool           // digests are still under way when the next handshake ends
		want       [3]int         // digests after each handshake
	}{
		{"its SYN", 57_600, gossip.Syn{}, false, false, [3]int{1, 0, 0}},
		{"its ACK", 57_600, gossip.Ack{}, false, false, [3]int{1, 0, 0}},
		{"the digest is lost", 57_600, gossip.Ack{}, true, false, [3]int{1, 1, 0}},
		{"the digest is under way", 57_600, gossip.Ack{}, false, true, [3]int{1, 0, 0}},
		{"one of ours", originalGenerations, gossip.Syn{}, false, false, [3]int{}},
	} {
		n := withPeer(t, start, c.generation)
		digests := func(effects []Effect) (got []Send) {
			for _, e := range effects {
				if s, ok := e.(Send); ok && s.Message.Kind() == kindGossip {
					got = append(got, s)
				}
			}
			return got
		}
		for i, want := range c.want {
			var answer Send
			for _, e := range n.Step(start, Receive{From: "node2:5000", Message: c.begin}) {
				if s, ok := e.(Send); ok {
					answer = s
				}
			}
			if answer.ID == 0 {
				t.Fatalf("%s: handshake %d is not answered", c.name, i+1)
			}
			got := digests(n.Step(start, Delivered{ID: answer.ID}))
			if len(got) != want {
				t.Errorf("%s: handshake %d: %d digests, want %d", c.name, i+1, len(got), want)
			}
			for _, s := range got {
				if c.slow {
					continue
				}
				var over Event = Delivered{ID: s.ID}
				if c.lost && i == 0 {
					over = Failed{ID: s.ID}
				}
				if again := digests(n.Step(start, over)); len(again) > 0 {
					t.Errorf("%s: a digest is followed by another", c.name)
				}
			}
		}
	}
}

// Under random an original that would be suspected before the next round is drawn first,
// if it takes calls; one of ours is not.
func TestFadingOriginalIsDrawnFirst(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	spec, _ := ByName("random")
	timing := DefaultTiming()
	last := timing.Fail - timing.Gossip
	for _, c := range []struct {
		name       string
		generation int32 // of node5
		quiet      time.Duration
		change     func(*endpoint)
		first      bool
	}{
		{"just fading", 57_600, last, nil, true},
		{"suspected", 57_600, 3 * timing.Fail, func(e *endpoint) { e.suspected = true }, true},
		{"heard of since", 57_600, last - 1, nil, false},
		{"one of ours", originalGenerations, last, nil, false},
		{"refuses calls", 57_600, last, func(e *endpoint) { e.refused = true }, false},
		{"answers no call", 57_600, last, func(e *endpoint) { e.mute = true }, false},
	} {
		drawn := map[gossip.Address]bool{}
		for seed := range uint64(40) {
			var known gossip.Digest
			for _, a := range []gossip.Address{"node1:5000", "node2:5000", "node3:5000", "node4:5000"} {
				known = append(known, gossip.DigestEntry{Address: a, AppVersion: 1, Generation: int32(start.Unix())})
			}
			known = append(known, gossip.DigestEntry{Address: "node5:5000", AppVersion: 1, Generation: c.generation})
			n, err := New(Config{
				Self: "node1:5000", Parameters: DefaultParameters(spec), Generation: int32(start.Unix()),
				Random: rand.New(rand.NewPCG(seed, 1)), Known: NewAcquaintance(known),
			}, start)
			if err != nil {
				t.Fatal(err)
			}
			n.clock = c.quiet
			if c.change != nil {
				c.change(n.find("node5:5000"))
			}
			a, _ := n.draw()
			drawn[a] = true
		}
		if first := len(drawn) == 1 && drawn["node5:5000"]; first != c.first || !drawn["node5:5000"] {
			t.Errorf("%s: 40 seeds draw %v, want node5 alone: %t", c.name, drawn, c.first)
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
