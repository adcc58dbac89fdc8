package protocol_test

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// A cluster of more than 64 nodes is crowded: it is larger than any that originals make, and
// spares its peers what they can do without.

// listOf is a provider's list of so many nodes.
func listOf(nodes int) (list []gossip.Address) {
	for i := range nodes {
		list = append(list, numbered(i+1))
	}
	return list
}

// late makes answers late: the round's call is answered just after a quarter of the interval.
func (c *caller) late() {
	call := c.calls[0].ID
	c.pass(c.rounds/4 + 1)
	c.step(protocol.Delivered{ID: call})
}

// Of a cluster of up to 64 all look for a stranger of the list; of a larger one about 64 do.
func TestHowManyLookForStrangers(t *testing.T) {
	const lists = 500
	for _, c := range []struct{ listed, least, most int }{{64, lists, lists}, {640, 30, 70}} {
		l := newCaller(t, "rr", 8, 1)
		l.step(protocol.Members{List: listOf(c.listed)})
		l.now = l.now.Add(protocol.DefaultTiming().Fail)
		met := 0
		for range lists {
			for _, s := range only[protocol.Send](l.effects(protocol.Members{List: listOf(c.listed)})) {
				if _, syn := s.Message.(gossip.Syn); syn {
					met++
				}
				l.effects(protocol.Failed{ID: s.ID})
			}
		}
		if met < c.least || met > c.most {
			t.Errorf("%d listed: %d SYNs for %d lists, want %d to %d", c.listed, met, lists, c.least, c.most)
		}
	}
}

// A stranger whose turn it is gets a digest in a crowded cluster, else a SYN: it may be an original.
func TestStrangersOfCrowdedClusters(t *testing.T) {
	for _, listed := range []int{64, 65} {
		c := newCaller(t, "brr", 4, 1)
		c.step(protocol.Members{List: listOf(listed)})
		met := 0
		for range 40 {
			c.pass(c.rounds)
			for _, call := range c.calls {
				if call.To <= numbered(4) {
					continue
				}
				met++
				d, digest := call.Message.(gossip.Gossip)
				if digest != (listed > 64) || digest && len(d.Digest) < 4 {
					t.Errorf("%d listed: a stranger is sent %+v", listed, call.Message)
				}
			}
			c.answerAll()
			for i := 2; i <= 4; i++ {
				c.hear(i)
			}
		}
		if met == 0 {
			t.Errorf("%d listed: no round goes to a stranger", listed)
		}
	}
}

// A round that goes on while answers are late calls one peer after the other, and tells it of the
// node alone.
func TestGoingOnInCrowdedClusters(t *testing.T) {
	for _, nodes := range []int{64, 65} {
		for _, late := range []bool{false, true} {
			c := newCaller(t, "rr", nodes, 1)
			if late {
				c.late()
			} else {
				c.answerAll()
			}
			c.pass(c.rounds - time.Duration(c.now.UnixNano())%c.rounds)
			if len(c.calls) != 1 || len(c.calls[0].Message.(gossip.Gossip).Digest) != nodes {
				t.Fatalf("%d nodes: the round begins with %d calls, want one of a whole digest", nodes, len(c.calls))
			}
			c.pass(c.rounds / 4) // quick peers would have answered
			if late {
				c.pass(c.rounds/4 + time.Millisecond) // twice what it took
			}
			calls, entries := 2, nodes
			if late && nodes > 64 {
				calls, entries = 1, 1
			}
			if len(c.calls) != calls {
				t.Errorf("%d nodes, late %v: it goes on to %d, want %d", nodes, late, len(c.calls), calls)
			}
			for _, call := range c.calls {
				if n := len(call.Message.(gossip.Gossip).Digest); n != entries {
					t.Errorf("%d nodes, late %v: it goes on with %d entries, want %d", nodes, late, n, entries)
				}
			}
		}
	}
}

// While answers are late a stranger that gossips is told of the node alone, so that they come to
// know each other, and of the rest another time.
func TestStrangersWhilePeersAreBusy(t *testing.T) {
	for _, late := range []bool{false, true} {
		c := newCaller(t, "rr", 8, 1)
		if late {
			c.late()
		} else {
			c.answerAll()
		}
		own := gossip.Gossip{Digest: gossip.Digest{{Address: "x:1", AppVersion: 1, Generation: int32(c.now.Unix()), Heartbeat: 1}}}
		c.step(protocol.Receive{From: "x:1", Message: own})
		if len(c.calls) != 1 || len(c.calls[0].Message.(gossip.Gossip).Digest) != 1 {
			t.Fatalf("late %v: a stranger's gossip is answered by %v", late, c.calls)
		}
		c.step(protocol.Delivered{ID: c.calls[0].ID})
		if rest := len(c.calls) == 1; rest == late {
			t.Errorf("late %v: it is told of the rest at once: %v", late, rest)
		}
		for range 20 { // quick answers
			c.pass(c.rounds - time.Duration(c.now.UnixNano())%c.rounds)
			c.answerAll()
		}
		own.Digest[0].Heartbeat++
		c.step(protocol.Receive{From: "x:1", Message: own})
		if late && (len(c.calls) != 1 || len(c.calls[0].Message.(gossip.Gossip).Digest) != 9) {
			t.Errorf("its next gossip is answered by %v, want all nine", c.calls)
		}
	}
}

// What a stranger has told of is learnt once it has answered, in a crowded cluster.
func TestWhatStrangersToldIsHeld(t *testing.T) {
	news := gossip.NewDigest([]gossip.DigestEntry{
		{Address: "x:1", AppVersion: 1, Generation: 1_700_000_000, Heartbeat: 1},
		{Address: "y:1", AppVersion: 1, Generation: 1_700_000_000, Heartbeat: 1},
		{Address: "z:1", AppVersion: 1, Generation: gossip.MaxGeneration, Heartbeat: 1}, // of the future
		{Address: numbered(2), AppVersion: 1, Generation: 1_900_000_000, Heartbeat: 1},
	})
	for _, test := range []struct {
		nodes  int
		answer func(*caller, uint64)
		knows  int
	}{
		{65, func(c *caller, id uint64) { c.step(protocol.Delivered{ID: id}) }, 64 + 2},
		{65, func(c *caller, id uint64) { c.step(protocol.Failed{ID: id}) }, 64 + 1},
		{63, func(c *caller, id uint64) { c.step(protocol.Delivered{ID: id}) }, 62 + 1},
	} {
		c := newCaller(t, "rr", test.nodes, 1)
		c.answerAll()
		c.step(protocol.Receive{From: "x:1", Message: gossip.Gossip{Digest: news}})
		if n := c.node.Known(); n != test.nodes {
			t.Fatalf("%d nodes: knows %d others before the stranger has answered", test.nodes, n)
		}
		test.answer(c, c.calls[0].ID)
		if n := c.node.Known(); n != test.knows {
			t.Errorf("%d nodes: knows %d others after its answer, want %d", test.nodes, n, test.knows)
		}
	}
}

// The ring of a list follows who counts, though the list stays as it is.
func TestTheRingFollowsWhoCounts(t *testing.T) {
	c := newCaller(t, "scrr", 4, 1)
	last := numbered(14) // the last of ten strangers, of whom three count
	goes := func() bool {
		to := map[gossip.Address]bool{}
		for range 16 {
			c.pass(c.rounds)
			for _, call := range c.calls {
				to[call.To] = true
			}
			c.answerAll()
			for i := 2; i <= 4; i++ {
				c.hear(i)
			}
			c.step(protocol.Members{List: listOf(14)})
		}
		return to[last]
	}
	if goes() {
		t.Fatal("a round goes to the last stranger")
	}
	c.hear(14)
	c.answerAll()
	if !goes() {
		t.Error("no round goes to the last stranger, which has spoken and answered")
	}
}
