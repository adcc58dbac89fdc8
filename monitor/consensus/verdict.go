package consensus

import (
	"slices"
	"time"
)

// conclude draws the conclusions of one instant. All nodes are judged by the
// same voices; a verdict of failure takes the node's own voice away, so that it
// may lead to another round.
func (s *State) conclude() {
	for again := true; again; {
		s.lend()
		s.listen()
		again = false
		judged := s.nodes
		if !s.changed {
			judged = append(s.touched, s.pending...)
		}
		for _, j := range judged {
			again = s.judge(j) || again
		}
		s.changed, s.touched = false, s.touched[:0]
		s.pending = slices.DeleteFunc(s.pending, func(j *node) bool { return j.accordAt.IsZero() })
	}
}

// lend lets the last words of nodes that have just fallen silent count for half
// of T_fail more, and takes the voices of those away that look dead.
func (s *State) lend() {
	for _, n := range s.quiet {
		s.setVoice(n, !n.failed && s.lingers(n) && !s.looksDead(n))
	}
}

// lingers tells whether n ceased to be eligible less than half of T_fail ago.
func (s *State) lingers(n *node) bool {
	return !n.eligible && !n.ceasedAt.IsZero() && s.now.Sub(n.ceasedAt) < s.fail/2
}

// condemned tells whether observers agree that j has failed: of so many, so many suspect it and
// nobody says that it lives. Who has no opinion holds nothing up while at least half have
// one, except for T_fail from its registering. In that time a node that lives is heard of.
// A dead one, whom it has never heard of itself, it may have no opinion of for much longer.
// counts tells whether a node is one of these observers.
func (s *State) condemned(j *node, suspecting, vouching, of int, counts func(*node) bool) bool {
	if suspecting == 0 || vouching > 0 || 2*suspecting < of {
		return false
	}
	return suspecting == of || !slices.ContainsFunc(s.nodes, func(i *node) bool {
		return i != j && counts(i) && i.row[j.index] == unsaid && i.young
	})
}

func isEligible(n *node) bool { return n.eligible }

func isVoice(n *node) bool { return n.voice }

// accusable counts the voices that may accuse j: never its own.
func (s *State) accusable(j *node) int {
	if j.voice {
		return s.voices - 1
	}
	return s.voices
}

// judge gives or takes back the verdict about j, and tells whether it did.
func (s *State) judge(j *node) bool {
	if j.failed {
		if j.vouchers == 0 {
			return false
		}
		s.acquit(j)
		return true
	}
	if s.others(j) == 0 || !s.condemned(j, j.accusers, j.defenders, s.accusable(j), isVoice) {
		j.accordAt = time.Time{}
		return false
	}
	if j.accordAt.IsZero() {
		j.accordAt = s.now
		s.pending = append(s.pending, j)
	}
	if !s.proven(j) {
		return false
	}
	s.convict(j)
	return true
}

// proven tells whether the accord about j makes a verdict.
//
// The monitor must hear two thirds of the nodes that live, as far as it can
// tell: all but those that fell silent though some observer vouches for them.
// One that it does not hear is no hindrance. And it must have heard at least half
// of all, the dead included, for long enough (see ready); or else the accord must
// have lasted for the detection bound, while j was silent. A lone voice convicts
// only a node that the monitor does not hear either: single observers are often
// wrong.
func (s *State) proven(j *node) bool {
	if s.hearing.lost > max(1, s.eligible/2) || !s.simultaneous(j) || j.accusers == 1 && !j.silent {
		return false
	}
	if ready, ok := s.ready(); ok && !s.now.Before(ready) {
		return true
	}
	return j.silent && !s.now.Before(j.accordAt.Add(s.patience()))
}

// ready is when the monitor will have heard for long enough: for T_fail from its start, in
// which all nodes report; or for the detection bound, once it has been deaf, or while it
// has been restarted and not all have come back, as observers tell by naming strangers:
// those may be the only ones to vouch for a node, and come late. False while it does not
// hear.
func (s *State) ready() (time.Time, bool) {
	h := &s.hearing
	if h.since.IsZero() {
		return time.Time{}, false
	}
	wait := s.fail
	if !h.changed.IsZero() || s.strangers() {
		wait = s.patience()
	}
	return h.since.Add(wait), true
}

// simultaneous tells whether the words about j are of one time. Who suspected j
// long ago may have heard of it since, so everyone must have reported at most
// half of T_fail before the accord, or since. Those whom the others agree to have
// failed are not waited for: they die at the same time as j.
func (s *State) simultaneous(j *node) bool {
	oldest := j.accordAt.Add(-s.fail / 2)
	for _, i := range s.nodes {
		if i.voice && i != j && i.reportedAt.Before(oldest) && !s.shunned(i, j) {
			return false
		}
	}
	return true
}

// shunned tells whether the eligible observers but j agree that i has failed.
func (s *State) shunned(i, j *node) bool {
	others, suspecting, vouching := s.others(i), i.suspecters, i.vouchers
	if j.eligible {
		others--
		switch c := j.row[i.index]; {
		case c.suspects():
			suspecting--
		case c == clear:
			vouching--
		}
	}
	return s.condemned(i, suspecting, vouching, others, func(o *node) bool { return o != j && o.eligible })
}

// patience is the detection bound for as many nodes and deaths as there are: the eligible, and
// whom at least half of them have an opinion of. Other names are hardly part of any ring, and
// whoever invents them must not make it longer.
func (s *State) patience() time.Duration {
	dead := 0
	for _, n := range s.nodes {
		if !n.eligible && s.wellKnown(n) {
			dead++
		}
	}
	return s.bound(s.eligible+dead, dead)
}

// verdictDue is the next instant at which time alone may make a verdict.
func (s *State) verdictDue() (due time.Time, ok bool) {
	if len(s.pending) == 0 {
		return time.Time{}, false
	}
	consider := func(t time.Time) {
		if t.After(s.now) && (!ok || t.Before(due)) {
			due, ok = t, true
		}
	}
	if ready, hears := s.ready(); hears {
		consider(ready)
	}
	patience := s.patience()
	for _, j := range s.pending {
		consider(j.accordAt.Add(patience))
	}
	return due, ok
}

func (s *State) convict(j *node) {
	reason := s.reason(j)
	j.failed, j.accordAt = true, time.Time{}
	j.failedAt, j.failedSuspicion, j.failedIncarnation = s.now, j.suspectedAt(), j.incarnation
	if j.failedSuspicion.IsZero() {
		j.failedSuspicion = s.now // all suspicions are older: whose opinion counts has changed
	}
	s.emit(Event{Kind: Failed, Node: j.address, Incarnation: j.incarnation, Observers: reason.Suspecting})
	s.views.update(j)
}

func (s *State) acquit(j *node) {
	j.failed, j.clearedAt = false, s.now
	wrong := j.failedIncarnation == j.incarnation
	if wrong {
		s.totals.FalseFailures++
	}
	s.emit(Event{Kind: Alive, Node: j.address, Incarnation: j.incarnation, Observers: s.reason(j).Missing, False: wrong})
	s.views.update(j)
}
