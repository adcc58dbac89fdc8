package protocol

import (
	"time"

	"gossiprpc/internal/gossip"
)

// Effect is something that must be done, or that is worth knowing: one of
// [Send], [ReportHeartbeat], [ReportStates], [ReportVector], [FetchMembers],
// [Rejoin], [OpinionChanged], [SteppedOver], [PaceMismatch] and [Full].
type Effect interface{ effect() }

// Send calls a peer. Its outcome must come back as [Delivered] or [Failed].
type Send struct {
	ID      uint64
	To      gossip.Address
	Message gossip.Message
}

// ReportHeartbeat tells the monitor that the node is up.
type ReportHeartbeat struct{}

// ReportStates tells the monitor all states the node knows and its running
// message count.
type ReportStates struct {
	States gossip.StateMap
	Count  int32
}

// ReportVector tells the monitor whom the node suspects.
type ReportVector struct {
	Vector     gossip.FaultVector
	Generation int32 // the node's own
}

// FetchMembers asks the provider for its list.
type FetchMembers struct{}

// Rejoin registers the node at a provider that has forgotten it.
type Rejoin struct{}

// Reason says why an opinion changed.
type Reason string

const (
	Silent     Reason = "silent"      // not heard of for T_fail
	MissedSlot Reason = "missed slot" // the sequence check (sequencecheck.go)
	Heard      Reason = "heard"       // heard of again
)

// OpinionChanged is for logs and measurements: the node began or ceased to
// suspect Peer.
type OpinionChanged struct {
	Peer      gossip.Address
	Suspected bool
	Reason    Reason
}

// SteppedOver is for logs: the node met its own entry with a higher version
// than its own, left by an earlier incarnation, and moved past it.
type SteppedOver struct {
	Generation, Heartbeat int32 // from now on
}

// PaceMismatch is for logs: Peer's heartbeats come at another interval than the
// node's own setting. It is said once for each peer.
type PaceMismatch struct {
	Peer     gossip.Address
	Observed time.Duration // between two heartbeats
}

// Full is for logs: the node knows as many others as it may, and learns of no
// more. It is said once.
type Full struct{ Known int }

func (Full) effect()            {}
func (Send) effect()            {}
func (ReportHeartbeat) effect() {}
func (ReportStates) effect()    {}
func (ReportVector) effect()    {}
func (FetchMembers) effect()    {}
func (Rejoin) effect()          {}
func (OpinionChanged) effect()  {}
func (SteppedOver) effect()     {}
func (PaceMismatch) effect()    {}
