package protocol

import (
	"maps"
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
// die with it, and a live node is then declared dead (docs/DECISIONS.md, decision 2).
//
// Originals that the node would suspect before its next round come first. An original loses
// each round that meets a dead node, and one that was restarted within the hour is heard of
// by its own messages only; but it must answer a SYN.
func (n *Node) draw() (gossip.Address, bool) {
	if a, ok := n.drawFrom(n.fading); ok {
		return a, true
	}
	return n.drawFrom(func(*endpoint) bool { return true })
}

// fading tells whether e is an original of which the node has not heard for so long that
// it will be suspected before the next round, or is, though it answers calls.
func (n *Node) fading(e *endpoint) bool {
	return e.original() && !e.mute && !e.refused && n.clock-e.heard >= n.timing.Fail-n.timing.Gossip
}

// drawAnother is for going on: it leaves out mute endpoints while there are others.
func (n *Node) drawAnother() (gossip.Address, bool) {
	if a, ok := n.drawFrom(func(e *endpoint) bool { return !e.mute }); ok {
		return a, true
	}
	return n.draw()
}

func (n *Node) drawFrom(eligible func(*endpoint) bool) (gossip.Address, bool) {
	maps.DeleteFunc(n.targeted, func(_ gossip.Address, at time.Duration) bool { return n.clock-at >= n.timing.Fail })
	rested := make([]gossip.Address, 0, n.Known())
	var recent []gossip.Address
	for a, e := range n.others() {
		if !e.counts || n.attempt.tried[a] || !eligible(e) {
			continue
		}
		if _, ok := n.targeted[a]; ok {
			recent = append(recent, a)
		} else {
			rested = append(rested, a)
		}
	}
	if len(rested) > 0 {
		return pick(n.rand, rested)
	}
	return pick(n.rand, recent)
}

func pick(r *rand.Rand, from []gossip.Address) (gossip.Address, bool) {
	if len(from) == 0 {
		return "", false
	}
	return from[r.IntN(len(from))], true
}
