package admission

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

const (
	quietFor   = time.Minute // between two lines about one caller
	maxCallers = 1024        // that have lines of their own; all others share one
)

// refusals logs who was refused, each caller once a minute. It is safe for many
// goroutines.
type refusals struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	said map[netip.Addr]*refusal
}

// refusal is a caller's latest line.
type refusal struct {
	at   time.Time
	more int // refused since
}

func newRefusals(log *slog.Logger, now func() time.Time) *refusals {
	return &refusals{log: log, now: now, said: map[netip.Addr]*refusal{}}
}

func (r *refusals) add(caller netip.Addr, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	last := r.said[caller]
	if last == nil && len(r.said) >= maxCallers {
		r.forget(now)
		if len(r.said) >= maxCallers {
			caller = netip.Addr{}
			last = r.said[caller]
		}
	}
	if last != nil && now.Sub(last.at) < quietFor {
		last.more++
		return
	}
	who := caller.String()
	if !caller.IsValid() {
		who = "others"
	}
	args := []any{"caller", who, "why", why}
	if last != nil && last.more > 0 {
		args = append(args, "more_since_last", last.more)
	}
	r.said[caller] = &refusal{at: now}
	r.log.Log(context.Background(), slog.LevelWarn, "refused", args...)
}

// forget makes room of callers that were quiet for a minute.
func (r *refusals) forget(now time.Time) {
	for caller, last := range r.said {
		if now.Sub(last.at) >= quietFor {
			delete(r.said, caller)
		}
	}
}
