package protocol

import (
	"slices"

	"gossiprpc/internal/gossip"
)

// ring is an order of nodes with this one at its own place in it.
type ring struct {
	size  int
	place int
	at    func(i int) gossip.Address
}

// after is the node k places after this one.
func (r ring) after(k int) gossip.Address { return r.at((r.place + k) % r.size) }

// before is the node k places before this one.
func (r ring) before(k int) gossip.Address { return r.at(((r.place-k)%r.size + r.size) % r.size) }

// ring is the order that targets are taken from; false if there is no one else
// in it. Until the provider has answered with a list of others, the known
// endpoints do.
func (n *Node) ring() (ring, bool) {
	r := n.knownRing()
	if n.spec.Ring == ListRing && len(n.listed) > 1 {
		r = ringOf(n.listed, slices.Index(n.listed, n.self))
	}
	return r, r.size > 1
}

func ringOf(order []gossip.Address, place int) ring {
	return ring{size: len(order), place: place, at: func(i int) gossip.Address { return order[i] }}
}

// knownRing is the endpoints that count, sorted.
func (n *Node) knownRing() ring {
	if n.allCount() {
		return ringOf(n.addresses, n.place)
	}
	var order []gossip.Address
	for i, a := range n.addresses {
		if i == n.place || n.endpoints[i].counts {
			order = append(order, a)
		}
	}
	place, _ := slices.BinarySearch(order, n.self)
	return ringOf(order, place)
}

// listRing is the names of the provider's list that count. Of those that the node has
// never heard of a few do, so that all nodes take an ordinary newcomer into the ring at
// once; to a node that is young all do, because all are new to it.
func (n *Node) listRing() []gossip.Address {
	free := n.trialPlaces()
	if n.young() {
		free = len(n.list)
	}
	order := make([]gossip.Address, 0, len(n.list))
	for _, a := range n.list {
		e := n.find(a)
		switch {
		case a == n.self || e != nil && e.counts:
		case e == nil && free > 0:
			free--
		default:
			continue
		}
		order = append(order, a)
	}
	if len(order) == len(n.list) {
		return n.list // nodes of one simulation share it
	}
	return order
}
