// Package chaos looks for runs in which the cluster does what it must never do.
//
// In flows a seed; out of it comes a [Plan]: a protocol, a cluster, a network and
// a list of faults, of which a random subset of kinds is turned on (swarm
// testing). [Play] runs a plan in virtual time (package sim) and checks after
// every event what must hold whatever happens; then it heals the cluster and
// requires that the monitor gets everything right within the bound, and that what
// dies after that is found, and ends a case, within the bound of a calm cluster.
// A failing plan is shrunk to few faults ([Shrink]) and kept as a scenario script,
// or as a list of faults where scripts have no word for one.
//
// Verdicts and endings are held against who really runs, never against what the
// monitor was told. What may excuse a wrong verdict is listed in excuse.go, and
// every excuse that was needed is counted.
package chaos

import (
	"cmp"
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

// Plan is all that makes a run: the same plan gives the same run.
type Plan struct {
	Seed     uint64          `json:"seed"`
	Protocol string          `json:"protocol"`
	Nodes    int             `json:"nodes"`
	Aligned  bool            `json:"aligned"`
	Timing   protocol.Timing `json:"timing"`

	Freshness protocol.Freshness `json:"freshness"`
	Peers     sim.Network        `json:"peers"`
	Servers   sim.Network        `json:"servers"`
	Machines  []sim.Machine      `json:"machines"` // node1's first; the last for all others
	Chaos     time.Duration      `json:"chaos"`    // how long faults may last
	Faults    []Fault            `json:"faults"`   // by time
	Victims   int                `json:"victims"`  // killed in the calm afterwards, at most half of those that live
	Silent    bool               `json:"silent"`   // with their computers, which then do not even refuse calls
}

// Kind is what a fault does.
type Kind string

// The kinds of faults. Each lasts for For, and is undone then.
const (
	Crash     Kind = "crash"     // Who end; For 0: for good
	Unplug    Kind = "unplug"    // the same with their computers: calls to them are not even refused
	Pause     Kind = "pause"     // Who stand still
	Slow      Kind = "slow"      // Who take Span for each event
	Lose      Kind = "lose"      // Share of the messages on the links On
	Duplicate Kind = "duplicate" // Share of the requests on them come twice
	Reorder   Kind = "reorder"   // Share of the messages on them come Span later
	Cut       Kind = "cut"       // nothing gets from Who[0] to Who[1]
	Partition Kind = "partition" // Who are cut off from all others
	Clock     Kind = "clock"     // Who's wall clock is set by Span, back at the end
	Join      Kind = "join"      // one more node
	Case      Kind = "case"      // test case Number is typed at the menu, cancel at the end
	Forget    Kind = "forget"    // the monitor is told to forget Who
)

// Kinds lists them all.
func Kinds() []Kind {
	return []Kind{Crash, Unplug, Pause, Slow, Lose, Duplicate, Reorder, Cut, Partition, Clock, Join, Case, Forget}
}

// Links are what a fault of the network lies on.
type Links string

// The links between nodes, and those from nodes to monitor and provider.
const (
	Peers   Links = "peers"
	Servers Links = "servers"
)

// Fault is one thing done to a cluster.
type Fault struct {
	Kind   Kind          `json:"kind"`
	At     time.Duration `json:"at"` // since the cluster has joined
	For    time.Duration `json:"for,omitempty"`
	Who    []string      `json:"who,omitempty"`
	Share  float64       `json:"share,omitempty"`
	Span   time.Duration `json:"span,omitempty"`
	Number int           `json:"number,omitempty"`
	On     Links         `json:"on,omitempty"` // of Lose, Duplicate and Reorder; empty: Peers
}

func (f Fault) links() Links { return cmp.Or(f.On, Peers) }

func (f Fault) String() string {
	s := fmt.Sprintf("%8.3fs %s", f.At.Seconds(), f.Kind)
	if f.For > 0 {
		s += fmt.Sprintf(" for %.3fs", f.For.Seconds())
	}
	if len(f.Who) > 0 {
		s += fmt.Sprintf(" %v", f.Who)
	}
	switch f.Kind {
	case Slow, Clock:
		s += fmt.Sprintf(" by %v", f.Span)
	case Lose, Duplicate:
		s += fmt.Sprintf(" %.0f%% on %s", 100*f.Share, f.links())
	case Reorder:
		s += fmt.Sprintf(" %.0f%% by %v on %s", 100*f.Share, f.Span, f.links())
	case Case:
		s += fmt.Sprintf(" %d", f.Number)
	}
	return s
}
