// Package claims measures, in virtual time, what the report and the papers behind
// it say of these protocols. In flow a protocol, sizes and a budget of runs; out
// flow numbers with their 95 % confidence intervals. The tests beside it hold
// small budgets against each claim and name its source.
package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

// Share is how many of several runs showed something.
type Share struct {
	Hits, Runs int
}

// Value is the share itself.
func (s Share) Value() float64 { return float64(s.Hits) / float64(s.Runs) }

// Interval is Wilson's 95 % confidence interval, which holds for shares near 0
// and 1 too.
func (s Share) Interval() (low, high float64) {
	const z = 1.959964
	n, p := float64(s.Runs), s.Value()
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}

func (s Share) String() string {
	low, high := s.Interval()
	return fmt.Sprintf("%d of %d: %.4f [%.4f, %.4f]", s.Hits, s.Runs, s.Value(), low, high)
}

// Spread counts the rounds in which news of one node reaches all n, begun in a
// round of the given number in the protocol's cycle; round 0 has offset 1 (report,
// table 1). The protocol must have offsets.
func Spread(s protocol.Spec, n int, round int64) (int, error) {
	c := sim.DefaultConfig(s)
	c.Nodes, c.Joined, c.Spread = n, true, 0
	// The world begins some rounds before, in the middle between two.
	const before = 4
	number := int64(600_000_000)
	number -= number % int64(s.Period(n))
	number += round
	c.Epoch = time.Unix(0, (number-before)*int64(c.Timing.Gossip)).Add(c.Timing.Gossip / 2)
	w, err := sim.New(c)
	if err != nil {
		return 0, err
	}
	w.Run(before*c.Timing.Gossip - c.Timing.Gossip/2 - time.Nanosecond)
	news := w.Node("node1")
	generation, heartbeat := news.Version()
	reached := func() bool {
		for _, name := range w.Nodes() {
			if e, ok := w.Node(name).Digest().Get(news.Self()); !ok || !e.NewerThan(generation, heartbeat-1) {
				return false
			}
		}
		return true
	}
	for rounds := 0; rounds <= 4*n; rounds++ {
		if reached() {
			return rounds, nil
		}
		w.Run(c.Timing.Gossip)
	}
	return 0, fmt.Errorf("%s, %d nodes: news has not reached all in %d rounds", s.Name, n, 4*n)
}

// HalfDies kills half of n nodes at one instant, runs times with other seeds, and
// counts the runs in which a survivor is declared dead before the bound is over.
// missed counts those in which some death was not found within the bound.
func HalfDies(c sim.Config, runs int, seed uint64) (wrong, missed Share, err error) {
	wrong, missed = Share{Runs: runs}, Share{Runs: runs}
	for i := range runs {
		c.Seed = seed + uint64(i)
		dead := c.Nodes / 2
		bound := c.DetectionBound(c.Nodes, dead)
		warm := time.Minute + time.Duration(i)*c.Timing.Gossip/7 // other instants within the cycle
		r, err := sim.Measure(c, warm, bound, func(w *sim.World) {
			names := ring(w)
			// Every other one, or a run of neighbours: by turns, begun elsewhere each time.
			var victims []string
			for k := range dead {
				at := i + k
				if i%2 == 0 {
					at = i + 2*k
				}
				victims = append(victims, names[at%len(names)])
			}
			w.Kill(victims...)
		})
		if err != nil {
			return wrong, missed, err
		}
		if len(r.Mistakes) > 0 {
			wrong.Hits++
		}
		if r.Quality().Missed > 0 {
			missed.Hits++
		}
	}
	return wrong, missed, nil
}

// NeighboursDie kills a run of neighbours in the protocol's ring at one instant, in
// a round of the given number in its cycle, and returns how long the last verdict
// took; None if it did not come within the bound, or if a survivor was declared
// dead. A monitor that hears fewer than half waits once more for the
// bound before it believes them, so that then twice the bound is allowed.
func NeighboursDie(c sim.Config, deaths int, round int64) (time.Duration, error) {
	const before = 20 // rounds
	period := int64(c.Protocol.Period(c.Nodes))
	number := 600_000_000/period*period + round
	c.Epoch = time.Unix(0, (number-before)*int64(c.Timing.Gossip)).Add(c.Timing.Gossip / 2)
	c.Joined, c.Lean = true, true
	bound := c.DetectionBound(c.Nodes, deaths)
	if 2*deaths > c.Nodes {
		bound *= 2
	}
	r, err := sim.Measure(c, before*c.Timing.Gossip, bound, func(w *sim.World) {
		w.Kill(ring(w)[:deaths]...)
	})
	if err != nil {
		return 0, err
	}
	if len(r.Mistakes) > 0 {
		return sim.None, nil
	}
	slowest := time.Duration(0)
	for _, d := range r.Deaths {
		if d.Verdict == sim.None {
			return sim.None, nil
		}
		slowest = max(slowest, d.Verdict)
	}
	return slowest, nil
}

// ring is the order in which the protocol goes through the nodes of a world that
// began joined: they have joined in the order of their numbers, which is not that
// of their addresses.
func ring(w *sim.World) []string {
	names := w.Nodes()
	if w.Config().Protocol.Ring != protocol.ListRing {
		slices.SortFunc(names, func(a, b string) int { return cmp.Compare(w.Address(a), w.Address(b)) })
	}
	return names
}

// Calm measures a cluster in which nothing happens: every suspicion is wrong.
func Calm(c sim.Config, length time.Duration) (sim.Result, error) {
	return sim.Measure(c, time.Minute, length, nil)
}

// TooTight is the smallest of the sizes at which single observers suspect live
// nodes in a calm cluster though nothing is lost: T_fail is shorter than news may
// take there. 0: at none.
func TooTight(c sim.Config, sizes []int, length time.Duration) (int, error) {
	for _, n := range sizes {
		c.Nodes, c.Joined = n, true
		r, err := Calm(c, length)
		if err != nil {
			return 0, err
		}
		if r.Suspicions > 0 {
			return n, nil
		}
	}
	return 0, nil
}

// Untouched is the share of a node's rounds in which no gossip comes to it, with
// random gossip: (1-1/(n-1))^(n-1), which tends to 1/e (SWIM, section 3.1; van
// Renesse's analysis of a gossip round).
func Untouched(c sim.Config, length time.Duration) (Share, error) {
	w, err := sim.New(c)
	if err != nil {
		return Share{}, err
	}
	w.Run(time.Minute)
	touched := map[string]bool{}
	share, round := Share{}, int64(-1)
	w.Observe(sim.Hooks{Step: func(s sim.Step) {
		r, ok := s.Event.(protocol.Receive)
		if !ok || (r.Message.Kind() != "gossip" && r.Message.Kind() != "syn") {
			return
		}
		if now := s.Now.UnixNano() / int64(c.Timing.Gossip); now != round {
			if round >= 0 {
				share.Runs += c.Nodes
				share.Hits += c.Nodes - len(touched)
			}
			round = now
			clear(touched)
		}
		touched[s.Name] = true
	}})
	w.Run(length)
	return share, nil
}
