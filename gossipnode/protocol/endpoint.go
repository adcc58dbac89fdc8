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
	keptSlot    bool   // it kept its last slot (sequencecheck.go)
	suspected   bool
	mute        bool // it left the last call of a round unanswered (attempt.go)
	refused     bool // it refused the last call of a round
	opinion     bool // false while it is only learnt of
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

// newcomer makes an endpoint of an entry; it is timed from now on.
func (n *Node) newcomer(e gossip.DigestEntry) endpoint {
	n.growth++
	n.nextSilence = min(n.nextSilence, n.clock+n.timing.Fail)
	return endpoint{
		appVersion: e.AppVersion, generation: e.Generation, heartbeat: e.Heartbeat,
		heard: n.clock, directRound: neverDirect,
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
			}
		}
	}
	for i := range n.endpoints {
		n.endpoints[i].shaken, n.endpoints[i].opinion = n.growth, true
	}
}

// learn merges entries of nodes not known so far, sorted by address, into the
// sorted lists, as long as fewer than most are known. The list of addresses may be shared, so it is made anew.
func (n *Node) learn(fresh gossip.Digest, most int) {
	if room := max(most-n.Known(), 0); len(fresh) > room {
		fresh = fresh[:room]
		if !n.full {
			n.full = true
			n.emit(Full{Known: maxKnown})
		}
	}
	if len(fresh) == 0 {
		return
	}
	addresses := make([]gossip.Address, 0, len(n.addresses)+len(fresh))
	endpoints := make([]endpoint, 0, len(n.addresses)+len(fresh))
	for i, a := range n.addresses {
		for len(fresh) > 0 && fresh[0].Address < a {
			addresses, endpoints = append(addresses, fresh[0].Address), append(endpoints, n.newcomer(fresh[0]))
			fresh = fresh[1:]
		}
		addresses, endpoints = append(addresses, a), append(endpoints, n.endpoints[i])
	}
	for _, e := range fresh {
		addresses, endpoints = append(addresses, e.Address), append(endpoints, n.newcomer(e))
	}
	n.addresses, n.endpoints = addresses, endpoints
	n.place, _ = slices.BinarySearch(addresses, n.self)
}

// Digest is what the node knows, itself included.
func (n *Node) Digest() gossip.Digest {
	d := make(gossip.Digest, len(n.addresses))
	for i, a := range n.addresses {
		e := &n.endpoints[i]
		d[i] = gossip.DigestEntry{Address: a, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat}
	}
	d[n.place] = gossip.DigestEntry{
		Address: n.self, AppVersion: gossip.AppVersion, Generation: n.generation, Heartbeat: n.heartbeat,
	}
	return d
}

// States is the state of every endpoint the node knows and of itself, except
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
		case i != left || !found:
			states = append(states, gossip.EndpointState{
				Address: a, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat,
				Status: n.statusOf(a), Updated: n.now.Add(e.heard - n.clock),
			})
		}
	}
	return states
}

func (n *Node) statusOf(a gossip.Address) string {
	if len(n.status) == 0 {
		return gossip.StatusNormal
	}
	if s, ok := n.status[a]; ok {
		return s
	}
	return gossip.StatusNormal
}

// Known is how many other nodes the node has ever heard of.
func (n *Node) Known() int { return len(n.endpoints) - 1 }
