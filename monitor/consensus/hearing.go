package consensus

import (
	"fmt"
	"slices"
	"time"
)

// Hearing is how much of the cluster the monitor hears.
type Hearing struct {
	Hears int       // nodes whose opinion counts now
	Of    int       // these, and those that fell silent and are not declared failed
	Deaf  bool      // it hears fewer than half of them
	Since time.Time // when Deaf last changed; zero: never
}

// String says it as people are told, for example "deaf: hears 1 of 8".
func (h Hearing) String() string {
	text := fmt.Sprintf("hears %d of %d", h.Hears, h.Of)
	if h.Deaf {
		return "deaf: " + text
	}
	return text
}

// hearing is what the State keeps of it.
type hearing struct {
	unheard int // nodes that were eligible and are not now: see missed
	lost    int // those of them that some eligible observer vouches for
	deaf    bool
	changed time.Time // when deaf last changed
	since   time.Time // since when the monitor hears; zero while it does not
}

// Hearing tells how much the monitor hears now.
func (s *State) Hearing() Hearing {
	return Hearing{Hears: s.eligible, Of: s.eligible + s.hearing.unheard, Deaf: s.hearing.deaf, Since: s.hearing.changed}
}

// DeafSince tells whether the monitor has been deaf at any time since t.
func (s *State) DeafSince(t time.Time) bool {
	return s.hearing.deaf || s.hearing.changed.After(t)
}

// listen finds out whether the monitor hears enough to judge. It hears while
// at least half of the nodes that are not declared failed are eligible.
func (s *State) listen() {
	h := &s.hearing
	h.unheard, h.lost = 0, 0
	for _, n := range s.quiet {
		if !s.missed(n) {
			continue
		}
		h.unheard++
		if n.vouchers > 0 {
			h.lost++
		}
	}
	if deaf := s.eligible < h.unheard; deaf != h.deaf {
		h.deaf, h.changed = deaf, s.now
		kind := Hears
		if deaf {
			kind = Deaf
		}
		s.emit(Event{Kind: kind, Why: s.Hearing().String()})
	}
	switch hears := s.eligible > 0 && !h.deaf; {
	case !hears:
		h.since = time.Time{}
	case h.since.IsZero():
		h.since = s.now
	}
}

// missed tells whether n, which is not eligible any more, is a node that the monitor ought
// to hear: it is not declared failed, and at least half of the eligible have an opinion of
// it. Anybody can have a few nodes know a name for a while; in a cluster that has joined
// everybody has an opinion of everybody.
func (s *State) missed(n *node) bool { return !n.failed && s.wellKnown(n) }

// wellKnown tells whether at least half of the eligible have an opinion of n, which is none of
// them.
func (s *State) wellKnown(n *node) bool { return 2*(n.suspecters+n.vouchers) >= s.eligible }

// strangers tells whether a node's last vector names somebody who has yet to call the
// monitor.
func (s *State) strangers() bool {
	return slices.ContainsFunc(s.nodes, func(n *node) bool { return n.stranger })
}

// looksDead tells whether n sends nothing, and the eligible observers agree that it has
// failed.
func (s *State) looksDead(n *node) bool {
	return n.silent && s.condemned(n, n.suspecters, n.vouchers, s.others(n), isEligible)
}
