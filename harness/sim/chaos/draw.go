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

// Draw makes the plan of a seed.
func Draw(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0xc4a05))
	all := protocol.All()
	p := Plan{
		Seed: seed, Protocol: all[r.IntN(len(all))].Name, Nodes: 2 + r.IntN(9), Aligned: r.IntN(4) > 0,
		Timing: protocol.DefaultTiming(), Chaos: time.Duration(30+r.IntN(90)) * time.Second,
	}
	if r.IntN(8) == 0 {
		p.Nodes = 11 + r.IntN(22)
	}
	p.Victims = 1 + r.IntN(2)
	if r.IntN(4) == 0 {
		p.Victims = 1 + r.IntN(p.Nodes)
	}
	p.Silent = r.IntN(2) == 0
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
	p.drawMachines(r)
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

// drawMachines gives some clusters clocks that are off, names that are looked up
// slowly, and a node that is told of a seed that does not exist.
func (p *Plan) drawMachines(r *rand.Rand) {
	offsets, drifts, slowNames, wrongSeed := r.IntN(4) == 0, r.IntN(4) == 0, r.IntN(8) == 0, r.IntN(8) == 0
	for range p.Nodes {
		m := sim.Machine{}
		if offsets {
			m.Offset = time.Duration(r.IntN(1000)-500) * time.Millisecond
		}
		if drifts {
			m.PPM = int64(r.IntN(401) - 200)
		}
		if slowNames {
			m.Names = time.Duration(r.IntN(200)) * time.Millisecond
		}
		p.Machines = append(p.Machines, m)
	}
	if wrongSeed {
		p.Machines[r.IntN(p.Nodes)].Seed = "nowhere:5000"
	}
	p.Machines = append(p.Machines, sim.Machine{})
}

func (p *Plan) draw(r *rand.Rand, k Kind) Fault {
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
	case Crash, Unplug:
		f.Who = []string{process()}
		if f.Who[0] == harness.Monitor || f.Who[0] == harness.Provider {
			break
		}
		if r.IntN(4) == 0 {
			f.Who = p.some(r, 1+r.IntN(max(1, p.Nodes/2)))
		}
		if r.IntN(3) == 0 {
			f.For = 0
		}
	case Pause:
		f.Who = []string{process()}
	case Slow:
		f.Who, f.Span = []string{node()}, span(300*time.Millisecond)
	case Lose, Duplicate, Reorder:
		f.Share, f.On = r.Float64(), []Links{Peers, Servers}[r.IntN(2)]
		if k == Reorder {
			f.Span = span(4 * time.Second)
		}
	case Cut:
		f.Who = []string{process(), process()}
		if f.Who[0] == f.Who[1] {
			f.Who[1] = harness.Monitor
		}
	case Partition:
		f.Who = p.some(r, 1+r.IntN(p.Nodes))
		if r.IntN(4) == 0 {
			f.Who = []string{process()}
		}
	case Clock:
		f.Who, f.Span = []string{node()}, span(20*time.Second)-10*time.Second
	case Join:
		f.For = 0
	case Case:
		f.Number = 1 + r.IntN(3)
	case Forget:
		f.Who, f.For = []string{node()}, 0
	}
	return f
}

// some draws n different nodes.
func (p *Plan) some(r *rand.Rand, n int) []string {
	var names []string
	for _, i := range r.Perm(p.Nodes)[:n] {
		names = append(names, fmt.Sprintf("node%d", i+1))
	}
	return names
}
