package wire

import (
	"hash/maphash"
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

func checked(text []byte) *gossip.Address {
	a, err := gossip.ParseAddress(string(text))
	if err != nil {
		return nil
	}
	return &a
}
