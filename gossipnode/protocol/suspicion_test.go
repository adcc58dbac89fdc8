package protocol_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

func emission(c *protocol.Config) { c.Freshness = protocol.Emission }

// Under emission, news of a heartbeat of T_fail ago does not end a suspicion, and
// later news does.
func TestOldNewsDoesNotEndASuspicion(t *testing.T) {
	c := newLone(t, "brr", 3, nil, emission)
	c.gossips(2, entry(3, 1)) // sent now, as far as the node can tell
	c.at(12 * time.Second)
	c.effects(protocol.Tick{})
	c.at(25 * time.Second)
	for _, changed := range only[protocol.OpinionChanged](c.gossips(2, entry(3, 12))) {
		if changed.Peer == numbered(3) {
			t.Errorf("news of 14 s ago changes an opinion: %+v", changed)
		}
	}
	c.at(26 * time.Second)
	c.gossips(2, entry(3, 20))
	if got, _ := c.node.FaultVector().Get(numbered(3)); got {
		t.Error("news of 7 s ago does not end the suspicion")
	}
}

// Under emission, a message of a peer's own after a pause moves the estimate of its
// clock: its later heartbeats, told by others, count from when they were sent.
func TestThePausedAreTimedAnew(t *testing.T) {
	c := newLone(t, "brr", 3, nil, emission)
	c.gossips(3, entry(3, 1))
	c.at(21 * time.Second) // 3 was paused for 20 s
	c.gossips(3, entry(3, 2))
	c.at(30 * time.Second)
	c.gossips(2, entry(2, 30), entry(3, 10)) // sent at 29 s
	c.at(35 * time.Second)
	c.effects(protocol.Tick{})
	if suspected, _ := c.node.FaultVector().Get(numbered(3)); suspected {
		t.Error("suspected, though a heartbeat of 6 s ago was told of")
	}
	c.at(40 * time.Second)
	c.effects(protocol.Tick{})
	if suspected, _ := c.node.FaultVector().Get(numbered(3)); !suspected {
		t.Error("not suspected, though its last heartbeat was sent 11 s ago")
	}
}

// A vector says nothing of nodes that were only learnt of, and itself is alive.
func TestNoOpinionOfTheUnheard(t *testing.T) {
	c := newLone(t, "random", 2, nil, nil)
	const unheard gossip.Address = "unheard:1"
	c.gossips(2, gossip.DigestEntry{Address: unheard, AppVersion: 1, Generation: 9, Heartbeat: 1})
	v := c.node.FaultVector()
	if _, has := v.Get(unheard); has {
		t.Errorf("%v has an opinion of %s", v, unheard)
	}
	for i := 1; i <= 2; i++ {
		if suspected, has := v.Get(numbered(i)); suspected || !has {
			t.Errorf("%v, want %d alive", v, i)
		}
	}
	c.at(11 * time.Second)
	c.effects(protocol.Tick{})
	if suspected, has := c.node.FaultVector().Get(unheard); !suspected || !has {
		t.Errorf("%v: not suspected T_fail after it was learnt of", c.node.FaultVector())
	}
}

// The monitor is told of a changed opinion in the same step, once for all changes
// of it.
func TestAChangedOpinionIsReportedAtOnce(t *testing.T) {
	c := newLone(t, "rr", 4, nil, nil)
	c.at(9500 * time.Millisecond)
	c.effects(protocol.Tick{})
	c.at(10 * time.Second)
	reports := only[protocol.ReportVector](c.effects(protocol.Tick{}))
	if len(reports) != 1 {
		t.Fatalf("%d vectors as three fall silent, want 1", len(reports))
	}
	for i := 2; i <= 4; i++ {
		if suspected, _ := reports[0].Vector.Get(numbered(i)); !suspected {
			t.Errorf("%v: %d is not suspected", reports[0].Vector, i)
		}
	}
	c.at(10*time.Second + time.Millisecond)
	reports = only[protocol.ReportVector](c.gossips(3, entry(3, 1)))
	if len(reports) != 1 {
		t.Fatalf("%d vectors as one is heard, want 1", len(reports))
	}
	if suspected, _ := reports[0].Vector.Get(numbered(3)); suspected {
		t.Error("still suspected as it is heard")
	}
}

// Vectors of crowded clusters go with heartbeats, however often opinions change; the last one is
// told in the end. Those of up to 64 nodes are told at once.
func TestVectorsOfCrowdedClusters(t *testing.T) {
	for _, c := range []struct {
		nodes   int
		beat    time.Duration
		vectors int // told in the second in which all fall silent
		last    time.Duration
	}{
		{64, time.Second, 63, 0},
		{65, time.Second, 1, time.Second},
		{65, 100 * time.Millisecond, 10, 100 * time.Millisecond},
		{999, 100 * time.Millisecond, 10, 100 * time.Millisecond},
		{999, time.Second, 1, time.Second},
	} {
		l := newLone(t, "random", c.nodes, nil, func(config *protocol.Config) { config.Timing.Heartbeat = c.beat })
		between := time.Second / time.Duration(c.nodes)
		heard := 9 * time.Second
		for i := 2; i <= c.nodes; i++ {
			l.at(heard + time.Duration(i)*between)
			l.step(protocol.Receive{From: numbered(i), Message: gossip.Gossip{}})
		}
		// Each falls silent at another instant of the same second.
		silent := heard + protocol.DefaultTiming().Fail
		vectors, last := 0, gossip.FaultVector(nil)
		var latest time.Duration
		for l.now = began.Add(silent - time.Millisecond); l.now.Before(began.Add(silent + 3*time.Second)); l.now = l.node.Deadline() {
			effects := l.effects(protocol.Tick{})
			told := only[protocol.ReportVector](effects)
			if c.nodes > 64 && len(told) > 0 && len(only[protocol.ReportHeartbeat](effects)) == 0 {
				t.Fatalf("%d nodes: a vector without a heartbeat", c.nodes)
			}
			for _, v := range told {
				if !l.now.After(began.Add(silent + time.Second)) {
					vectors++
				}
				if !slices.Equal(last, v.Vector) {
					latest = l.now.Sub(began) - silent - time.Second
				}
				last = v.Vector
			}
		}
		if latest > c.last {
			t.Errorf("%d nodes, %v: the last change is told of after %v, want %v at most", c.nodes, c.beat, latest, c.last)
		}
		if vectors < c.vectors || vectors > c.vectors+1 { // a timer's own
			t.Errorf("%d nodes, %v: %d vectors in a second, want about %d", c.nodes, c.beat, vectors, c.vectors)
		}
		if !slices.Equal(last, l.node.FaultVector()) {
			t.Errorf("%d nodes: the last vector told is not the last there is", c.nodes)
		}
	}
}

// A vector about other nodes than the last one comes once a gossip interval in crowded clusters,
// and no faster than 48 KiB a second.
func TestVectorsAboutOthers(t *testing.T) {
	for _, c := range []struct{ nodes, least, most int }{{65, 10, 11}, {6000, 10, 11}, {12_000, 5, 6}} {
		l := newLone(t, "random", 3, nil, nil)
		fresh := func(n int) (d gossip.Digest) {
			for i := range n {
				d = append(d, gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("new%05d:1", i)), AppVersion: 1, Generation: 1_700_000_000})
			}
			return d
		}
		l.gossips(2, fresh(c.nodes)...)
		vectors := 0
		for l.now.Before(began.Add(30 * time.Second)) {
			l.now = l.node.Deadline()
			more := gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("new%05d:1", c.nodes)), AppVersion: 1, Generation: 1_700_000_000}
			c.nodes++
			vectors += len(only[protocol.ReportVector](l.gossips(2, more)))
			vectors += len(only[protocol.ReportVector](l.effects(protocol.Tick{})))
		}
		if vectors < c.least || vectors > c.most {
			t.Errorf("%d nodes: %d vectors in 30 s, want %d to %d", c.nodes, vectors, c.least, c.most)
		}
	}
}

// State maps of crowded clusters go with heartbeats, too.
func TestStatesOfCrowdedClusters(t *testing.T) {
	for _, nodes := range []int{64, 65} {
		l := newLone(t, "random", nodes, nil, nil)
		alone, all := 0, 0
		for range 2000 {
			l.now = l.node.Deadline()
			effects := l.effects(protocol.Tick{})
			if n := len(only[protocol.ReportStates](effects)); n > 0 {
				all += n
				if len(only[protocol.ReportHeartbeat](effects)) == 0 {
					alone++
				}
			}
		}
		if all < 10 || (alone > 0) != (nodes == 64) {
			t.Errorf("%d nodes: %d state maps, %d of them without a heartbeat", nodes, all, alone)
		}
	}
}
