package guard

import (
	"sync"
	"time"
)

// rates counts requests by address: each has a bucket of so many, which fills at a rate.
type rates struct {
	perSecond, burst float64
	now              func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// maxBuckets is how many addresses are remembered. A full bucket says nothing.
const maxBuckets = 4096

func newRates(perSecond, burst float64, now func() time.Time) *rates {
	return &rates{perSecond: perSecond, burst: burst, now: now, buckets: map[string]bucket{}}
}

func (r *rates) allow(address string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b, known := r.buckets[address]
	if !known {
		if len(r.buckets) >= maxBuckets {
			r.forgetFull(now)
		}
		if len(r.buckets) >= maxBuckets {
			return false // as many strangers at once are no viewers
		}
		b = bucket{r.burst, now}
	}
	b.left, b.at = min(r.burst, b.left+r.perSecond*now.Sub(b.at).Seconds()), now
	allowed := b.left >= 1
	if allowed {
		b.left--
	}
	r.buckets[address] = b
	return allowed
}

func (r *rates) forgetFull(now time.Time) {
	for address, b := range r.buckets {
		if b.left+r.perSecond*now.Sub(b.at).Seconds() >= r.burst {
			delete(r.buckets, address)
		}
	}
}
