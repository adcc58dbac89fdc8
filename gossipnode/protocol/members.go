package protocol

import (
	"slices"

	"gossiprpc/internal/gossip"
)

// learnMembers keeps the provider's list for the next round, registers the node
// again if the list has lost it, and goes on with a join that waits for it.
func (n *Node) learnMembers(list []gossip.Address) {
	n.nextList = list
	if !slices.Contains(list, n.self) {
		n.emit(Rejoin{})
	}
	n.joinThrough(list)
}

// adoptMembers takes the fetched list as the ring, once it holds the node itself
// and every unsuspected member of the list in use: a provider that was restarted
// knows only those who have registered again. It reports whether the ring
// changed.
func (n *Node) adoptMembers() bool {
	list := n.nextList
	n.nextList = nil
	if n.spec.Ring != ListRing || list == nil || slices.Equal(list, n.list) {
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
		if e := n.find(a); !listed[a] && (e == nil || !e.suspected) {
			return false
		}
	}
	n.list = list
	return true
}
