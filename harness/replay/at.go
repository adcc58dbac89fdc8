package replay

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/core"
)

// At prints what a process knew at an instant, given as time since the run's first
// event: a node's endpoints, or the monitor's verdicts.
func (r *Run) At(out io.Writer, when time.Duration, name string) error {
	l, err := r.living(name, when)
	if err != nil {
		return err
	}
	p, err := l.open()
	if err != nil {
		return err
	}
	defer p.close()
	k := knowledge{map[gossip.Address]hearing{}, map[gossip.Address]opinion{}}
	if node, ok := p.machine.(*process.Process); ok {
		ear := listener{heard: k.hear, believed: k.believe}
		ear.attach(r, l, node)
	}
	events, over, err := r.playUntil(p, l, when)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s (%s), life %d, at %s, after %s of its events%s\n",
		l.name, l.header.Self, l.number, seconds(when), thousands(events), over)
	switch m := p.machine.(type) {
	case *process.Process:
		return r.nodeKnew(out, l, m.Node(), k)
	case *core.Core:
		live, dead := m.AliveDead()
		_, err := fmt.Fprintf(out, "alive:  %s\nfailed: %s\n", r.namesOf(live), r.namesOf(dead))
		return err
	}
	return fmt.Errorf("%s is neither a node nor the monitor", l.name)
}

// knowledge is where a node has what it knows of endpoints from.
type knowledge struct {
	heard    map[gossip.Address]hearing // the last that counted as having heard of it
	believed map[gossip.Address]opinion
}

func (k knowledge) hear(of gossip.Address, h hearing) {
	if h.renewed {
		k.heard[of] = h
	}
}

func (k knowledge) believe(of gossip.Address, o opinion) { k.believed[of] = o }

// living is the life of a process that had begun last by then.
func (r *Run) living(name string, when time.Duration) (*life, error) {
	lives, err := r.of(name)
	if err != nil {
		return nil, err
	}
	begun := func(l *life) bool { return r.at(l, l.first) <= when }
	i := slices.IndexFunc(lives, func(l *life) bool { return !begun(l) })
	switch {
	case i == 0:
		return nil, fmt.Errorf("%s started at %s, after %s", name, seconds(r.at(lives[0], lives[0].first)), seconds(when))
	case i < 0:
		i = len(lives)
	}
	return lives[i-1], nil
}

// playUntil plays a life's events up to the given instant. If the record ends
// before it, over says so.
func (r *Run) playUntil(p *player, l *life, when time.Duration) (events int, over string, err error) {
	last := l.first
	for rec, err := range p.reader.All() {
		if err != nil {
			return events, "", fmt.Errorf("%s: %w", l.file, err)
		}
		if r.at(l, rec.Time) > when {
			return events, "", nil
		}
		p.machine.Step(rec.Time, rec.Event)
		last = rec.Time
		events++
	}
	return events, ", the last of them at " + seconds(r.at(l, last)), nil
}

func (r *Run) nodeKnew(out io.Writer, l *life, n *protocol.Node, k knowledge) error {
	if n == nil {
		_, err := fmt.Fprintln(out, "it waits for the provider, and knows nothing yet")
		return err
	}
	generation, heartbeat := n.Version()
	fmt.Fprintf(out, "protocol %s, generation %d, heartbeat %d\n", n.Protocol().Name, generation, heartbeat)
	fmt.Fprintln(out, r.roundWords(l, n))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nendpoint\tgeneration\theartbeat\theard of at\tthrough\tsuspected")
	for e := range n.Endpoints() {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\n", r.name(e.Address), e.Generation, e.Heartbeat,
			seconds(r.at(l, e.Heard)), r.through(e.Address, k.heard[e.Address]), r.suspicionWords(l, e, k.believed[e.Address]))
	}
	return table.Flush()
}

func (r *Run) roundWords(l *life, n *protocol.Node) string {
	round, ok := n.NextRound()
	if !ok {
		return "its rounds have not started"
	}
	to := r.name(round.Target)
	if round.Target == "" {
		to = "nobody yet"
		if n.Protocol().Offset == nil {
			to = "whom it draws then"
		}
	}
	return fmt.Sprintf("next round: %d at %s, to %s", round.Number, seconds(r.at(l, round.At)), to)
}

// through is whose message it was.
func (r *Run) through(endpoint gossip.Address, h hearing) string {
	switch h.from {
	case "":
		return "-"
	case endpoint:
		return "itself (" + h.kind + ")"
	}
	return fmt.Sprintf("%s (%s)", r.name(h.from), h.kind)
}

func (r *Run) suspicionWords(l *life, e protocol.Endpoint, o opinion) string {
	switch {
	case e.Suspected:
		return fmt.Sprintf("since %s: %s", seconds(o.at), o.reason)
	case e.LearntOf:
		return "due at " + seconds(r.at(l, e.Due)) + ", only learnt of"
	}
	return "due at " + seconds(r.at(l, e.Due))
}

func (r *Run) namesOf(list []gossip.Address) string {
	if len(list) == 0 {
		return "nobody"
	}
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = r.name(a)
	}
	return strings.Join(names, ", ")
}
