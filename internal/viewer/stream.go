package viewer

import (
	"net/netip"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// Stream is a stream as it comes into being: it gives nodes their indices, and
// keeps time from going back. It belongs to one goroutine.
type Stream struct {
	put   func(at time.Duration, e Event)
	at    time.Duration
	index map[gossip.Address]int
	nodes []Node
	calls uint64
}

// NewStream has put take each event, in order.
func NewStream(put func(at time.Duration, e Event)) *Stream {
	return &Stream{put: put, index: map[gossip.Address]int{}}
}

// Put adds an event. A time before an earlier one counts as that one.
func (s *Stream) Put(at time.Duration, e Event) {
	s.at = max(s.at, at)
	s.put(s.at, e)
}

// Name adds a node under the name that people give it, unless it is known.
func (s *Stream) Name(at time.Duration, a gossip.Address, name string) int {
	if i, ok := s.index[a]; ok {
		return i
	}
	n := Node{Index: len(s.nodes), Name: name, Address: string(a), Ring: len(s.nodes)}
	s.index[a] = n.Index
	s.nodes = append(s.nodes, n)
	s.Put(at, n)
	return n.Index
}

// Node is the index of an address; one that has no name yet gets its [NameOf].
func (s *Stream) Node(at time.Duration, a gossip.Address) int { return s.Name(at, a, NameOf(a)) }

// NameOf is what an address is called of which no other name is known: the part before
// its port, unless that is a number, which all nodes of a machine may share.
func NameOf(a gossip.Address) string {
	name := a.Name()
	if _, err := netip.ParseAddr(name); err == nil {
		return string(a)
	}
	return name
}

// Nodes are the indices of addresses.
func (s *Stream) Nodes(at time.Duration, as []gossip.Address) []int {
	indices := make([]int, len(as))
	for i, a := range as {
		indices[i] = s.Node(at, a)
	}
	return indices
}

// Known lists the addresses that have an index, sorted.
func (s *Stream) Known() []gossip.Address {
	all := make([]gossip.Address, 0, len(s.nodes))
	for _, n := range s.nodes {
		all = append(all, gossip.Address(n.Address))
	}
	slices.Sort(all)
	return all
}

// Ring tells the order of the ring, where it has changed.
func (s *Stream) Ring(at time.Duration, order []gossip.Address) {
	for place, a := range order {
		n := &s.nodes[s.Node(at, a)]
		if n.Ring != place {
			n.Ring = place
			s.Put(at, *n)
		}
	}
}

// Call is the number of one call more.
func (s *Stream) Call() uint64 {
	s.calls++
	return s.calls
}
