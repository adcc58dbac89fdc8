package soak

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness"
)

// Kind is what happens in an episode.
type Kind string

// The kinds of episodes. Each ends with all processes running.
const (
	Death     Kind = "kill"      // Who are killed, found dead, and started again
	Interrupt Kind = "interrupt" // the same by one Ctrl-C
	Pause     Kind = "pause"     // Who stand still, are found dead, and go on
	Nap       Kind = "nap"       // Who stand still, nodes for less than T_fail: nobody may be held dead
	Blink     Kind = "blink"     // Who are killed and started again at once: the same
	Away      Kind = "away"      // Who, monitor or provider, end and come back
	Storm     Kind = "storm"     // Who are killed or paused one after the other and come back, too fast to be found
)

// weights say how often each kind is drawn.
var weights = []struct {
	kind  Kind
	often int
}{{Death, 6}, {Interrupt, 2}, {Pause, 3}, {Nap, 2}, {Blink, 2}, {Away, 2}, {Storm, 3}}

// Episode is one fault from its beginning to its end.
type Episode struct {
	Kind Kind
	Who  []string
	For  time.Duration // how long it lasts beyond what is waited for
	Rest time.Duration // how long nothing happens after it
	// Still has, for each of Who in a Storm, whether it is paused, not killed.
	Still []bool
}

func (e Episode) String() string {
	return fmt.Sprintf("%s %s", e.Kind, strings.Join(e.Who, " "))
}

// spared is how many nodes, the first, are never ended: processes that live for as long
// as the soak are what growth shows in.
const spared = 2

// drawer makes episodes of a seed, the same each time.
type drawer struct {
	random *rand.Rand
	nodes  []string
	fail   time.Duration
	// sparing: monitor and provider are not ended any more, only paused.
	sparing bool
}

func newDrawer(seed uint64, nodes []string, fail time.Duration) *drawer {
	return &drawer{random: rand.New(rand.NewPCG(seed, 0x50a4)), nodes: nodes, fail: fail}
}

// next draws an episode.
func (d *drawer) next() Episode {
	e := Episode{Kind: d.kind(), For: d.span(2 * d.fail), Rest: d.span(d.fail)}
	switch e.Kind {
	case Away:
		e.Who = []string{[]string{harness.Monitor, harness.Provider}[d.random.IntN(2)]}
		if d.sparing {
			e.Kind = Nap
		}
	case Nap:
		e.For = d.span(d.fail * 2 / 5)
		e.Who = d.some(d.nodes, 1+d.random.IntN(max(1, len(d.nodes)/4)))
	case Pause:
		e.Who = d.some(d.nodes, d.few())
	case Blink:
		e.Who = d.some(d.nodes[spared:], 1)
	case Storm:
		e.Who = d.some(d.nodes[spared:], min(d.most(), 2+d.random.IntN(3)))
		for range e.Who {
			e.Still = append(e.Still, d.random.IntN(2) == 0)
		}
	default:
		e.Who = d.some(d.nodes[spared:], d.few())
	}
	return e
}

func (d *drawer) kind() Kind {
	total := 0
	for _, w := range weights {
		total += w.often
	}
	at := d.random.IntN(total)
	for _, w := range weights {
		if at -= w.often; at < 0 {
			return w.kind
		}
	}
	panic("unreachable: the weights have been summed up")
}

// few is mostly one node, at times as many as may be down at once.
func (d *drawer) few() int {
	if d.random.IntN(3) > 0 {
		return 1
	}
	return 1 + d.random.IntN(d.most())
}

// most is how many nodes are down at once: fewer than half. With half of them down one
// late heartbeat makes a monitor deaf, and it may take twice the bound then
// (docs/DECISIONS.md, decision 7).
func (d *drawer) most() int { return (len(d.nodes) - 1) / 2 }

func (d *drawer) some(names []string, n int) []string {
	n = min(n, len(names))
	picked := make([]string, n)
	for i, at := range d.random.Perm(len(names))[:n] {
		picked[i] = names[at]
	}
	slices.Sort(picked)
	return picked
}

// span is a length of time up to most.
func (d *drawer) span(most time.Duration) time.Duration {
	return time.Duration(1 + d.random.Int64N(int64(most)))
}
