package protocol

import "time"

// reportBytesPerSecond bounds the state maps that a node sends to the monitor,
// and stateBytes is about what one endpoint's state takes on the wire
// (docs/DECISIONS.md, decision 11). A state map that would exceed the rate comes less
// often.
const (
	reportBytesPerSecond = 64 << 10
	stateBytes           = 820
)

// In clusters larger than any that originals make, vectors are sent in terse form, about
// cellBytes for each node, and come no faster than vectorBytesPerSecond allows: what state maps
// take in terse form fits beside them. Up to pacedFrom nodes, each change is told at once.
const (
	pacedFrom            = 64
	cellBytes            = 24
	vectorBytesPerSecond = 48 << 10
)

// reportTimers reports once a gossip interval, at an instant of the node's own.
// An unchanged vector is sent too: an original monitor decides only when it is
// told something.
func (n *Node) reportTimers() {
	if n.clock >= n.nextStates {
		n.nextStates = n.clock + n.stateInterval()
		n.emit(ReportStates{States: n.States(""), Count: n.messages})
	}
	if n.clock < n.nextReport {
		return
	}
	n.nextReport = skipTo(n.nextReport, n.timing.Gossip, n.clock)
	n.vectorDirty = true
	if n.started && n.clock >= n.nextMembers {
		n.fetchMembers()
	}
}

// stateInterval is the gossip interval, or longer in a large cluster.
func (n *Node) stateInterval() time.Duration {
	bytes := len(n.endpoints) * stateBytes
	return max(n.timing.Gossip, time.Duration(bytes)*time.Second/reportBytesPerSecond)
}

// reportVector reports a vector that has changed, or is due, as soon as it may.
func (n *Node) reportVector() {
	if !n.vectorDirty || n.clock < n.nextVector {
		return
	}
	n.vectorDirty = false
	if cells := len(n.endpoints); cells > pacedFrom {
		pause := time.Duration(cells*cellBytes) * time.Second / vectorBytesPerSecond
		n.nextVector = max(n.nextVector, n.clock-pause) + pause // a change after a quiet time is told at once
	}
	n.emit(ReportVector{Vector: n.FaultVector(), Generation: n.generation})
}

// fetchMembers asks for the provider's list: every round where the list is the
// ring, else once in T_fail, to notice a provider that has forgotten the node.
func (n *Node) fetchMembers() {
	n.nextMembers = n.clock
	if n.spec.Ring != ListRing {
		n.nextMembers += n.timing.Fail
	}
	for _, e := range n.effects {
		if _, asked := e.(FetchMembers); asked {
			return
		}
	}
	n.emit(FetchMembers{})
}
