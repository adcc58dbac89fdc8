package protocol

import (
	"fmt"
	"time"
)

// Timing holds the intervals that every node and the monitor of a cluster share.
type Timing struct {
	Heartbeat time.Duration // between two heartbeats of a node
	Gossip    time.Duration // between two gossip rounds
	Fail      time.Duration // T_fail: silence after which an endpoint is suspected
}

// DefaultTiming is the original's: 1 s, 3 s and 10 s.
func DefaultTiming() Timing {
	return Timing{Heartbeat: time.Second, Gossip: 3 * time.Second, Fail: 10 * time.Second}
}

// LANTiming is for fast detection on one quiet network: 200 ms, 200 ms and 2 s. Of the settings
// that go tool mage advise tried for brr at 32 nodes and 1 % loss it is twice the shortest T_fail
// at which single observers are right for 99 % of the time too.
func LANTiming() Timing {
	return Timing{Heartbeat: 200 * time.Millisecond, Gossip: 200 * time.Millisecond, Fail: 2 * time.Second}
}

// ProfileTiming are the intervals of a profile, original or lan; false for other names.
func ProfileTiming(name string) (Timing, bool) {
	switch name {
	case "original":
		return DefaultTiming(), true
	case "lan":
		return LANTiming(), true
	}
	return Timing{}, false
}

// With is t with those intervals that are given; nil means as they are.
func (t Timing) With(heartbeat, gossip, fail *time.Duration) Timing {
	for _, i := range []struct {
		of    *time.Duration
		given *time.Duration
	}{{&t.Heartbeat, heartbeat}, {&t.Gossip, gossip}, {&t.Fail, fail}} {
		if i.given != nil {
			*i.of = *i.given
		}
	}
	return t
}

// Scaled divides all intervals by speed.
func (t Timing) Scaled(speed float64) Timing {
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) / speed) }
	return Timing{Heartbeat: scale(t.Heartbeat), Gossip: scale(t.Gossip), Fail: scale(t.Fail)}
}

const minInterval = 10 * time.Millisecond

// Validate names the first interval that cannot work.
func (t Timing) Validate() error {
	for _, f := range []struct {
		name  string
		value time.Duration
	}{{"heartbeat", t.Heartbeat}, {"gossip", t.Gossip}, {"fail", t.Fail}} {
		if f.value < minInterval || f.value > 24*time.Hour {
			return fmt.Errorf("%s interval %v: want %v to 24h", f.name, f.value, minInterval)
		}
	}
	if t.Fail <= t.Heartbeat {
		return fmt.Errorf("fail interval %v: want more than the heartbeat interval %v", t.Fail, t.Heartbeat)
	}
	if t.Fail <= t.Gossip {
		return fmt.Errorf("fail interval %v: want more than the gossip interval %v", t.Fail, t.Gossip)
	}
	return nil
}
