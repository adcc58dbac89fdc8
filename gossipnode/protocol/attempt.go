package protocol

import (
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// attempt is what the current round has tried.
type attempt struct {
	open       bool
	heeded     bool           // some call of it was answered
	first      gossip.Address // the scheduled target
	tried      map[gossip.Address]bool
	ids        []uint64
	unanswered int // calls made, without those that were refused
	wave       int // how many have begun after the first call
	goOnAt     time.Duration
}

// waves are how many targets a round calls together after the first, each time nobody has
// answered in time: see patience. Without any, a round has all three of them. A single lost
// message costs two calls more; and a node that has a run of up to 39 silent hosts before it
// still gets a message through in the same round. When each wave was one call, live nodes fell
// silent behind such runs, and were declared dead in nearly every simulated run with
// half of the ring silent; waves of 1, 2, 4 and 8 did not end that at 64 nodes.
var waves = [...]int{2, 8, 29}

// maxUnanswered bounds the calls of a round that were not refused. A call may take
// a whole interval to fail, so twice as many are under way at most, of the 160 that
// a process carries; the rest is for handshakes.
//
// In large clusters there are fewer, down to leastUnanswered, so that a round sends no more
// than about roundBytes: else one that is busy for a moment, so that calls take too long, is
// kept so by its own going on. An entry of a digest takes about entryBytes in the original's
// form. In the terse form it takes a fifth, but hardly less of a processor's time.
const (
	maxUnanswered   = 40
	leastUnanswered = 3
	roundBytes      = 1 << 20
	entryBytes      = 170
)

// mostUnanswered is the bound for as many endpoints as the node knows.
func (n *Node) mostUnanswered() int {
	return min(max(roundBytes/(entryBytes*len(n.addresses)), leastUnanswered), maxUnanswered)
}

// pendingCall is a call of a round to a target that may still answer in time.
type pendingCall struct {
	id       uint64
	to       gossip.Address
	at       time.Duration
	answerBy time.Duration
}

// patience is how long a call of a round is waited for: a quarter of the interval, or twice as
// long as answers have taken of late, but no longer than the interval. Late answers show that
// peers are busy, not that they are gone, and calls to others would keep them so: 500 nodes on
// two cores did not join in three minutes, with ten calls of each under way. After a round that nobody
// has answered it is half of the interval at most: a node all of whose targets had just died in
// silence would else go on to nobody.
func (n *Node) patience() time.Duration {
	most := n.timing.Gossip
	if n.unheeded {
		most /= 2
	}
	return min(max(n.soon(), 2*n.answerTime), most)
}

// busy tells that answers have been late, so that whatever may wait should.
func (n *Node) busy() bool { return n.answerTime > n.soon() }

// soon is how long a refusal takes at most: a call that fails later has timed out.
func (n *Node) soon() time.Duration { return n.timing.Gossip / 4 }

// noteAnswer takes how long a peer took to answer. Each quick answer takes a quarter off what a
// slow one has left, so that some of them end the patience.
func (n *Node) noteAnswer(took time.Duration) {
	n.answerTime = max(took, n.answerTime-n.answerTime/4)
}

// tryFirst begins a round's attempt with its scheduled target, suspected or not. A
// mute one is called but not waited for, unless answers are late anyway.
func (n *Node) tryFirst(to gossip.Address) {
	n.attempt = attempt{open: true, first: to, tried: map[gossip.Address]bool{}}
	e := n.find(to)
	n.try(to)
	if e != nil && e.mute && !n.busy() {
		n.tryMore(1)
	}
}

// widen goes on after a wave that nobody answered. A refusal costs no time, so
// each is followed by one more call at once; silence costs a quarter of the
// interval, of which a round has only four, so each wave is larger than the last.
func (n *Node) widen() {
	wave := waves[min(n.attempt.wave, len(waves)-1)]
	if n.Crowded() && n.busy() {
		wave = 1
	}
	n.attempt.wave++
	n.attempt.goOnAt = n.clock + n.patience()
	n.tryMore(wave)
}

// tryMore calls so many more targets: the next of the ring, or drawn ones. Skipping
// suspected targets from the start would have scrr declare live nodes dead; never
// going on would silence a node whose neighbours have died.
func (n *Node) tryMore(count int) {
	next := n.nextInRing
	if n.spec.Offset == nil {
		next = n.drawAnother
	}
	for range count {
		if n.attempt.unanswered >= n.mostUnanswered() {
			return
		}
		to, ok := next()
		if !ok {
			// Nobody is left to go on to; who has been called may still answer.
			n.attempt.open = false
			return
		}
		n.try(to)
	}
}

// nextInRing is the next node of the ring that is neither suspected nor mute, if
// there is none the next suspected one, and a mute one last.
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
	var suspect, mute gossip.Address
	for k := 1; k < ring.size; k++ {
		to := ring.after((start + k) % ring.size)
		if to == n.self || n.attempt.tried[to] {
			continue
		}
		switch e := n.find(to); {
		case e == nil || !e.suspected && !e.mute:
			return to, true
		case e.mute && mute == "":
			mute = to
		case !e.mute && suspect == "":
			suspect = to
		}
	}
	// Whoever suspects all that are left must still be heard. Under rr and scrr a
	// run of dead neighbours makes live nodes suspect all others for a while;
	// those that then fell silent were declared dead in half of the simulated runs.
	if suspect != "" {
		return suspect, true
	}
	return mute, mute != ""
}

func (n *Node) try(to gossip.Address) {
	if n.spec.Offset == nil {
		n.targeted[to] = n.clock
	}
	n.attempt.tried[to] = true
	n.attempt.goOnAt = n.clock + n.patience()
	id := n.tell(to)
	n.attempt.ids = append(n.attempt.ids, id)
	n.attempt.unanswered++
	n.pending = append(n.pending, pendingCall{id: id, to: to, at: n.clock, answerBy: n.attempt.goOnAt})
}

// tell sends a peer the round's message: the greeting, or the node's own entry alone, in a crowded
// cluster after a call that has not been answered while peers are busy. Such a call is to say that
// the node lives, and whole digests would keep peers busy.
func (n *Node) tell(to gossip.Address) uint64 {
	e := n.find(to)
	if e == nil || e.original() || !n.Crowded() || !n.busy() || n.attempt.wave == 0 {
		return n.send(to, n.greeting(to))
	}
	return n.sendAlone(to)
}

// sendAlone tells a peer of the node alone.
func (n *Node) sendAlone(to gossip.Address) uint64 {
	id := n.send(to, gossip.Gossip{Digest: gossip.Digest{n.ownEntry()}})
	n.calls[id] = call{to: to, kind: kindGossip, alone: true, at: n.clock}
	return id
}

// markMute marks the targets that have not answered in time, and that of a call that has just
// failed, if it has timed out. Such a host may be gone without anybody to refuse for it, or only
// slow; going on passes it by, and its own rounds do not wait for it, until it answers or is
// heard of directly.
func (n *Node) markMute(failed uint64) {
	n.pending = slices.DeleteFunc(n.pending, func(c pendingCall) bool {
		late := n.clock >= c.answerBy || c.id == failed && n.clock >= c.at+n.soon()
		if e := n.find(c.to); late && e != nil {
			e.mute = true
		}
		return late
	})
}

// answered ends the wait for a call that was delivered or refused; false if the wait
// was over already.
func (n *Node) answered(id uint64, refused bool) bool {
	i := slices.IndexFunc(n.pending, func(c pendingCall) bool { return c.id == id })
	if i < 0 {
		return false
	}
	if e := n.find(n.pending[i].to); e != nil {
		e.mute, e.refused = false, refused
	}
	n.pending = slices.Delete(n.pending, i, i+1)
	return true
}

func (n *Node) delivered(id uint64) {
	n.callOver(id, true)
	n.joinOver(id, true)
	n.answered(id, false)
	if slices.Contains(n.attempt.ids, id) {
		n.attempt.open, n.attempt.heeded = false, true
	}
}

func (n *Node) failed(id uint64) {
	n.callOver(id, false)
	n.joinOver(id, false)
	n.markMute(id)
	if refused := n.answered(id, true); refused && n.attempt.open && slices.Contains(n.attempt.ids, id) {
		n.attempt.unanswered--
		n.tryMore(1)
	}
}
