// Package chaos looks for runs in which the cluster does what it must never do.
//
// In flows a seed; out of it comes a [Plan]: a protocol, a cluster, a network and
// a list of faults, of which a random subset of kinds is turned on (swarm
// testing). [Play] runs a plan in virtual time (package sim) and checks after
// every event what must hold whatever happens; then it heals the cluster and
// requires that the monitor gets everything right within the bound, and finds
// what dies after that within the bound of a calm cluster. A failing plan is
// shrunk to few faults ([Shrink]) and kept as a scenario script, or as a list of
// faults where scripts have no word for one.
package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
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
	Victims   int                `json:"victims"`  // killed in the calm afterwards
}

// Kind is what a fault does.
type Kind string

// The kinds of faults. Each lasts for For, and is undone then.
const (
	Crash     Kind = "crash"     // Who end; For 0: for good
	Pause     Kind = "pause"     // Who stand still
	Slow      Kind = "slow"      // Who take Span for each event
	Lose      Kind = "lose"      // Share of the messages between nodes
	Duplicate Kind = "duplicate" // Share of the requests come twice
	Reorder   Kind = "reorder"   // Share of the messages come Span later
	Cut       Kind = "cut"       // nothing gets from Who[0] to Who[1]
	Partition Kind = "partition" // Who are cut off from all others
	Clock     Kind = "clock"     // Who's wall clock is set by Span, back at the end
	Join      Kind = "join"      // one more node
	Case      Kind = "case"      // test case Number is typed at the menu, cancel at the end
)

// Kinds lists them all.
func Kinds() []Kind {
	return []Kind{Crash, Pause, Slow, Lose, Duplicate, Reorder, Cut, Partition, Clock, Join, Case}
}

// Fault is one thing done to a cluster.
type Fault struct {
	Kind   Kind          `json:"kind"`
	At     time.Duration `json:"at"` // since the cluster has joined
	For    time.Duration `json:"for,omitempty"`
	Who    []string      `json:"who,omitempty"`
	Share  float64       `json:"share,omitempty"`
	Span   time.Duration `json:"span,omitempty"`
	Number int           `json:"number,omitempty"`
}

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
		s += fmt.Sprintf(" %.0f%%", 100*f.Share)
	case Reorder:
		s += fmt.Sprintf(" %.0f%% by %v", 100*f.Share, f.Span)
	case Case:
		s += fmt.Sprintf(" %d", f.Number)
	}
	return s
}

// Draw makes the plan of a seed.
func Draw(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0xc4a05))
	all := protocol.All()
	p := Plan{
		Seed: seed, Protocol: all[r.IntN(len(all))].Name, Nodes: 2 + r.IntN(9), Aligned: r.IntN(4) > 0,
		Timing: protocol.DefaultTiming(), Chaos: time.Duration(30+r.IntN(90)) * time.Second,
	}
	p.Victims = min(1+r.IntN(2), max(1, p.Nodes-2))
	if r.IntN(4) == 0 {
		p.Freshness = protocol.Emission
	}
	delays := []sim.Delay{
		{Shape: sim.Constant, Low: time.Millisecond},
		{Shape: sim.Uniform, Low: 100 * time.Microsecond, High: 20 * time.Millisecond},
		{Shape: sim.Exponential, Low: time.Millisecond, High: 10 * time.Millisecond},
		{Shape: sim.LogNormal, Low: time.Millisecond, High: 5 * time.Millisecond, Sigma: 1},
	}
	p.Peers.Delay, p.Servers.Delay = delays[r.IntN(len(delays))], delays[r.IntN(len(delays))]
	offsets, drifts := r.IntN(4) == 0, r.IntN(4) == 0
	for range p.Nodes {
		m := sim.Machine{}
		if offsets {
			m.Offset = time.Duration(r.IntN(1000)-500) * time.Millisecond
		}
		if drifts {
			m.PPM = int64(r.IntN(401) - 200)
		}
		p.Machines = append(p.Machines, m)
	}
	p.Machines = append(p.Machines, sim.Machine{})
	var on []Kind
	for _, k := range Kinds() {
		if r.IntN(3) == 0 {
			on = append(on, k)
		}
	}
	if len(on) == 0 {
		on = []Kind{Crash}
	}
	for range 1 + r.IntN(12) {
		p.Faults = append(p.Faults, p.draw(r, on[r.IntN(len(on))]))
	}
	slices.SortStableFunc(p.Faults, func(a, b Fault) int { return int(a.At - b.At) })
	return p
}

func (p Plan) draw(r *rand.Rand, k Kind) Fault {
	// A thousandth of a second is enough: instants that coincide are of interest.
	span := func(most time.Duration) time.Duration {
		return time.Duration(1+r.Int64N(int64(most/time.Millisecond))) * time.Millisecond
	}
	f := Fault{Kind: k, At: span(p.Chaos)}
	f.For = span(min(p.Chaos-f.At+time.Millisecond, 40*time.Second))
	node := func() string { return fmt.Sprintf("node%d", 1+r.IntN(p.Nodes)) }
	process := func() string {
		switch r.IntN(8) {
		case 0:
			return harness.Monitor
		case 1:
			return harness.Provider
		}
		return node()
	}
	switch k {
	case Crash:
		f.Who = []string{process()}
		if r.IntN(3) == 0 && f.Who[0] != harness.Monitor && f.Who[0] != harness.Provider {
			f.For = 0
		}
	case Pause:
		f.Who = []string{process()}
	case Slow:
		f.Who, f.Span = []string{node()}, span(300*time.Millisecond)
	case Lose, Duplicate:
		f.Share = r.Float64()
	case Reorder:
		f.Share, f.Span = r.Float64(), span(4*time.Second)
	case Cut:
		f.Who = []string{process(), process()}
		if f.Who[0] == f.Who[1] {
			f.Who[1] = harness.Monitor
		}
	case Partition:
		for i := range p.Nodes {
			if r.IntN(2) == 0 {
				f.Who = append(f.Who, fmt.Sprintf("node%d", i+1))
			}
		}
	case Clock:
		f.Who, f.Span = []string{node()}, span(20*time.Second)-10*time.Second
	case Join:
		f.For = 0
	case Case:
		f.Number = 1 + r.IntN(3)
	}
	return f
}
