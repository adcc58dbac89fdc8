package protocol

import (
	"iter"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// endpoint is what a node knows of one other node, whose address lies at the same
// place in Node.addresses: without a pointer the collector need not look at the
// square of the nodes that a simulation holds.
type endpoint struct {
	heard       time.Duration // when it was last heard of, or learnt of
	appVersion  int32
	generation  int32
	heartbeat   int32
	shaken      uint32 // the node's growth as of their last handshake, 0: none
	directRound int32  // round of its last message of its own (sequencecheck.go)
	since       uint32 // how many digests members had sent when it was learnt of
	told        uint32 // how many of those that came later have it
	keptSlot    bool   // it kept its last slot (sequencecheck.go)
	suspected   bool
	mute        bool // it left the last call of a round unanswered (attempt.go)
	refused     bool // it refused the last call of a round
	opinion     bool // false while it is only learnt of
	spoke       bool // a message of its own has come
	reached     bool // a call to it was answered
	returned    bool // the first gossip of its life was answered (handshake.go)
	introduced  bool // it has been sent a digest of the node's, as an original must be (handshake.go)
	confirmed   bool // it has lived, or is said to: see confirm.go
	onWord      bool // it is confirmed by a member's word alone, taken as the node began
	counts      bool // it is confirmed, or one of the few that count before they are
}

// maxKnown is how many others a node learns of at most: a digest of more would not
// pass the limits of the servers it is sent to, so that whoever invents names could
// silence a cluster.
const maxKnown = 1 << 14

// others goes through the endpoints, sorted by address, without the node itself.
func (n *Node) others() iter.Seq2[gossip.Address, *endpoint] {
	return func(yield func(gossip.Address, *endpoint) bool) {
		for i, a := range n.addresses {
			if i != n.place && !yield(a, &n.endpoints[i]) {
				return
			}
		}
	}
}

// find returns nil for an unknown address and for the node itself. The pointer
// holds until the next endpoint is learnt.
func (n *Node) find(a gossip.Address) *endpoint {
	if i, ok := slices.BinarySearch(n.addresses, a); ok && i != n.place {
		return &n.endpoints[i]
	}
	return nil
}

// seek is the place of an address that lies at place i or after it, to go through
// a sorted list beside the node's own; false if the node does not know it.
func (n *Node) seek(i int, a gossip.Address) (int, bool) {
	for i < len(n.addresses) && n.addresses[i] != a {
		if n.addresses[i] > a {
			return i, false
		}
		i++
	}
	return i, i < len(n.addresses)
}

// newcomer makes an endpoint of an entry; it is timed once it counts.
func (n *Node) newcomer(e gossip.DigestEntry) endpoint {
	reached := n.greeted[e.Address]
	delete(n.greeted, e.Address)
	return endpoint{
		reached:    reached,
		appVersion: e.AppVersion, generation: e.Generation, heartbeat: e.Heartbeat,
		heard: n.clock, directRound: neverDirect, since: n.digests,
	}
}

// acquaint gives the node itself and those that it begins with their places.
func (n *Node) acquaint(known *Acquaintance) {
	n.addresses, n.endpoints = []gossip.Address{n.self}, make([]endpoint, 1)
	if known != nil {
		n.addresses, n.endpoints = known.addresses, make([]endpoint, len(known.addresses))
		n.place, _ = slices.BinarySearch(n.addresses, n.self)
		for i, e := range known.digest {
			if i != n.place {
				n.endpoints[i] = n.newcomer(e)
				n.take(&n.endpoints[i])
			}
		}
	}
	for i := range n.endpoints {
		n.endpoints[i].shaken, n.endpoints[i].returned, n.endpoints[i].opinion = n.growth, true, true
	}
}

// learn merges entries of nodes not known so far, sorted by address, into the
// sorted lists, as far as there is room.
func (n *Node) learn(fresh gossip.Digest) {
	confirmed := n.young()
	most := maxKnown - 1 - n.Known() // one place is for a sender
	if !confirmed {
		most = min(most, maxUnconfirmed-(n.Known()-n.confirmed))
	}
	if most = max(most, 0); len(fresh) > most {
		fresh = fresh[:most]
		n.sayFull()
	}
	n.insert(fresh, confirmed)
}

func (n *Node) sayFull() {
	if !n.full {
		n.full = true
		n.emit(Full{Known: n.Known()})
	}
}

// insert makes the lists anew, as that of addresses may be shared.
func (n *Node) insert(fresh gossip.Digest, confirmed bool) {
	if len(fresh) == 0 {
		return
	}
	addresses := make([]gossip.Address, 0, len(n.addresses)+len(fresh))
	endpoints := make([]endpoint, 0, len(n.addresses)+len(fresh))
	take := func() {
		addresses, endpoints = append(addresses, fresh[0].Address), append(endpoints, n.newcomer(fresh[0]))
		if confirmed {
			n.takeOnWord(&endpoints[len(endpoints)-1])
		}
		fresh = fresh[1:]
	}
	for i, a := range n.addresses {
		for len(fresh) > 0 && fresh[0].Address < a {
			take()
		}
		addresses, endpoints = append(addresses, a), append(endpoints, n.endpoints[i])
	}
	for len(fresh) > 0 {
		take()
	}
	n.addresses, n.endpoints = addresses, endpoints
	n.shape++
	n.place, _ = slices.BinarySearch(addresses, n.self)
	n.fillTrial()
}

// Digest is what the node tells of all that count, itself included.
func (n *Node) Digest() gossip.Digest {
	d := make(gossip.Digest, 0, len(n.addresses))
	for i, a := range n.addresses {
		switch e := &n.endpoints[i]; {
		case i == n.place:
			d = append(d, n.ownEntry())
		case n.tells(e):
			d = append(d, gossip.DigestEntry{Address: a, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat})
		}
	}
	return d
}

func (n *Node) ownEntry() gossip.DigestEntry {
	return gossip.DigestEntry{
		Address: n.self, AppVersion: gossip.AppVersion, Generation: n.generation, Heartbeat: n.heartbeat,
	}
}

// States is the state of every endpoint that the node tells of and of itself, except
// the one that is left out (empty: none). Times are when the node last heard of
// each, in wall time and never later than now: an original node takes a future
// time for one of a day ago.
func (n *Node) States(except gossip.Address) gossip.StateMap {
	states := make(gossip.StateMap, 0, len(n.addresses))
	left, found := slices.BinarySearch(n.addresses, except)
	for i, a := range n.addresses {
		e := &n.endpoints[i]
		switch {
		case i == n.place:
			states = append(states, gossip.EndpointState{
				Address: n.self, AppVersion: gossip.AppVersion, Generation: n.generation, Heartbeat: n.heartbeat,
				Status: gossip.StatusNormal, Updated: n.now,
			})
		case (i != left || !found) && n.tells(e):
			states = append(states, gossip.EndpointState{
				Address: a, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat,
				Status: n.statusOf(a), Updated: n.now.Add(e.heard - n.clock),
			})
		}
	}
	return states
}

func (n *Node) statusOf(a gossip.Address) string {
	if s, ok := n.status[a]; ok {
		return s
	}
	return gossip.StatusNormal
}

// Known is how many other nodes the node has ever heard of.
func (n *Node) Known() int { return len(n.endpoints) - 1 }
