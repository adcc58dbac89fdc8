package protocol

import "time"

// beatClock estimates when a peer sent its heartbeats. Heartbeat number h is sent
// h intervals after some base on the peer's clock, so arrival less h intervals is
// that base plus the news's delay, and the smallest such offset lately seen is
// the best guess of it.
//
// "Lately" is two windows: a base moves when the peer's clock drifts, or when the
// peer was paused and sent no heartbeats for a while, and the guess must follow.
// After a restart counting begins anew.
type beatClock struct {
	generation     int32
	last, current  time.Duration // smallest offsets of the window before and of this one
	windowEnds     time.Duration
	windowsMeasure bool // last holds something
}

// emissionWindow is how long an offset counts, at most twice, in T_fail.
const emissionWindow = 3

// observe takes one heartbeat's arrival and returns the guess of when it was sent,
// never later than now.
func (b *beatClock) observe(now time.Duration, heartbeat int32, interval, fail time.Duration) time.Duration {
	age := time.Duration(heartbeat) * interval
	offset := now - age
	switch {
	case now >= b.windowEnds+emissionWindow*fail: // nothing was heard for a whole window
		*b = beatClock{generation: b.generation, current: offset}
		b.windowEnds = now + emissionWindow*fail
	case now >= b.windowEnds:
		b.last, b.windowsMeasure = b.current, true
		b.current = offset
		b.windowEnds = now + emissionWindow*fail
	default:
		b.current = min(b.current, offset)
	}
	base := b.current
	if b.windowsMeasure {
		base = min(base, b.last)
	}
	return base + age
}

// restart moves the base to what a message of the peer's own shows, when that is
// later than the guess by more than two heartbeats: the peer was paused.
func (b *beatClock) restart(now time.Duration, heartbeat int32, interval time.Duration) {
	offset := now - time.Duration(heartbeat)*interval
	base := b.current
	if b.windowsMeasure {
		base = min(base, b.last)
	}
	if offset > base+2*interval {
		*b = beatClock{generation: b.generation, current: offset} // observe begins its window
	}
}
