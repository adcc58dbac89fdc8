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

// Clusters larger than any that originals make are crowded. There all that a node reports goes
// with a heartbeat, in one call: opinions change so often, while nodes join or where news takes
// longer than T_fail, that vectors would otherwise be most of what the monitor reads.
//
// A vector about the nodes that the last one was about takes a byte for each. One about others
// takes about cellBytes, and comes once a gossip interval, or less often: no faster than
// vectorBytesPerSecond allows, so that what state maps take fits beside it.
const (
	crowdedFrom          = 65
	cellBytes            = 24
	vectorBytesPerSecond = 48 << 10
)

// Crowded tells whether the node knows of more nodes than originals make a cluster of, or the
// provider's list has more.
func (n *Node) Crowded() bool { return max(len(n.endpoints), len(n.list)) >= crowdedFrom }

// mayReport tells whether a report may be made now: of a crowded cluster, with a heartbeat.
func (n *Node) mayReport() bool { return !n.Crowded() || n.clock == n.beatAt }

// reportTimers reports once a gossip interval, at an instant of the node's own.
// An unchanged vector is sent too: an original monitor decides only when it is
// told something.
func (n *Node) reportTimers() {
	if n.clock >= n.nextStates && n.mayReport() {
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
	if !n.vectorDirty || !n.mayReport() || n.Crowded() && n.shape != n.vectorShape && n.clock < n.nextVector {
		return
	}
	n.vectorDirty, n.vectorShape = false, n.shape
	bytes := len(n.endpoints) * cellBytes
	n.nextVector = n.clock + max(n.timing.Gossip, time.Duration(bytes)*time.Second/vectorBytesPerSecond)
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
