package consensus

import (
	"slices"
	"strings"

	"gossiprpc/internal/gossip"
)

// cell is what an observer holds of a node: nothing, clear, or suspected since the node's
// incarnation cell-3. A copied verdict is nobody's own suspicion; it is an adopted one
// once the observer has said the same.
type cell uint32

const (
	unsaid cell = iota
	clear
	copied
	adopted
)

// since is the cell of a suspicion of a node in this incarnation.
func since(incarnation uint32) cell { return cell(incarnation) + adopted }

func (c cell) suspects() bool { return c >= copied }

// report applies an observer's vector, which is all that it thinks: of whom the vector leaves
// out it has no opinion any more. The opinions and the renewed eligibility take effect
// together: an observer that comes back with a vector must not be judged by its old row for a
// moment.
func (s *State) report(i *node, v gossip.FaultVector) {
	at, said := 0, 0
	i.stranger = false
	for _, c := range v {
		// Most vectors name all nodes, so each cell is about the next one.
		if at == len(s.order) || s.order[at].address != c.Address {
			at = s.placeOf(c.Address)
		}
		if at == len(s.order) || s.order[at].address != c.Address {
			i.stranger = true
			continue
		}
		j := s.order[at].node
		at++
		if j == i {
			continue
		}
		said++
		if !j.reportedOn {
			j.reportedOn = true
			s.revision++
		}
		if s.mark(i, j, c.Suspected) {
			s.touched = append(s.touched, j)
		}
		if !j.named && i.fresh {
			j.named = true
			s.settle(j)
		}
	}
	s.withdraw(i, v, said)
	s.views.update(i)
	i.reportedAt = s.now
	s.settle(i)
}

// withdraw takes i's opinions of those back whom its vector, which has so many others that are
// known, leaves out.
func (s *State) withdraw(i *node, v gossip.FaultVector, said int) {
	for _, c := range i.row {
		if c != unsaid {
			said--
		}
	}
	if said >= 0 {
		return // all that it has an opinion of are named
	}
	named := make(map[gossip.Address]bool, len(v))
	for _, c := range v {
		named[c.Address] = true
	}
	for at, c := range i.row {
		j := s.nodes[at]
		if c == unsaid || c == copied || named[j.address] {
			continue
		}
		i.row[at], i.bits = unsaid, nil
		s.sway(i, j, c, -1)
		if c.suspects() {
			i.rowHash -= j.hash
			unsuspect(i, j)
		}
		s.touched = append(s.touched, j)
		s.emit(Event{Kind: Withdrawn, Node: j.address, Observer: i.address, Incarnation: j.incarnation})
	}
}

// place is a node in the order of addresses.
type place struct {
	address gossip.Address
	node    *node
}

// placeOf is where an address is, or would be, in the order of addresses.
func (s *State) placeOf(a gossip.Address) int {
	i, _ := slices.BinarySearchFunc(s.order, a, func(p place, a gossip.Address) int {
		return strings.Compare(string(p.address), string(a))
	})
	return i
}

// mark notes i's opinion of j and tells whether it is another one, or the first.
func (s *State) mark(i, j *node, suspected bool) bool {
	was := i.row[j.index]
	is := clear
	switch {
	case suspected && was == copied:
		i.row[j.index] = adopted
		return false
	case suspected && was.suspects() || !suspected && was == clear:
		return false
	case suspected:
		is = since(j.incarnation)
	}
	i.row[j.index], i.bits = is, nil
	s.sway(i, j, was, -1)
	s.sway(i, j, is, +1)
	switch {
	case suspected:
		i.rowHash += j.hash
		s.suspect(i, j)
		s.emit(Event{Kind: Suspected, Node: j.address, Observer: i.address, Incarnation: j.incarnation})
	case was.suspects():
		i.rowHash -= j.hash
		unsuspect(i, j)
		wrong := was == since(j.incarnation)
		if wrong {
			s.totals.FalseSuspicions++
		}
		s.emit(Event{Kind: Cleared, Node: j.address, Observer: i.address, Incarnation: j.incarnation, False: wrong})
	case i.eligible:
		s.revision++
	}
	return true
}

// weigh adds an observer's row to the columns' counts, or takes it out.
func (s *State) weigh(i *node, by int) {
	for at, c := range i.row {
		s.sway(i, s.nodes[at], c, by)
	}
}

// sway adds what i holds of j to the counts of j's column, or takes it out.
func (s *State) sway(i, j *node, c cell, by int) {
	switch {
	case c == unsaid:
		return
	case i.eligible && c.suspects():
		j.suspecters += by
	case i.eligible:
		j.vouchers += by
	}
	switch {
	case i.voice && c.suspects():
		j.accusers += by
	case i.voice:
		j.defenders += by
	}
}

// others counts the eligible observers of j: never j itself.
func (s *State) others(j *node) int {
	if j.eligible {
		return s.eligible - 1
	}
	return s.eligible
}

// Reason is why a verdict is what it is. With Missing and Suspecting both
// empty no other observer is eligible, and the last verdict stands.
type Reason struct {
	Node       gossip.Address
	Failed     bool
	Suspecting []gossip.Address // eligible observers that suspect it
	Missing    []gossip.Address // eligible observers that do not: what is missing for a verdict of failure
	Mute       []gossip.Address // others: their opinion does not count now, or they have none and are not needed
}

// Reason explains the verdict about a; false if a is unknown.
func (s *State) Reason(a gossip.Address) (Reason, bool) {
	j, ok := s.index[a]
	if !ok {
		return Reason{}, false
	}
	return s.reason(j), true
}

func (s *State) reason(j *node) Reason {
	r := Reason{Node: j.address, Failed: j.failed}
	enough := 2*(j.suspecters+j.vouchers) >= s.others(j)
	for _, i := range s.nodes {
		switch {
		case i == j:
		case !i.eligible || enough && i.row[j.index] == unsaid && !i.young:
			r.Mute = append(r.Mute, i.address)
		case i.row[j.index].suspects():
			r.Suspecting = append(r.Suspecting, i.address)
		default:
			r.Missing = append(r.Missing, i.address)
		}
	}
	return r
}
