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
	if n.spec.Ring == ListRing && len(n.list) > 1 {
		list := n.list
		r = ring{size: len(list), place: slices.Index(list, n.self), at: func(i int) gossip.Address { return list[i] }}
	}
	return r, r.size > 1
}

func (n *Node) knownRing() ring {
	return ring{size: len(n.addresses), place: n.place, at: func(i int) gossip.Address { return n.addresses[i] }}
}
