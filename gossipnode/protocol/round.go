package protocol

import (
	"time"

	"gossiprpc/internal/gossip"
)

// start begins the node's rounds, the first of them at the next round boundary.
func (n *Node) start() {
	if n.started {
		return
	}
	n.started, n.startedAt = true, n.clock
	if !n.aligned {
		n.phase = time.Duration(modulo(n.now.UnixNano(), int64(n.timing.Gossip)))
	}
	n.round = n.roundNumber()
}

// roundNumber is the number of the current round: wall time over the gossip
// interval, so that nodes agree on it without messages (docs/DECISIONS.md, decision 1).
func (n *Node) roundNumber() int64 {
	since := n.now.UnixNano() - int64(n.phase)
	return (since - modulo(since, int64(n.timing.Gossip))) / int64(n.timing.Gossip)
}

func (n *Node) untilNextRound() time.Duration {
	since := n.now.UnixNano() - int64(n.phase)
	return n.timing.Gossip - time.Duration(modulo(since, int64(n.timing.Gossip)))
}

func (n *Node) roundTimers() {
	n.markMute(0)
	// A wall clock that slips back over a boundary must not repeat the round.
	if r := n.roundNumber(); r != n.round && r != n.round-1 {
		n.beginRound(r)
	}
	if n.attempt.open && n.clock >= n.attempt.goOnAt {
		n.widen()
	}
}

func (n *Node) beginRound(r int64) {
	missed := r != n.round+1
	n.round = r
	n.forgetSilent()
	if n.adoptMembers() || missed {
		n.forgetSlots(r)
	}
	if n.spec.Slots {
		n.judgeSlot(r)
	}
	n.unheeded = !n.attempt.heeded
	n.attempt = attempt{}
	if n.confirmed == 0 {
		n.join()
	}
	if to, ok := n.scheduled(r); ok {
		n.count()
		n.tryFirst(to)
	}
}

// scheduled is the round's target, suspected or not.
func (n *Node) scheduled(r int64) (gossip.Address, bool) {
	if n.spec.Offset == nil {
		return n.draw()
	}
	ring, ok := n.ring()
	if !ok {
		return "", false
	}
	return ring.after(n.spec.Offset(r, ring.size)), true
}
