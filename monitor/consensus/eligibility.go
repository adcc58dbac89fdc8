package consensus

import (
	"container/heap"
	"time"
)

// NextDeadline is the instant at which something changes if nothing is heard:
// a heartbeat or a report gets T_fail old. False if there is none.
func (s *State) NextDeadline() (time.Time, bool) {
	if len(s.deadlines) == 0 {
		return time.Time{}, false
	}
	return s.deadlines[0].deadline, true
}

// advance makes happen what falls due until now, each at its own instant.
func (s *State) advance(now time.Time) {
	for len(s.deadlines) > 0 && !s.deadlines[0].deadline.After(now) {
		s.now = s.deadlines[0].deadline
		for len(s.deadlines) > 0 && !s.deadlines[0].deadline.After(s.now) {
			s.settle(s.deadlines[0])
		}
		s.judgeAll()
		s.agree()
	}
}

// renew settles what n's heartbeats and reports make it at this instant, and
// judges all if its opinion counts now and did not before, or the reverse.
func (s *State) renew(n *node) bool {
	changed := s.settle(n)
	if changed {
		s.judgeAll()
	}
	return changed
}

// settle is renew without judging, for all that fall due at one instant: they
// fall together, so that no verdict is made of half of them.
func (s *State) settle(n *node) bool {
	heard := n.heartbeatAt
	if n.registeredAt.After(heard) {
		heard = n.registeredAt
	}
	fresh, recent, silent := s.within(n.heartbeatAt), s.within(n.reportedAt), !s.within(heard)
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
		}
		s.emit(Event{Kind: kind, Node: n.address, Incarnation: n.incarnation})
	}
	n.deadline = time.Time{}
	for _, d := range []struct {
		runs bool
		from time.Time
	}{{fresh, n.heartbeatAt}, {recent, n.reportedAt}, {!silent, heard}} {
		if due := d.from.Add(s.fail); d.runs && (n.deadline.IsZero() || due.Before(n.deadline)) {
			n.deadline = due
		}
	}
	s.deadlines.put(n)
	if eligible := fresh && recent; eligible != n.eligible {
		s.setEligible(n, eligible)
		return true
	}
	return false
}

// within tells whether an instant is under T_fail ago; the zero instant never is.
func (s *State) within(t time.Time) bool {
	return !t.IsZero() && s.now.Sub(t) < s.fail
}

func (s *State) setEligible(n *node, eligible bool) {
	n.eligible = eligible
	kind, by := Eligible, +1
	if !eligible {
		kind, by = Ineligible, -1
	}
	s.eligible += by
	s.weigh(n, by)
	s.emit(Event{Kind: kind, Node: n.address, Incarnation: n.incarnation})
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
