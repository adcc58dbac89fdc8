package consensus

import (
	"slices"
	"strings"

	"gossiprpc/internal/gossip"
)

// cell is what an observer holds of a node: nothing said yet, clear, or suspected
// since the node's incarnation cell-2. A copied verdict is nobody's own suspicion.
type cell uint32

const (
	unsaid cell = iota
	clear
	copied
)

// since is the cell of a suspicion of a node in this incarnation.
func since(incarnation uint32) cell { return cell(incarnation) + copied }

func (c cell) suspects() bool { return c >= copied }

// report applies an observer's vector. The opinions and the renewed
// eligibility take effect together: an observer that comes back with a vector
// must not be judged by its old row for a moment.
func (s *State) report(i *node, v gossip.FaultVector) {
	at := 0
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
		if !j.reportedOn {
			j.reportedOn = true
			s.revision++
		}
		if s.mark(i, j, c.Suspected) {
			s.touched = append(s.touched, j)
		}
		if !j.named && i.fresh {
			j.named = true
			s.named++
			s.settle(j)
		}
	}
	s.views.update(i)
	i.reportedAt = s.now
	s.settle(i)
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
	switch {
	case suspected && !was.suspects():
		i.row[j.index] = since(j.incarnation)
		i.rowHash += j.hash
		if i.eligible {
			j.suspecters++
			if was == clear {
				j.vouchers--
			}
		}
		if i.voice {
			j.accusers++
			if was == clear {
				j.defenders--
			}
		}
		s.suspect(i, j)
		s.emit(Event{Kind: Suspected, Node: j.address, Observer: i.address, Incarnation: j.incarnation})
	case !suspected && was.suspects():
		i.row[j.index] = clear
		i.rowHash -= j.hash
		if i.eligible {
			j.suspecters--
			j.vouchers++
		}
		if i.voice {
			j.accusers--
			j.defenders++
		}
		unsuspect(i, j)
		wrong := was == since(j.incarnation)
		if wrong {
			s.totals.FalseSuspicions++
		}
		s.emit(Event{Kind: Cleared, Node: j.address, Observer: i.address, Incarnation: j.incarnation, False: wrong})
	default:
		if !suspected && was == unsaid {
			i.row[j.index] = clear
			if i.eligible {
				j.vouchers++
				s.revision++
			}
			if i.voice {
				j.defenders++
			}
			return true
		}
		return false
	}
	return true
}

// weigh adds an observer's row to the columns' counts, or takes it out.
func (s *State) weigh(i *node, by int) {
	for at, c := range i.row {
		j := s.nodes[at]
		switch {
		case c == unsaid:
			continue
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
