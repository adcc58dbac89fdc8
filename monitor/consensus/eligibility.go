package consensus

import (
	"container/heap"
	"slices"
	"time"
)

// NextDeadline is the instant at which something changes if nothing is heard:
// a heartbeat, a report or a last word gets too old, or a verdict has waited
// long enough. False if there is none.
func (s *State) NextDeadline() (time.Time, bool) {
	due, ok := s.verdictDue()
	if len(s.deadlines) > 0 && (!ok || s.deadlines[0].deadline.Before(due)) {
		return s.deadlines[0].deadline, true
	}
	return due, ok
}

// advance makes happen what falls due until now, each at its own instant.
func (s *State) advance(now time.Time) {
	for {
		due, ok := s.NextDeadline()
		if !ok || due.After(now) {
			return
		}
		s.now = due
		for len(s.deadlines) > 0 && !s.deadlines[0].deadline.After(s.now) {
			s.settle(s.deadlines[0])
		}
		s.conclude()
		s.agree()
	}
}

// settle finds what n's heartbeats and reports make it at this instant. It
// judges nobody: all that falls due at one instant falls together, so that no
// verdict is made of half of it.
func (s *State) settle(n *node) {
	heard := n.heartbeatAt
	if n.registeredAt.After(heard) {
		heard = n.registeredAt
	}
	fresh, recent, silent := s.within(n.heartbeatAt), s.within(n.reportedAt), !s.within(heard)
	if young := s.within(n.registeredAt); young != n.young {
		n.young, s.changed = young, true
	}
	if fresh != n.fresh {
		n.fresh = fresh
		s.revision++
		s.views.update(n)
	}
	if silent != n.silent {
		n.silent = silent
		kind := Beating
		if silent {
			kind = Silent
			n.silentSince = s.now
		}
		s.emit(Event{Kind: kind, Node: n.address, Incarnation: n.incarnation})
	}
	if eligible := fresh && recent && n.named; eligible != n.eligible {
		s.setEligible(n, eligible)
	}
	n.deadline = time.Time{}
	for _, d := range []struct {
		runs bool
		due  time.Time
	}{
		{fresh, n.heartbeatAt.Add(s.fail)},
		{recent, n.reportedAt.Add(s.fail)},
		{!silent, heard.Add(s.fail)},
		{n.young, n.registeredAt.Add(s.fail)},
		{s.lingers(n), n.ceasedAt.Add(s.fail / 2)},
	} {
		if d.runs && (n.deadline.IsZero() || d.due.Before(n.deadline)) {
			n.deadline = d.due
		}
	}
	s.deadlines.put(n)
}

// within tells whether an instant is under T_fail ago; the zero instant never is.
func (s *State) within(t time.Time) bool {
	return !t.IsZero() && s.now.Sub(t) < s.fail
}

// setEligible notes whether n's opinion counts from now on. Who ceases to be
// eligible keeps its voice until lend decides.
func (s *State) setEligible(n *node, eligible bool) {
	s.weigh(n, -1)
	kind := Eligible
	if eligible {
		s.eligible++
		s.quiet = slices.DeleteFunc(s.quiet, func(o *node) bool { return o == n })
		if !n.voice {
			s.voices++
		}
		n.voice = true
	} else {
		kind = Ineligible
		s.eligible--
		n.ceasedAt = s.now
		s.quiet = append(s.quiet, n)
	}
	n.eligible, s.changed = eligible, true
	s.weigh(n, +1)
	s.emit(Event{Kind: kind, Node: n.address, Incarnation: n.incarnation})
}

// setVoice notes whether the last words of n, which is not eligible, count.
func (s *State) setVoice(n *node, voice bool) {
	if voice == n.voice {
		return
	}
	s.weigh(n, -1)
	n.voice, s.changed = voice, true
	s.weigh(n, +1)
	if voice {
		s.voices++
	} else {
		s.voices--
	}
}

// deadlines is a heap of nodes by the instant at which they next change.
type deadlines []*node

func (d *deadlines) put(n *node) {
	switch {
	case n.deadline.IsZero():
		d.drop(n)
	case n.slot < 0:
		heap.Push(d, n)
	default:
		heap.Fix(d, n.slot)
	}
}

func (d *deadlines) drop(n *node) {
	if n.slot >= 0 {
		heap.Remove(d, n.slot)
	}
}

func (d deadlines) Len() int { return len(d) }

func (d deadlines) Less(i, j int) bool {
	if d[i].deadline.Equal(d[j].deadline) {
		return d[i].address < d[j].address // the same order in every run
	}
	return d[i].deadline.Before(d[j].deadline)
}

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].slot, d[j].slot = i, j
}

func (d *deadlines) Push(x any) {
	n := x.(*node)
	n.slot = len(*d)
	*d = append(*d, n)
}

func (d *deadlines) Pop() any {
	old := *d
	n := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	n.slot = -1
	return n
}
