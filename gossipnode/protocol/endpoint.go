package protocol

import (
	"slices"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// endpoint is what a node knows of one other node.
type endpoint struct {
	address     gossip.Address
	appVersion  int32
	generation  int32
	heartbeat   int32
	shaken      uint32 // the node's growth at their last handshake, 0: none
	offered     uint32 // the node's growth when it last sent an ACK
	suspected   bool
	opinion     bool          // false while it is only learnt of
	keptSlot    bool          // it kept its last slot (sequencecheck.go)
	heard       time.Duration // when it was last heard of, or learnt of
	targeted    time.Duration // when a round last went to it
	directRound int64         // round of its last message of its own
}

func (n *Node) search(a gossip.Address) (int, bool) {
	return slices.BinarySearchFunc(n.endpoints, a, func(e endpoint, a gossip.Address) int {
		return strings.Compare(string(e.address), string(a))
	})
}

// find returns nil for an unknown address and for the node itself. The pointer
// holds until the next endpoint is learnt.
func (n *Node) find(a gossip.Address) *endpoint {
	if i, ok := n.search(a); ok {
		return &n.endpoints[i]
	}
	return nil
}

// learn makes an endpoint of an entry; it is timed from now on.
func (n *Node) learn(e gossip.DigestEntry) endpoint {
	n.growth++
	n.nextSilence = min(n.nextSilence, n.clock+n.timing.Fail)
	return endpoint{
		address: e.Address, appVersion: e.AppVersion, generation: e.Generation, heartbeat: e.Heartbeat,
		heard: n.clock, targeted: never, directRound: never,
	}
}

// acquaint learns those that the node begins with.
func (n *Node) acquaint(known gossip.Digest) {
	fresh := make([]endpoint, 0, len(known))
	for _, e := range known {
		if e.Address != n.self {
			fresh = append(fresh, n.learn(e))
		}
	}
	for i := range fresh {
		fresh[i].shaken, fresh[i].opinion = n.growth, true
	}
	n.insert(fresh)
}

// insert merges newly learnt endpoints, sorted by address, into the sorted list.
func (n *Node) insert(fresh []endpoint) {
	if len(fresh) == 0 {
		return
	}
	merged := make([]endpoint, 0, len(n.endpoints)+len(fresh))
	old := n.endpoints
	for len(old) > 0 && len(fresh) > 0 {
		if old[0].address < fresh[0].address {
			merged, old = append(merged, old[0]), old[1:]
		} else {
			merged, fresh = append(merged, fresh[0]), fresh[1:]
		}
	}
	n.endpoints = append(append(merged, old...), fresh...)
}

// Digest is what the node knows, itself included.
func (n *Node) Digest() gossip.Digest {
	d := make(gossip.Digest, 0, len(n.endpoints)+1)
	self := gossip.DigestEntry{
		Address: n.self, AppVersion: gossip.AppVersion, Generation: n.generation, Heartbeat: n.heartbeat,
	}
	placed := false
	for i := range n.endpoints {
		e := &n.endpoints[i]
		if !placed && e.address > n.self {
			d, placed = append(d, self), true
		}
		d = append(d, gossip.DigestEntry{
			Address: e.address, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat,
		})
	}
	if !placed {
		d = append(d, self)
	}
	return d
}

// States is the state of every endpoint the node knows and of itself, except
// the one that is left out (empty: none). Times are when the node last heard of
// each, in wall time and never later than now: an original node takes a future
// time for one of a day ago.
func (n *Node) States(except gossip.Address) gossip.StateMap {
	states := make(gossip.StateMap, 0, len(n.endpoints)+1)
	self := gossip.EndpointState{
		Address: n.self, AppVersion: gossip.AppVersion, Generation: n.generation, Heartbeat: n.heartbeat,
		Status: gossip.StatusNormal, Updated: n.now,
	}
	placed := false
	for i := range n.endpoints {
		e := &n.endpoints[i]
		if !placed && e.address > n.self {
			states, placed = append(states, self), true
		}
		if e.address == except {
			continue
		}
		states = append(states, gossip.EndpointState{
			Address: e.address, AppVersion: e.appVersion, Generation: e.generation, Heartbeat: e.heartbeat,
			Status: n.statusOf(e.address), Updated: n.now.Add(e.heard - n.clock),
		})
	}
	if !placed {
		states = append(states, self)
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
func (n *Node) Known() int { return len(n.endpoints) }

func contains(list []gossip.Address, a gossip.Address) bool { return slices.Contains(list, a) }
