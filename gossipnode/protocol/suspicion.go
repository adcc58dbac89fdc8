package protocol

import (
	"math"
	"time"

	"gossiprpc/internal/gossip"
)

// heardOf renews an endpoint as of the given instant, at the latest now, and ends
// its suspicion unless that is T_fail ago already.
func (n *Node) heardOf(a gossip.Address, e *endpoint, at time.Duration) {
	e.heard = max(e.heard, at)
	n.judge(e)
	if !e.suspected || n.clock-e.heard >= n.timing.Fail {
		return
	}
	e.suspected = false
	n.nextSilence = min(n.nextSilence, e.heard+n.timing.Fail)
	n.vectorDirty = true
	n.emit(OpinionChanged{Peer: a, Suspected: false, Reason: Heard})
}

// judge notes that the node has an opinion of an endpoint from now on.
func (n *Node) judge(e *endpoint) {
	if !e.opinion {
		e.opinion = true
		n.shape++
	}
}

func (n *Node) suspect(a gossip.Address, e *endpoint, why Reason) {
	e.suspected = true
	n.judge(e)
	n.vectorDirty = true
	n.emit(OpinionChanged{Peer: a, Suspected: true, Reason: why})
}

// silence suspects every endpoint that was last heard of, or learnt of, T_fail
// ago. nextSilence is a lower bound: being heard of only moves an endpoint's own
// instant back, so the list is walked at most once for each suspicion that could
// fall due.
func (n *Node) silence() {
	if n.clock < n.nextSilence {
		return
	}
	next := time.Duration(math.MaxInt64)
	for a, e := range n.others() {
		if e.suspected || !e.counts {
			continue
		}
		if due := e.heard + n.timing.Fail; due > n.clock {
			next = min(next, due)
			continue
		}
		n.suspect(a, e, Silent)
	}
	n.nextSilence = next
}

// FaultVector is the node's opinions: itself alive, and no cell for an endpoint
// that it has only learnt of.
func (n *Node) FaultVector() gossip.FaultVector {
	cells := make(gossip.FaultVector, 0, len(n.addresses))
	for i, a := range n.addresses {
		if e := &n.endpoints[i]; e.opinion && e.counts || i == n.place {
			cells = append(cells, gossip.Suspicion{Address: a, Suspected: e.suspected})
		}
	}
	return cells
}
