package protocol

import (
	"math/rand/v2"
	"time"

	"gossiprpc/internal/gossip"
)

// random sends each round to a node drawn at random and hears of a node only
// from that node itself (report, "Random Gossip").
var random = Spec{
	Number:  1,
	Name:    "random",
	Title:   "Random",
	Ring:    NoRing,
	Hearsay: func(bool) bool { return false },
}

// draw picks uniformly among the known endpoints that were not targeted within
// T_fail, or among all when none is left; never one that this round has tried.
//
// A pure draw may send a node's few messages of T_fail to the very nodes that
// die with it, and a live node is then declared dead (DESIGN.md, decision 2).
func (n *Node) draw(tried []gossip.Address) (gossip.Address, bool) {
	if a, ok := pick(n.rand, n.untargeted(tried, n.timing.Fail)); ok {
		return a, true
	}
	return pick(n.rand, n.untargeted(tried, 0))
}

// untargeted lists the endpoints that were last targeted at least age ago.
func (n *Node) untargeted(tried []gossip.Address, age time.Duration) []gossip.Address {
	var candidates []gossip.Address
	for i := range n.endpoints {
		e := &n.endpoints[i]
		if e.targeted != never && n.clock-e.targeted < age {
			continue
		}
		if !contains(tried, e.address) {
			candidates = append(candidates, e.address)
		}
	}
	return candidates
}

func pick(r *rand.Rand, from []gossip.Address) (gossip.Address, bool) {
	if len(from) == 0 {
		return "", false
	}
	return from[r.IntN(len(from))], true
}
