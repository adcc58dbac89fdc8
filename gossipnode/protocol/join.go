package protocol

import (
	"time"

	"gossiprpc/internal/gossip"
)

// joining is how far the search for a first peer has come.
type joining struct {
	waiting bool             // for the provider's list
	since   time.Duration    // when waiting began
	listed  bool             // the list has been asked for in this attempt
	queue   []gossip.Address // of the list, not tried yet
	id      uint64           // of the SYN under way, 0: none
}

func (n *Node) connect() {
	n.start()
	n.fetchMembers()
	n.join()
}

// join sends a SYN to the seed. A seed that is the node itself or does not
// answer is replaced by the provider's other nodes in turn (docs/DECISIONS.md, decision
// 5). When all have been tried, or the list has not come for an interval, the next
// round begins anew.
func (n *Node) join() {
	if n.joining.id != 0 || n.joining.waiting && n.clock-n.joining.since < n.timing.Gossip {
		return
	}
	n.joining = joining{}
	if n.seed == "" || n.seed == n.self {
		n.awaitList()
		return
	}
	n.joinBy(n.seed)
}

func (n *Node) joinBy(a gossip.Address) {
	n.count()
	n.joining.id = n.send(a, gossip.Syn{ClusterID: n.clusterID, Digest: n.Digest()})
}

func (n *Node) joinOver(id uint64, delivered bool) {
	if id != n.joining.id {
		return
	}
	n.joining.id = 0
	switch {
	case delivered || n.confirmed > 0:
		n.joining = joining{}
	case len(n.joining.queue) > 0:
		n.joinNext()
	case !n.joining.listed:
		n.awaitList()
	}
}

func (n *Node) awaitList() {
	n.joining.waiting, n.joining.listed, n.joining.since = true, true, n.clock
	n.fetchMembers()
}

// joinThrough goes on with a join that has been waiting for the provider's list.
func (n *Node) joinThrough(list []gossip.Address) {
	if !n.joining.waiting || n.confirmed > 0 {
		return
	}
	n.joining.queue = nil
	for _, a := range list {
		if a != n.self && a != n.seed {
			n.joining.queue = append(n.joining.queue, a)
		}
	}
	n.joining.waiting = false
	n.joinNext()
}

func (n *Node) joinNext() {
	if len(n.joining.queue) == 0 {
		return
	}
	next := n.joining.queue[0]
	n.joining.queue = n.joining.queue[1:]
	n.joinBy(next)
}
