package wire

import (
	"hash/maphash"
	"slices"
	"sync/atomic"

	"gossiprpc/internal/gossip"
)

// names remembers addresses that have been checked, so that one which comes again is
// neither checked nor copied again. It forgets one when another takes its slot, so that
// invented names cost others no more than a copy. It is safe for many goroutines, and all
// servers of a process share one: crowds of nodes know the same names.
type names struct {
	seed  maphash.Seed
	slots [8192]atomic.Pointer[gossip.Address] // a power of two

	// sorted are the names of one of the last lists of many; the next one has about the same.
	sorted atomic.Pointer[[]gossip.Address]
}

var knownNames = &names{seed: maphash.MakeSeed()}

// address is nil if text is no address. A nil names remembers nothing.
func (n *names) address(text []byte) *gossip.Address {
	if n == nil {
		return checked(text)
	}
	slot := &n.slots[maphash.Bytes(n.seed, text)%uint64(len(n.slots))]
	if known := slot.Load(); known != nil && string(*known) == string(text) {
		return known
	}
	a := checked(text)
	if a != nil {
		slot.Store(a)
	}
	return a
}

// reading is a list of names that is read in order.
type reading struct {
	names *names
	guess []gossip.Address // what may come next, sorted
	wrong int              // how many did not
}

func (n *names) reading() reading {
	r := reading{names: n}
	if n != nil {
		if sorted := n.sorted.Load(); sorted != nil {
			r.guess = *sorted
		}
	}
	return r
}

// address is what [names.address] is, and quicker for the names of the last list.
func (r *reading) address(text []byte) *gossip.Address {
	for len(r.guess) > 0 && string(r.guess[0]) < string(text) {
		r.guess = r.guess[1:]
	}
	if len(r.guess) > 0 && string(r.guess[0]) == string(text) {
		a := &r.guess[0]
		r.guess = r.guess[1:]
		return a
	}
	r.wrong++
	return r.names.address(text)
}

// remember keeps the names of a list of many, if enough of them were not guessed.
func remember[T any](r *reading, entries []T, address func(*T) gossip.Address) {
	if r.names == nil || len(entries) <= gossip.MaxPlain || 8*r.wrong < len(entries) {
		return
	}
	sorted := make([]gossip.Address, len(entries))
	for i := range entries {
		sorted[i] = address(&entries[i])
	}
	slices.Sort(sorted)
	r.names.sorted.Store(&sorted)
}

func checked(text []byte) *gossip.Address {
	a, err := gossip.ParseAddress(string(text))
	if err != nil {
		return nil
	}
	return &a
}
