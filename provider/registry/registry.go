// Package registry is the provider's memory: who has joined, in which order.
//
// In flow addresses; out flow the join order, which is the ring that brr and
// scrr gossip along. It has no lock, clock or network.
package registry

import (
	"slices"

	"gossiprpc/internal/gossip"
)

// Registry lists addresses in the order in which they joined. The zero value is
// empty and ready to use. It may not be used by two goroutines at once.
type Registry struct {
	order []gossip.Address
	known map[gossip.Address]bool
}

// Most is how many addresses a registry takes: an answer with many more would not
// pass the limits of those who ask for it.
const Most = 1 << 14

// Join adds a at the end and reports whether it is new. One that is known keeps
// its place: a node that comes back stands in the ring where it stood. When the list
// is full the newcomer takes the place of the last: a flood of names displaces itself,
// and neither those who were there before nor, for ever, those who come after.
func (r *Registry) Join(a gossip.Address) (fresh bool) {
	if r.known[a] {
		return false
	}
	if last := len(r.order) - 1; len(r.order) == Most {
		delete(r.known, r.order[last])
		r.order = r.order[:last]
	}
	if r.known == nil {
		r.known = make(map[gossip.Address]bool)
	}
	r.known[a] = true
	r.order = append(r.order, a)
	return true
}

// Len is how many have joined.
func (r *Registry) Len() int { return len(r.order) }

// Members returns a copy of the join order.
func (r *Registry) Members() []gossip.Address {
	return slices.Clone(r.order)
}
