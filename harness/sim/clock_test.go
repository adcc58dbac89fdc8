package sim

import (
	"testing"
	"time"
)

// TestDue: the instant answered is the first at which a drifting clock has
// reached the deadline.
func TestDue(t *testing.T) {
	for _, ppm := range []int64{0, 1, -1, 250, -250, 40_000, -40_000} {
		c := clock{epoch: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), ppm: ppm}
		for _, now := range []int64{0, 1, 999_999_999, 7_123_456_789_012} {
			for _, after := range []time.Duration{1, time.Microsecond, time.Second, time.Hour} {
				deadline := c.read(now).Add(after)
				at := c.due(now, deadline)
				if c.read(at).Before(deadline) {
					t.Errorf("%d ppm, from %d, %v: not reached at %d", ppm, now, after, at)
				}
				if at > now && !c.read(at-1).Before(deadline) && ppm >= 0 {
					t.Errorf("%d ppm, from %d, %v: reached before %d", ppm, now, after, at)
				}
			}
			if at := c.due(now, c.read(now)); at != now {
				t.Errorf("%d ppm: a deadline that has passed is due at %d, not at %d", ppm, at, now)
			}
		}
	}
}
