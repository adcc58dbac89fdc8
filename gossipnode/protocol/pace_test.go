package protocol_test

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// A peer whose heartbeats come at another interval is reported once, after two
// windows of it; one that keeps about the node's own pace is not.
func TestAnotherPaceIsToldOfOnce(t *testing.T) {
	for interval, times := range map[time.Duration]int{
		500 * time.Millisecond: 1, 800 * time.Millisecond: 0, time.Second: 0, 1300 * time.Millisecond: 0, 2 * time.Second: 1,
	} {
		c := newLone(t, "rr", 2, nil, nil)
		told := 0
		for after := time.Duration(0); after < 10*time.Minute; after += 4 * time.Second {
			c.at(after)
			said := only[protocol.PaceMismatch](c.gossips(2, entry(2, int32(after/interval))))
			told += len(said)
			for _, s := range said {
				if s.Peer != numbered(2) || s.Observed < interval*9/10 || s.Observed > interval*11/10 {
					t.Errorf("says %+v of a peer that beats every %v", s, interval)
				}
				if after < 40*time.Second {
					t.Errorf("says so after %v, in the first window: it may have been a pause", after)
				}
			}
		}
		if told != times {
			t.Errorf("a heartbeat every %v is told of %d times, want %d", interval, told, times)
		}
	}
}

// Exactly one and a half intervals, or two thirds, is still the node's own pace.
func TestTheEdgesOfThePace(t *testing.T) {
	for interval, told := range map[time.Duration]int{
		1500 * time.Millisecond: 0, 1501 * time.Millisecond: 1, time.Second * 2 / 3: 0, 666 * time.Millisecond: 1,
	} {
		c := newLone(t, "rr", 2, nil, nil)
		n := 0
		for beats := int32(0); beats <= 180; beats += 60 {
			c.at(time.Duration(beats) * interval)
			n += len(only[protocol.PaceMismatch](c.gossips(2, entry(2, beats))))
		}
		if n != told {
			t.Errorf("a heartbeat every %v is told of %d times, want %d", interval, n, told)
		}
	}
}

// State maps of a large cluster come less often than the vectors, so that they
// stay below 64 KiB a second.
func TestStateMapsAreLimited(t *testing.T) {
	for n, want := range map[int]int{8: 20, 1000: 5} { // 1000 states are 12.5 s
		c := newLone(t, "rr", n, nil, nil)
		states, vectors := 0, 0
		for end := began.Add(time.Minute); c.now.Before(end); c.now = c.node.Deadline() {
			effects := c.effects(protocol.Tick{})
			states += len(only[protocol.ReportStates](effects))
			vectors += len(only[protocol.ReportVector](effects))
			for _, call := range only[protocol.Send](effects) {
				c.effects(protocol.Delivered{ID: call.ID})
			}
		}
		if states < want-1 || states > want+1 || vectors < 19 {
			t.Errorf("%d nodes: %d state maps and %d vectors in a minute, want about %d and 20", n, states, vectors, want)
		}
	}
}

// A wall clock that slips back over a boundary does not repeat a round.
func TestAClockThatSlipsBack(t *testing.T) {
	c := newLone(t, "rr", 4, nil, nil)
	c.pass(c.rounds/2 + 10*time.Millisecond)
	if len(c.calls) != 1 {
		t.Fatalf("%d calls in the round, want 1", len(c.calls))
	}
	c.answerAll()
	for _, slip := range []time.Duration{-50 * time.Millisecond, 60 * time.Millisecond} {
		c.pass(slip)
		if len(c.calls) > 0 {
			t.Errorf("the clock is set by %v, and %v are called again", slip, c.targets())
		}
	}
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{}})
	c.pass(c.rounds)
	if len(c.calls) != 1 {
		t.Errorf("%d calls in the next round, want 1", len(c.calls))
	}
}
