package protocol

import (
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// learnMembers keeps the provider's list for the next round, registers the node
// again if the list has lost it, goes on with a join that waits for it, and looks
// for listed nodes that it does not know.
func (n *Node) learnMembers(list []gossip.Address) {
	n.nextList = list
	if !slices.Contains(list, n.self) {
		n.emit(Rejoin{})
	}
	n.joinThrough(list)
	n.meet(list)
}

// meeting is about how many nodes of a cluster look for strangers in the same round: one that
// meets another cluster tells the rest. In large clusters news of a newcomer takes longer than
// T_fail anyway; when all looked for it, 1,000 nodes shook hands 300 times a second, and did not
// get to join.
const meeting = 64

// meet sends a SYN to a node that has been listed for about T_fail (for two lists that are
// fetched once in T_fail) without this one's having heard of it, one for each list fetched.
// Nodes that joined while messages were lost, or while the provider had forgotten the others,
// could else stay two clusters that never learn of each other: random and rr gossip only to
// whom they know. Of a newcomer digests tell sooner, unless peers are busy, which SYNs would add to.
func (n *Node) meet(list []gossip.Address) {
	if !n.started || n.joining.id != 0 || n.confirmed == 0 || n.busy() || slices.Equal(list, n.met) {
		return
	}
	unmet := map[gossip.Address]time.Duration{}
	var strangers []gossip.Address
	for _, a := range list {
		if a == n.self || n.find(a) != nil {
			continue
		}
		unmet[a] = n.clock
		if since, listed := n.unmet[a]; listed {
			unmet[a] = since
		}
		if n.clock-unmet[a] >= n.timing.Fail-n.timing.Gossip {
			strangers = append(strangers, a)
		}
	}
	n.unmet = unmet
	if len(list) <= meeting || n.rand.IntN(len(list)) < meeting {
		if a, ok := pick(n.rand, strangers); ok {
			n.joinBy(a)
		}
	}
	if len(unmet) == 0 {
		n.met = list
	}
}

// adoptMembers takes the fetched list as the ring, once it holds the node itself
// and every unsuspected member of the list in use: a provider that was restarted
// knows only those who have registered again. A member that this node has never
// heard of does not count: it may be a name that will not come back. It reports
// whether the ring changed.
func (n *Node) adoptMembers() bool {
	if n.spec.Ring != ListRing {
		return false
	}
	if n.replaces(n.nextList) {
		n.list = n.nextList
	}
	n.nextList = nil
	now := ringSource{size: len(n.list), shape: n.shape, young: n.young()}
	if now.size > 0 {
		now.list = &n.list[0]
	}
	if now == n.listedOf {
		return false
	}
	was := n.listed
	n.listed, n.listedOf = n.listRing(), now
	return !slices.Equal(was, n.listed)
}

// ringSource is all that the ring of a list depends on.
type ringSource struct {
	list  *gossip.Address
	size  int
	shape uint64
	young bool
}

func (n *Node) replaces(list []gossip.Address) bool {
	if list == nil || slices.Equal(list, n.list) {
		return false
	}
	listed := make(map[gossip.Address]bool, len(list))
	for _, a := range list {
		listed[a] = true
	}
	if !listed[n.self] || len(listed) != len(list) {
		return false
	}
	for _, a := range n.list {
		if e := n.find(a); !listed[a] && a != n.self && e != nil && !e.suspected {
			return false
		}
	}
	return true
}
