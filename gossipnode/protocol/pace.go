package protocol

import (
	"time"

	"gossiprpc/internal/gossip"
)

// paceSample is where the measurement of a peer's heartbeat interval began.
type paceSample struct {
	generation, heartbeat int32
	at                    time.Duration
	strikes               int
}

// paceStrikes is how many windows in a row must be off: one may be a pause.
const paceStrikes = 2

// checkPace compares the peer's heartbeats with the node's own setting, over
// windows of twice T_fail between messages of the peer itself. Nodes of one
// cluster must agree on the intervals; a peer that is half as fast again, or
// slower by as much, is reported once.
func (n *Node) checkPace(peer gossip.Address, e *endpoint) {
	s, ok := n.pace[peer]
	switch {
	case !ok || s.generation != e.generation || e.heartbeat < s.heartbeat:
		n.pace[peer] = paceSample{generation: e.generation, heartbeat: e.heartbeat, at: n.clock}
		return
	case s.strikes == paceStrikes || n.clock-s.at < 2*n.timing.Fail:
		return
	}
	observed := (n.clock - s.at) / time.Duration(max(e.heartbeat-s.heartbeat, 1))
	next := paceSample{generation: e.generation, heartbeat: e.heartbeat, at: n.clock}
	if observed > n.timing.Heartbeat*3/2 || observed < n.timing.Heartbeat*2/3 {
		next.strikes = s.strikes + 1
		if next.strikes == paceStrikes {
			n.emit(PaceMismatch{Peer: peer, Observed: observed})
		}
	}
	n.pace[peer] = next
}
