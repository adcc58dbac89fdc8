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
