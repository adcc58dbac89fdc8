package machine

import (
	"math/rand/v2"
	"time"
)

// Waits are the growing waits between tries of something that fails: half of
// First, half as much more each time, at most five times First, and each a fifth
// more or less by chance.
type Waits struct {
	First time.Duration
	next  time.Duration // without chance; 0: the first one
}

// Next is how long to wait now.
func (w *Waits) Next(r *rand.Rand) time.Duration {
	if w.next == 0 {
		w.next = w.First / 2
	}
	d := time.Duration(float64(w.next) * (0.8 + 0.4*r.Float64()))
	w.next = min(w.next*3/2, 5*w.First)
	return d
}

// Reset begins anew, after a success.
func (w *Waits) Reset() { w.next = 0 }
