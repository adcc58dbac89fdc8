package protocol_test

import (
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

// Vectors of large clusters keep within 48 KiB a second, however often opinions change, and the
// last one is told in the end. Those of up to 64 nodes are told at once.
func TestLargeVectorsArePaced(t *testing.T) {
	for _, c := range []struct{ nodes, vectors int }{{64, 63}, {65, 31}, {999, 2}} {
		l := newLone(t, "random", c.nodes, nil, nil)
		between := time.Second / time.Duration(c.nodes)
		heard := 9 * time.Second
		for i := 2; i <= c.nodes; i++ {
			l.at(heard + time.Duration(i)*between)
			l.step(protocol.Receive{From: numbered(i), Message: gossip.Gossip{}})
		}
		// Each falls silent at another instant of the same second.
		silent := heard + protocol.DefaultTiming().Fail
		vectors, last := 0, gossip.FaultVector(nil)
		var first, latest time.Duration
		for l.now = began.Add(silent - time.Millisecond); l.now.Before(began.Add(silent + 3*time.Second)); l.now = l.node.Deadline() {
			for _, v := range only[protocol.ReportVector](l.effects(protocol.Tick{})) {
				if !l.now.After(began.Add(silent + time.Second)) {
					vectors++
				}
				if slices.ContainsFunc(v.Vector, func(s gossip.Suspicion) bool { return s.Suspected }) && first == 0 {
					first = l.now.Sub(began) - silent
				}
				if !slices.Equal(last, v.Vector) {
					latest = l.now.Sub(began) - silent
				}
				last = v.Vector
			}
		}
		if most := time.Second + time.Duration(c.nodes)*24*time.Second/(48<<10); latest > most {
			t.Errorf("%d nodes: the last change is told of after %v, want %v at most", c.nodes, latest, most)
		}
		if vectors < c.vectors || vectors > c.vectors+2 { // two at once after a quiet time, and a timer's own
			t.Errorf("%d nodes: %d vectors in a second, want about %d", c.nodes, vectors, c.vectors)
		}
		if want := 2 * between; first != want {
			t.Errorf("%d nodes: the first suspicion is told of %v after the first silence, want at once", c.nodes, first-want)
		}
		if !slices.Equal(last, l.node.FaultVector()) {
			t.Errorf("%d nodes: the last vector told is not the last there is", c.nodes)
		}
	}
}

// Under emission, a message of a peer's own that is late by more than two heartbeats shows
// that the peer was paused: news of its later heartbeats counts from then on. Two heartbeats
// may be the network's.
func TestALateMessageMovesTheBase(t *testing.T) {
	for late, moves := range map[time.Duration]bool{2 * time.Second: false, 2*time.Second + time.Millisecond: true} {
		c := newLone(t, "brr", 3, nil, emission)
		for beat := range 6 {
			c.at(time.Duration(beat) * time.Second)
			c.gossips(2, entry(2, int32(beat)))
		}
		c.at(6*time.Second + late)
		c.gossips(2, entry(2, 6))
		c.at(19 * time.Second) // it has fallen silent
		c.effects(protocol.Tick{})
		c.gossips(3, entry(2, 8)) // sent at 8 s, or as late as the sixth
		if suspected, _ := c.node.FaultVector().Get(numbered(2)); suspected == moves {
			t.Errorf("%v late: suspected %v after news of its eighth heartbeat", late, suspected)
		}
	}
}
