package core

import (
	"slices"

	"gossiprpc/internal/gossip"
)

// maxStates is what the state maps of all nodes may take together, in bytes: those of
// a thousand nodes that tell of a thousand fit.
const maxStates = 96 << 20

// stateSize is what an endpoint's state takes, its texts left out.
const stateSize = 72

// keptStates reckons what the state maps take that the consensus keeps, one of each
// node.
type keptStates struct {
	most  int
	sizes map[gossip.Address]int
	sum   int
}

// keep returns what is to be kept of a node's state map: all of it, or, when there is
// no room for that, what the node says of itself. Names of known nodes cost nothing.
func (k *keptStates) keep(a gossip.Address, m gossip.StateMap, known func(gossip.Address) (gossip.Address, bool)) gossip.StateMap {
	m = slices.Clone(m)
	size := 0
	for i := range m {
		size += stateSize
		if name, ok := known(m[i].Address); ok {
			m[i].Address = name
		} else {
			size += len(m[i].Address)
		}
		if m[i].Status == gossip.StatusNormal {
			m[i].Status = gossip.StatusNormal // the constant's bytes, not the call's
		} else {
			size += len(m[i].Status)
		}
	}
	k.drop(a)
	if k.sum+size > k.most {
		own, ok := m.Get(a)
		if !ok {
			return nil
		}
		m, size = gossip.StateMap{own}, 2*stateSize+len(own.Status)
	}
	k.sizes[a] = size
	k.sum += size
	return m
}

func (k *keptStates) drop(a gossip.Address) {
	k.sum -= k.sizes[a]
	delete(k.sizes, a)
}
