package instant_test

import (
	"testing"
	"time"

	"gossiprpc/internal/instant"
)

// TestAt guards the layout of time.Time that At relies on.
func TestAt(t *testing.T) {
	wall := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	a := instant.At(wall.UnixNano(), 0, time.UTC)
	b := instant.At(wall.UnixNano()-int64(time.Hour), int64(3*time.Second), time.UTC)
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
	if c := time.Unix(0, wall.UnixNano()).UTC(); a.Location() != c.Location() {
		t.Errorf("location %v, want %v", a.Location(), c.Location())
	}
	c := instant.At(wall.UnixNano(), 1, time.FixedZone("X", 7200))
	if got := c.Format(time.DateTime + " MST"); got != "2026-03-04 07:06:07 X" || c.Sub(b) != 1-3*time.Second {
		t.Errorf("in another zone it is %s, %v after b", got, c.Sub(b))
	}
}

func TestAtKeepsItsRange(t *testing.T) {
	for _, wall := range []int64{0, 1, instant.Latest} {
		if got := instant.At(wall, -5, time.UTC).UnixNano(); got != wall {
			t.Errorf("wall time %d reads %d", wall, got)
		}
	}
	for _, wall := range []int64{-1, instant.Latest + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("wall time %d was taken", wall)
				}
			}()
			instant.At(wall, 0, time.UTC)
		}()
	}
}
