package protocol

import (
	"time"

	"gossiprpc/internal/gossip"
)

// attempt is what the current round has tried.
type attempt struct {
	open   bool
	first  gossip.Address // the scheduled target
	tried  map[gossip.Address]bool
	ids    []uint64
	goOnAt time.Duration
}

// start begins the node's rounds, the first of them at the next round boundary.
func (n *Node) start() {
	if n.started {
		return
	}
	n.started = true
	if !n.aligned {
		n.phase = time.Duration(modulo(n.now.UnixNano(), int64(n.timing.Gossip)))
	}
	n.round = n.roundNumber()
	n.slotsSince = n.round + 1
}

// roundNumber is the number of the current round: wall time over the gossip
// interval, so that nodes agree on it without messages (DESIGN.md, decision 1).
func (n *Node) roundNumber() int64 {
	since := n.now.UnixNano() - int64(n.phase)
	return (since - modulo(since, int64(n.timing.Gossip))) / int64(n.timing.Gossip)
}

func (n *Node) untilNextRound() time.Duration {
	since := n.now.UnixNano() - int64(n.phase)
	left := n.timing.Gossip - time.Duration(modulo(since, int64(n.timing.Gossip)))
	if n.roundNumber() < n.round {
		left += n.timing.Gossip // the wall clock was set back a little
	}
	return left
}

func (n *Node) roundTimers() {
	// A wall clock that slips back over a boundary must not repeat the round.
	if r := n.roundNumber(); r != n.round && r != n.round-1 {
		n.beginRound(r)
	}
	if n.attempt.open && n.clock >= n.attempt.goOnAt {
		n.goOn()
	}
}

func (n *Node) beginRound(r int64) {
	missed := r != n.round+1
	n.round = r
	if n.adoptMembers() || missed {
		n.forgetSlots(r)
	}
	if n.spec.Slots {
		n.judgeSlot(r)
	}
	n.attempt = attempt{}
	if n.Known() == 0 {
		n.join()
	}
	if to, ok := n.scheduled(r); ok {
		n.count()
		n.attempt = attempt{open: true, first: to, tried: map[gossip.Address]bool{}}
		n.try(to)
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

// goOn tries another target after one that failed or did not answer within a
// quarter of the interval: the next unsuspected node of the ring, if there is
// none the next suspected one, or another draw. Skipping suspected targets from
// the start would have scrr declare live nodes dead; never going on would silence
// a node whose neighbours have died (DESIGN.md, decision 2).
func (n *Node) goOn() {
	next := n.nextInRing
	if n.spec.Offset == nil {
		next = n.draw
	}
	to, ok := next()
	if !ok {
		n.attempt.open = false
		return
	}
	n.try(to)
}

func (n *Node) nextInRing() (gossip.Address, bool) {
	ring, ok := n.ring()
	if !ok {
		return "", false
	}
	start := 0
	for k := 1; k < ring.size; k++ {
		if ring.after(k) == n.attempt.first {
			start = k
		}
	}
	suspect := gossip.Address("")
	for k := 1; k < ring.size; k++ {
		to := ring.after((start + k) % ring.size)
		if to == n.self || n.attempt.tried[to] {
			continue
		}
		if e := n.find(to); e == nil || !e.suspected {
			return to, true
		}
		if suspect == "" {
			suspect = to
		}
	}
	// Whoever suspects all that are left must still be heard. Under rr and scrr a
	// run of dead neighbours makes live nodes suspect all others for a while;
	// those that then fell silent were declared dead in half of the simulated runs.
	return suspect, suspect != ""
}

func (n *Node) try(to gossip.Address) {
	if n.spec.Offset == nil {
		n.targeted[to] = n.clock
	}
	n.attempt.tried[to] = true
	n.attempt.goOnAt = n.clock + n.timing.Gossip/4
	n.attempt.ids = append(n.attempt.ids, n.send(to, n.greeting(to)))
}

func (n *Node) delivered(id uint64) {
	n.handshakeOver(id, true)
	n.joinOver(id, true)
	for _, tried := range n.attempt.ids {
		if tried == id {
			n.attempt.open = false
		}
	}
}

func (n *Node) failed(id uint64) {
	n.handshakeOver(id, false)
	n.joinOver(id, false)
	if ids := n.attempt.ids; n.attempt.open && ids[len(ids)-1] == id {
		n.goOn()
	}
}
