package sim

import (
	"time"

	"gossiprpc/internal/instant"
)

// clock is what one machine takes for the time. Both its clocks run at the same
// rate; only the wall clock can be set.
type clock struct {
	epoch  int64 // wall time at virtual time 0, Unix nanoseconds
	offset int64 // of the wall clock, nanoseconds; changes when it is set
	ppm    int64 // how much faster than virtual time it runs, millionths
}

// monotonic is the machine's uptime at virtual time t, in nanoseconds.
func (c clock) monotonic(t int64) int64 { return t + t/1_000_000*c.ppm + t%1_000_000*c.ppm/1_000_000 }

// read is the machine's time at virtual time t. It carries a monotonic reading,
// as time.Now's does, so that a set wall clock does not move what is timed.
func (c clock) read(t int64) time.Time {
	uptime := c.monotonic(t)
	return instant.At(c.epoch+c.offset+uptime, uptime, time.UTC)
}

// due is the first virtual time, not before now, at which the machine's
// monotonic clock has reached deadline.
func (c clock) due(now int64, deadline time.Time) int64 {
	left := int64(deadline.Sub(c.read(now)))
	if left <= 0 {
		return now
	}
	at := now + left
	if c.ppm == 0 {
		return at
	}
	at = now + int64(float64(left)/(1+float64(c.ppm)/1e6))
	goal := c.monotonic(now) + left
	for c.monotonic(at) >= goal && at > now {
		at -= 1000
	}
	for c.monotonic(at) < goal {
		at++
	}
	return at
}
