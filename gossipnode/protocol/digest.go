package protocol

import (
	"math"
	"time"

	"gossiprpc/internal/gossip"
)

// maxAhead is how far a generation may lie in the future; one further ahead is
// ignored (docs/DECISIONS.md, decision 4).
const maxAhead = 24 * time.Hour

// merge takes over what is new in a digest told by from. A higher generation
// always wins, the same generation with a higher heartbeat too. Whether news of a
// third node counts as having heard of it is the protocol's rule; names are learnt of
// by the word of confirmed members only.
func (n *Node) merge(from gossip.Address, d gossip.Digest) {
	limit := n.now.Add(maxAhead).Unix()
	member := n.believes(from)
	if member && len(d) > 1 {
		n.digests++
	}
	var fresh gossip.Digest
	i := 0
	for _, e := range d {
		if int64(e.Generation) > limit {
			continue
		}
		var known bool
		switch i, known = n.seek(i, e.Address); {
		case !known:
			if member {
				fresh = append(fresh, e)
			}
		case i == n.place:
			n.stepOver(e)
		default:
			if known := &n.endpoints[i]; member && e.Address != from {
				known.told++
			}
			n.update(from, &n.endpoints[i], e, member)
		}
	}
	n.learn(fresh)
}

func (n *Node) update(from gossip.Address, known *endpoint, e gossip.DigestEntry, member bool) {
	if !e.NewerThan(known.generation, known.heartbeat) {
		return
	}
	sent := n.sentAt(from, e)
	// What a stranger says of a name that is not confirmed, its own or another, must not be told
	// on: it would be a member's word that the name lives.
	if member || known.confirmed || known.generation == 0 {
		n.renew(known, e)
	}
	if e.Address != from && member {
		n.confirm(known)
	}
	if e.Address != from && n.spec.Hearsay(known.suspected) {
		n.heardOf(e.Address, known, sent)
	}
}

func (n *Node) renew(known *endpoint, e gossip.DigestEntry) {
	if e.Generation > known.generation {
		// A new incarnation has forgotten all that it was told, keeps no slot yet, and may answer.
		known.shaken, known.returned, known.keptSlot, known.mute, known.refused = 0, false, false, false, false
		delete(n.offered, e.Address)
	}
	known.appVersion, known.generation, known.heartbeat = e.AppVersion, e.Generation, e.Heartbeat
}

// stepOver moves the node past a higher version of itself, which an earlier
// incarnation left behind: after a restart within one second, or with the clock
// set back. Peers would take nothing new from it otherwise.
func (n *Node) stepOver(e gossip.DigestEntry) {
	switch {
	case !e.NewerThan(n.generation, n.heartbeat):
		return
	case e.Generation > n.generation:
		n.generation = e.Generation + 1
	case e.Heartbeat == math.MaxInt32:
		n.generation, n.heartbeat = n.generation+1, 0
	default:
		n.heartbeat = e.Heartbeat + 1
	}
	n.emit(SteppedOver{Generation: n.generation, Heartbeat: n.heartbeat})
}

// mergeStates takes over what is new in a state map. The sender's timestamps
// play no part: they are of its clock.
func (n *Node) mergeStates(from gossip.Address, states gossip.StateMap) {
	n.merge(from, digestOf(states))
	for i := range states {
		switch s := &states[i]; {
		case s.Status != gossip.StatusNormal:
			if n.find(s.Address) != nil {
				n.status[s.Address] = s.Status
			}
		case len(n.status) > 0:
			delete(n.status, s.Address)
		}
	}
}

func digestOf(states gossip.StateMap) gossip.Digest {
	d := make(gossip.Digest, len(states))
	for i, s := range states {
		d[i] = gossip.DigestEntry{Address: s.Address, AppVersion: s.AppVersion, Generation: s.Generation, Heartbeat: s.Heartbeat}
	}
	return d
}

// heardFrom counts a message of from's own, whatever its generation says
// (docs/DECISIONS.md, decision 4).
func (n *Node) heardFrom(from gossip.Address) {
	e := n.find(from)
	e.mute, e.refused = false, false
	e.directRound = n.sinceFirstRound(n.roundNumber())
	n.heardOf(from, e, n.clock)
	n.checkPace(from, e)
}
