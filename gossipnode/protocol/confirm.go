package protocol

import (
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// A name is confirmed once the node has exchanged messages with it (it has spoken, and
// a call to it was answered), or once a confirmed member has brought news of a risen
// heartbeat of it, or when it would be forgotten, though members have told of it all the
// time. A node that has only just begun its rounds takes a confirmed member's word alone,
// until one of these has come about, or ten T_fail are over. Names can be invented, and
// computers that answer nothing can be named: what was never confirmed must cost the
// members nothing.
//
// An unconfirmed name that counts is in the ring, in digests while it is not suspected,
// and in fault vectors like any other, so that an ordinary newcomer spreads at once.
// Only few count at a time: see trialPlaces.

// maxUnconfirmed is how many unconfirmed names a node keeps. One more displaces the
// one that was heard of longest ago.
const maxUnconfirmed = 1 << 10

// forgetUnconfirmed, in T_fail, and forgetAfter are how long a silent name is kept: one
// that was never confirmed, and one that was. It is told to nobody in the second half
// of forgetAfter, so that nodes do not bring it back to each other.
const (
	forgetUnconfirmed = 10
	forgetAfter       = 24 * time.Hour
)

// vouchedFor tells whether at least half of the digests that members have sent since an
// endpoint was learnt of have it. A name that has lived is in those of all who know that; one
// that has not, only in those of whom it has just reached.
func (n *Node) vouchedFor(e *endpoint) bool { return e.told > 0 && 2*e.told >= n.digests-e.since }

// trialPlaces is how many unconfirmed names may count at once: few, beside the members
// that have lived, as any share of the ring may turn out silent. Three at least: a node
// that starts while others die knows them by hearsay only, and must come to suspect them.
func (n *Node) trialPlaces() int { return 3 + n.confirmed/8 }

// young tells whether the node has begun its rounds less than T_fail ago, so that
// nobody can have been confirmed by a risen heartbeat yet.
func (n *Node) young() bool { return !n.started || n.clock-n.startedAt < n.timing.Fail }

// believes tells whether what a peer says of others is a member's word.
func (n *Node) believes(peer gossip.Address) bool {
	e := n.find(peer)
	return e != nil && e.confirmed
}

// exchanged confirms an endpoint that has both spoken and answered.
func (n *Node) exchanged(e *endpoint) {
	if e.spoke && e.reached {
		n.confirm(e)
	}
}

func (n *Node) confirm(e *endpoint) {
	was := e.confirmed
	n.take(e)
	if !was {
		n.fillTrial()
	}
}

// takeOnWord confirms an endpoint by a member's word alone.
func (n *Node) takeOnWord(e *endpoint) {
	if !e.confirmed {
		n.take(e)
		e.onWord = true
	}
}

func (n *Node) take(e *endpoint) {
	e.onWord = false
	if e.confirmed {
		return
	}
	e.confirmed = true
	n.confirmed++
	if e.counts {
		n.onTrial--
	} else {
		n.let(e)
	}
}

// fillTrial lets unconfirmed names count while there are places.
func (n *Node) fillTrial() {
	free := n.trialPlaces() - n.onTrial
	if free <= 0 || n.onTrial+n.confirmed == n.Known() {
		return
	}
	for _, e := range n.others() {
		if e.counts {
			continue
		}
		n.let(e)
		n.onTrial++
		if free--; free == 0 {
			return
		}
	}
}

// let has an endpoint count from now on. It was not timed before.
func (n *Node) let(e *endpoint) {
	e.counts = true
	n.shape++
	n.growth++
	n.nextSilence = min(n.nextSilence, max(e.heard+n.timing.Fail, n.clock))
}

// allCount tells whether no known name is left out of rings and digests.
func (n *Node) allCount() bool { return n.onTrial+n.confirmed == n.Known() }

// tells tells whether the node relays what it knows of an endpoint.
func (n *Node) tells(e *endpoint) bool {
	return e.counts && (!e.suspected || e.lived() && n.clock-e.heard < forgetAfter/2)
}

// lived tells whether an endpoint is confirmed by more than a word.
func (e *endpoint) lived() bool { return e.confirmed && !e.onWord }

// forgetSilent drops names that have been silent for too long.
func (n *Node) forgetSilent() {
	if n.clock < n.nextForget {
		return
	}
	n.nextForget = n.clock + n.timing.Fail
	fail := n.timing.Fail
	n.drop(func(_ gossip.Address, e *endpoint) bool {
		silent := n.clock - e.heard
		if !e.lived() && silent >= forgetUnconfirmed*fail && n.vouchedFor(e) {
			n.take(e)
		}
		return silent >= forgetAfter || !e.lived() && silent >= forgetUnconfirmed*fail
	})
}

// makeRoom sees to it that one more name can be learnt, and tells whether it can: it
// displaces the unconfirmed name, or else the suspected one, that was heard of longest ago.
func (n *Node) makeRoom() bool {
	if n.Known() < maxKnown && n.Known()-n.confirmed < maxUnconfirmed {
		return true
	}
	var last gossip.Address
	var least *endpoint
	for a, e := range n.others() {
		switch {
		case e.confirmed && !e.suspected || e.confirmed && n.Known() < maxKnown:
		case least == nil, least.confirmed && !e.confirmed, least.confirmed == e.confirmed && e.heard < least.heard:
			last, least = a, e
		}
	}
	if least == nil {
		return false
	}
	n.drop(func(a gossip.Address, _ *endpoint) bool { return a == last })
	return true
}

// drop forgets all endpoints that are gone. The list of addresses may be shared, so it
// is made anew.
func (n *Node) drop(gone func(gossip.Address, *endpoint) bool) {
	var dropped []gossip.Address
	for a, e := range n.others() {
		if gone(a, e) {
			dropped = append(dropped, a)
			n.uncount(e)
		}
	}
	if len(dropped) == 0 {
		return
	}
	addresses := make([]gossip.Address, 0, len(n.addresses)-len(dropped))
	endpoints := make([]endpoint, 0, cap(addresses))
	for i, a := range n.addresses {
		if len(dropped) > 0 && a == dropped[0] {
			dropped = dropped[1:]
			delete(n.beats, a)
			delete(n.offered, a)
			delete(n.partial, a)
			delete(n.held, a)
			delete(n.status, a)
			delete(n.pace, a)
			delete(n.targeted, a)
			continue
		}
		addresses, endpoints = append(addresses, a), append(endpoints, n.endpoints[i])
	}
	n.addresses, n.endpoints, n.met, n.vectorDirty = addresses, endpoints, nil, true
	n.place, _ = slices.BinarySearch(addresses, n.self)
	n.shape++
	n.fillTrial()
}

func (n *Node) uncount(e *endpoint) {
	switch {
	case e.confirmed:
		n.confirmed--
	case e.counts:
		n.onTrial--
	}
}
