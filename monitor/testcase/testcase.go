// Package testcase decides when one of the three test cases is over and what
// its result says.
//
// In go the monitor's consensus.State, the time, and the bound within which
// every verdict must be right; out come the result, what is still missing, and
// the texts that the original writes. It is pure: no clock, no files, no
// goroutine. The rules are decisions 8, 9, 10 and 14 of docs/DECISIONS.md.
//
// A case ends on truth: enough victims (or a revived node), and no verdict in
// the cluster that heartbeats contradict. A contradiction delays the end by at
// most the bound; then the case ends and lists it as disputed.
package testcase

import (
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Case is a test case by its number in the menu.
type Case int

const (
	Single       Case = 1 // at least one victim
	Simultaneous Case = 2 // at least two
	Revival      Case = 3 // at least one that had failed is alive in a new incarnation
)

// Title is the original's name for the case.
func (c Case) Title() string {
	switch c {
	case Single:
		return "Test Case for Single Node failure"
	case Simultaneous:
		return "Test Case for Simultaneous Failure"
	case Revival:
		return "Test Case for Dead Node becomes Alive"
	}
	return "unknown test case"
}

func (c Case) needs() int {
	if c == Simultaneous {
		return 2
	}
	return 1
}

// Setup is what a case needs to know of the cluster and its result repeats.
type Setup struct {
	Protocol                string // its name; empty: unknown
	Heartbeat, Gossip, Fail time.Duration
	Aligned                 bool
	Seed                    *int64 // of the cluster's random sources; nil: unknown
	Labels                  map[string]string
	// Bound is how long after a death or a revival a verdict may still be
	// wrong, in a cluster of so many nodes of which so many are dead.
	Bound func(nodes, deaths int) time.Duration
}

// Memory is what earlier cases have ended with: each failure of a node counts
// once, and so does each revival. A failure lasts from falling silent to being
// heard again: a node that was paused or cut off, came back, and then dies counts
// twice. The zero value remembers nothing.
type Memory struct {
	victims map[gossip.Address]time.Time // when the node had fallen silent
	revived map[gossip.Address]time.Time // when its verdict of failure was taken back
}

func (m *Memory) add(c Case, n consensus.Node) {
	of, episode := &m.victims, n.SilentSince
	if c == Revival {
		of, episode = &m.revived, n.ClearedAt
	}
	if *of == nil {
		*of = map[gossip.Address]time.Time{}
	}
	(*of)[n.Address] = episode
}

// Run is one case from its menu entry to its end. It is not safe for use by
// several goroutines.
type Run struct {
	kind   Case
	setup  Setup
	memory *Memory
	began  time.Time
	before consensus.Totals

	seen     uint64 // the revision last looked at
	enough   bool   // enough victims, or a revived node
	since    time.Time
	deadline time.Time // when the case ends even if a verdict is disputed
}

// Begin starts a case at the menu entry. memory is shared by all cases of one
// monitor; a case that is dropped without an end leaves no trace in it.
func Begin(now time.Time, c Case, s *consensus.State, memory *Memory, setup Setup) *Run {
	return &Run{kind: c, setup: setup, memory: memory, began: now, before: s.Totals(), seen: s.Revision() - 1}
}

// Case is which case it is.
func (r *Run) Case() Case { return r.kind }

// Began is the time of the menu entry.
func (r *Run) Began() time.Time { return r.began }

// Identify tells the case its cluster's protocol when that was not known at the
// beginning, with the protocol's own bound.
func (r *Run) Identify(protocol string, bound func(nodes, deaths int) time.Duration) {
	r.setup.Protocol, r.setup.Bound = protocol, bound
	r.seen-- // the bound is another one: look again
}

// Next is when Check must be called even if nothing is heard; false if not at
// all. consensus.State.NextDeadline comes on top of it.
func (r *Run) Next() (time.Time, bool) { return r.deadline, r.enough }

// Check is called after every Step of s, and at Next. It tells whether the case
// is over, and if so its result; after that the Run is spent.
func (r *Run) Check(now time.Time, s *consensus.State) (Result, bool) {
	if s.Revision() == r.seen && (!r.enough || now.Before(r.deadline)) {
		return Result{}, false
	}
	r.seen = s.Revision()
	f := r.assess(s)
	enough := len(f.counted) >= r.kind.needs()
	if !r.enough {
		r.since = now
	}
	r.enough = enough
	r.deadline = r.since.Add(f.bound)
	if !enough || len(f.disputed) > 0 && now.Before(r.deadline) {
		return Result{}, false
	}
	for _, n := range f.counted {
		r.memory.add(r.kind, n)
	}
	return r.result(now, s, f), true
}

// findings is what the cluster looks like to a case.
type findings struct {
	counted  []consensus.Node // victims; in case 3 the revived
	disputed []consensus.Node // the verdict and the heartbeats say different things
	dead     int
	bound    time.Duration
}

func (r *Run) assess(s *consensus.State) findings {
	var f findings
	for i := range s.Len() {
		n := s.At(i)
		if r.counts(n) {
			f.counted = append(f.counted, n)
		}
		if disputed(n) {
			f.disputed = append(f.disputed, n)
		}
		if n.Failed || n.Silent {
			f.dead++
		}
	}
	f.bound = r.setup.Bound(s.Len(), f.dead)
	return f
}

func (r *Run) counts(n consensus.Node) bool {
	if r.kind == Revival {
		return r.revived(n)
	}
	return n.Failed && n.Silent && !r.memory.victims[n.Address].Equal(n.SilentSince)
}

// revived: it was failed when the case began, or at most T_fail before, or has
// failed since; and is back in a later incarnation than the one that failed.
func (r *Run) revived(n consensus.Node) bool {
	return !n.Failed && n.Beating &&
		n.Incarnation > n.FailedIncarnation &&
		!n.ClearedAt.Before(r.began.Add(-r.setup.Fail)) &&
		!r.memory.revived[n.Address].Equal(n.ClearedAt)
}

// disputed: heartbeats are fresh and yet it is failed, or have ended and yet it
// is alive.
func disputed(n consensus.Node) bool { return n.Failed && n.Fresh || !n.Failed && ceased(n) }

// ceased tells whether a node is silent and somebody could say that it is dead. Nothing
// can be concluded of one that no observer has ever reported on, nor, while there are
// observers whose opinion counts, of one that none of them has an opinion of: they began
// when it was dead, and will never hear of it.
func ceased(n consensus.Node) bool {
	return n.Silent && n.ReportedOn && (n.Opinions > 0 || n.Observers == 0)
}
