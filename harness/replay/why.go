package replay

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
)

// verdict is the monitor's that a node has failed.
type verdict struct {
	at        time.Duration
	observers []gossip.Address // all suspect the node
}

// witness is what the life of one node had to do with another one.
type witness struct {
	self     gossip.Address
	begins   time.Duration
	ends     time.Duration // its last event
	proper   bool          // its record says that it ended in good order
	hearings []hearing
	opinions []opinion
}

// Why prints how each verdict that a node has failed came about: whose word of it
// was the last and who had it from whom, when each observer began to suspect it,
// and when the monitor declared it.
func (r *Run) Why(out io.Writer, name string) error {
	lives, err := r.of(name)
	if err != nil {
		return err
	}
	node := lives[0].header.Self
	c := chain{run: r, node: node}
	for _, l := range r.lives {
		if err := c.take(l); err != nil {
			return err
		}
	}
	if len(c.verdicts) == 0 {
		_, err := fmt.Fprintf(out, "%s (%s): the monitor has never declared it failed\n", name, node)
		return err
	}
	for i, v := range c.verdicts {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := c.print(out, v); err != nil {
			return err
		}
	}
	return nil
}

// chain is all that the records tell of one node's failures.
type chain struct {
	run       *Run
	node      gossip.Address
	verdicts  []verdict
	own       []*witness // the node's own lives
	witnesses []*witness // of all others'
}

// take plays a life.
func (c *chain) take(l *life) error {
	p, err := l.open()
	if err != nil {
		return err
	}
	defer p.close()
	w := &witness{self: l.header.Self, begins: c.run.at(l, l.first)}
	var failed []consensus.Event
	switch m := p.machine.(type) {
	case *core.Core:
		m.Observe(core.Observer{Input: func(_ time.Time, _ consensus.Input, events []consensus.Event) {
			failed = append(failed, events...)
		}})
	case *process.Process:
		ear := listener{
			about:    c.node,
			heard:    func(_ gossip.Address, h hearing) { w.hearings = append(w.hearings, h) },
			believed: func(_ gossip.Address, o opinion) { w.opinions = append(w.opinions, o) },
		}
		ear.attach(c.run, l, m)
		if w.self == c.node {
			c.own = append(c.own, w)
		} else {
			c.witnesses = append(c.witnesses, w)
		}
	}
	for rec, err := range p.reader.All() {
		if err != nil {
			return fmt.Errorf("%s: %w", l.file, err)
		}
		failed = failed[:0]
		p.machine.Step(rec.Time, rec.Event)
		w.ends = c.run.at(l, rec.Time)
		for _, e := range failed {
			if e.Kind == consensus.Failed && e.Node == c.node {
				c.verdicts = append(c.verdicts, verdict{w.ends, e.Observers})
			}
		}
	}
	w.proper = p.reader.End().Proper
	return nil
}

// doubt is when and why an observer of a verdict began to suspect the node.
type doubt struct {
	witness *witness
	since   opinion // not suspected: its record ends before that
	last    hearing // the last that counted before; zero: none
}

// began is when, or the end of time if no record tells.
func (d doubt) began() time.Duration {
	if !d.since.suspected {
		return math.MaxInt64
	}
	return d.since.at
}

// words are when and why it began.
func (d doubt) words() string {
	if !d.since.suspected {
		return "unknown: its record ends at " + seconds(d.witness.ends)
	}
	return fmt.Sprintf("%s: %s", seconds(d.since.at), d.since.reason)
}

// doubts are those of a verdict's observers, in their order, and at last of those
// whose records end too early. Observers without a record are left out.
func (c *chain) doubts(v verdict) []doubt {
	var all []doubt
	for _, w := range c.witnesses {
		if !slices.Contains(v.observers, w.self) || c.lifeAt(w.self, v.at) != w {
			continue
		}
		d := doubt{witness: w}
		until := w.ends
		for _, o := range w.opinions {
			if o.at <= v.at {
				d.since = o
			}
		}
		if d.since.suspected {
			until = d.since.at
		}
		d.last, _ = lastHearing(w, until, func(h hearing) bool { return h.renewed })
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b doubt) int { return cmp.Compare(a.began(), b.began()) })
	return all
}

// lifeAt is the life of a node that had begun last by then; nil if none had.
func (c *chain) lifeAt(node gossip.Address, at time.Duration) *witness {
	var last *witness
	for _, w := range c.witnesses {
		if w.self == node && w.begins <= at {
			last = w
		}
	}
	return last
}

func lastHearing(w *witness, until time.Duration, counts func(hearing) bool) (hearing, bool) {
	for _, h := range slices.Backward(w.hearings) {
		if h.at <= until && counts(h) {
			return h, true
		}
	}
	return hearing{}, false
}

// hop is a message that carried news of the node.
type hop struct {
	to gossip.Address
	hearing
}

// path follows the news that an observer heard last back to the node's own
// message, the first hop first. It is shorter where a record is missing.
func (c *chain) path(of *witness, h hearing) []hop {
	hops := []hop{{of.self, h}}
	for h.from != c.node {
		var found bool
		if of, h, found = c.source(h); !found {
			break
		}
		hops = append(hops, hop{of.self, h})
	}
	slices.Reverse(hops)
	return hops
}

// source is where the sender of a message had its news from.
func (c *chain) source(h hearing) (*witness, hearing, bool) {
	same := func(o hearing) bool { return o.generation == h.generation && o.heartbeat == h.heartbeat }
	w := c.lifeAt(h.from, h.at)
	if w == nil {
		return nil, hearing{}, false
	}
	before, ok := lastHearing(w, h.at, same)
	return w, before, ok
}

func (c *chain) print(out io.Writer, v verdict) error {
	r := c.run
	fmt.Fprintf(out, "%s (%s): declared failed at %s\n", r.name(c.node), c.node, seconds(v.at))
	for _, w := range slices.Backward(c.own) {
		if w.begins <= v.at {
			fmt.Fprintf(out, "its own record %s\n", endWords(w, v))
			break
		}
	}
	doubts := c.doubts(v)
	if len(doubts) == 0 {
		_, err := fmt.Fprintln(out, "no record of its observers tells since when they suspect it")
		return err
	}
	latest := slices.MaxFunc(doubts, func(a, b doubt) int { return cmp.Compare(a.last.at, b.last.at) })
	fmt.Fprintf(out, "\nthe last word of it was heard by %s, heartbeat %d:\n", r.name(latest.witness.self), latest.last.heartbeat)
	for _, h := range c.path(latest.witness, latest.last) {
		fmt.Fprintf(out, "  %s  %s to %s, %s\n", seconds(h.at), r.name(h.from), r.name(h.to), h.kind)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nobserver\tlast heard of it at\theartbeat\tthrough\tsuspects it since")
	for i, d := range doubts {
		last := ""
		if i == len(doubts)-1 && d.since.suspected {
			last = ", the last"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s%s\n", r.name(d.witness.self), seconds(d.last.at), d.last.heartbeat,
			r.through(c.node, d.last), d.words(), last)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	end := doubts[len(doubts)-1]
	if !end.since.suspected {
		_, err := fmt.Fprintf(out, "\nthe monitor declared it by %d observers; who was the last is not recorded\n",
			len(v.observers))
		return err
	}
	_, err := fmt.Fprintf(out, "\nthe monitor declared it %v after %s began to suspect it, by %d observers\n",
		(v.at - end.since.at).Round(time.Millisecond), r.name(end.witness.self), len(v.observers))
	return err
}

func endWords(w *witness, v verdict) string {
	switch {
	case w.ends > v.at:
		return "goes on after that: it was alive"
	case w.proper:
		return "ends in good order at " + seconds(w.ends)
	}
	return "breaks off at " + seconds(w.ends) + ": it was killed"
}
