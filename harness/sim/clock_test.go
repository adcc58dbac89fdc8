package sim

import (
	"testing"
	"time"
)

// TestInstant guards the layout of time.Time that instant relies on.
func TestInstant(t *testing.T) {
	wall := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	a, b := instant(wall.UnixNano(), 0), instant(wall.UnixNano()-int64(time.Hour), int64(3*time.Second))
	if !a.Equal(wall) || a.Format(time.RFC3339Nano) != wall.Format(time.RFC3339Nano) {
		t.Errorf("wall time reads %v, want %v", a, wall)
	}
	if d := b.Sub(a); d != 3*time.Second {
		t.Errorf("the wall clock was set back: %v have passed by the monotonic one, want 3s", d)
	}
	if d := a.Add(time.Second); d.UnixNano() != wall.UnixNano()+1e9 || d.Sub(a) != time.Second {
		t.Errorf("one second later is %v", d)
	}
	if got := a.Round(0).Sub(b.Round(0)); got != time.Hour {
		t.Errorf("without their monotonic readings they are %v apart, want 1h", got)
	}
}

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
