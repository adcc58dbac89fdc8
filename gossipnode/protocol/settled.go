package protocol

import (
	"fmt"

	"gossiprpc/internal/gossip"
)

// Settled tells whether the node has done with joining: it has begun its rounds, no
// handshake is under way or due, and all whom its rounds go to have had a digest, but for
// peers that are gone. From then on it is as it will be, until it learns of another peer.
func (n *Node) Settled() bool { return n.Awaits() == "" }

// Awaits says what keeps the node from being settled; empty if it is. The SYNs that
// ask a quiet original for an answer do not count.
func (n *Node) Awaits() string {
	switch {
	case !n.started:
		return "it has not begun its rounds"
	case n.confirmed == 0:
		return "it has found nobody"
	case n.joining.id != 0:
		return "a SYN is under way"
	}
	for a, e := range n.others() {
		if n.shaking(a) && e.counts && !e.gone() {
			return fmt.Sprintf("the handshake that %s began is under way", a)
		}
	}
	for _, a := range n.roundTargets() {
		if e := n.find(a); e != nil && !e.gone() && n.owesHandshake(e) {
			if !e.original() {
				return fmt.Sprintf("a first digest for %s is due", a)
			}
			return fmt.Sprintf("a handshake with %s is due", a)
		}
	}
	for _, c := range n.calls {
		if e := n.find(c.to); e != nil && !e.gone() && c.kind == kindAck2 {
			return "an ACK2 is under way"
		}
	}
	return ""
}

// gone tells of a peer that is suspected, and that the last call has not reached. To
// be suspected is not enough: under random gossip single nodes suspect live ones all
// the time, and shake hands with them in the next round that goes there.
func (e *endpoint) gone() bool { return e.suspected && (e.mute || e.refused) }

// roundTargets is whom the rounds of a cycle go to: under brr a few places of the
// ring only, otherwise all others.
func (n *Node) roundTargets() []gossip.Address {
	var targets []gossip.Address
	if n.spec.Offset == nil {
		for a, e := range n.others() {
			if e.counts {
				targets = append(targets, a)
			}
		}
		return targets
	}
	ring, ok := n.ring()
	if !ok {
		return nil
	}
	for r := range n.spec.Period(ring.size) {
		targets = append(targets, ring.after(n.spec.Offset(int64(r), ring.size)))
	}
	return targets
}
