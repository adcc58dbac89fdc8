package advise

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

const (
	mostNodes = 512
	accuracy  = 0.99 // of single observers, for the second answer
)

// read makes a question of a target's arguments and of the environment's
// HEARTBEAT, GOSSIP, FAIL, SERVERS_LOSS and SEED.
func read(environ []string, name, nodes, loss string) (Question, error) {
	v, err := settings.Read("advise", environ, "PROTOCOL="+name, "NODES="+nodes, "LOSS="+loss)
	if err != nil {
		return Question{}, err
	}
	if v.Nodes > mostNodes {
		return Question{}, settings.Wrongf("NODES=%d: advise wants %d at most, more take too long to ask", v.Nodes,
			mostNodes)
	}
	q := Question{Accuracy: accuracy, Seed: v.Seed, asked: map[asked]Answer{}}
	q.Protocol, q.Nodes, q.Loss, q.ServersLoss, q.Timing = v.Protocol, v.Nodes, v.Loss, v.ServersLoss, v.Timing
	q.Runs, q.Calm = Budget(q.Nodes, q.Timing)
	return q, nil
}

// mostAsked is how many settings one rule takes: that given, and four searches by
// halving. Some are asked for twice and tried once.
var mostAsked = 1 + 4*bits.Len(uint(len(ladder)))

// Task answers the question on out. When ctx ends, what was found by then is there.
func Task(ctx context.Context, out io.Writer, environ []string, name, nodes, loss string) error {
	q, err := read(environ, name, nodes, loss)
	if err != nil {
		return err
	}
	screen := terminal.On(out)
	q.introduce(screen)
	rules := []protocol.Freshness{protocol.Arrival, protocol.Emission}
	if !q.Protocol.Hearsay(false) {
		rules = rules[:1]
		fmt.Fprintf(screen, "%s hears of a node only from itself: --freshness makes no\ndifference to it.\n\n", q.Protocol.Title)
	}
	q.tell = func(t protocol.Timing, runs int) {
		screen.NowAndThen(fmt.Sprintf("setting %d of %d at most (gossip %v, T_fail %v): %d of %d runs", len(q.asked)+1,
			len(rules)*mostAsked, t.Gossip, t.Fail, runs, q.Runs))
	}
	for _, rule := range rules {
		q.Freshness = rule
		if err := q.advise(ctx, screen); err != nil {
			return err
		}
	}
	return nil
}

// introduce says what is asked, and how to read the answers.
func (q Question) introduce(out *terminal.Screen) {
	text := fmt.Sprintf("%s, %d nodes, %g %% of messages between nodes lost and "+
		"%g %% of those to the monitor (SERVERS_LOSS); heartbeat %v, gossip %v, T_fail %v (HEARTBEAT, GOSSIP, FAIL).\n\n",
		q.Protocol.Title, q.Nodes, 100*q.Loss, 100*q.ServersLoss, q.Timing.Heartbeat, q.Timing.Gossip, q.Timing.Fail)
	text += fmt.Sprintf("Each setting tried: %d simulated runs of %v from seed %d, rounds aligned, delays of 1 ms; "+
		"at the end of each a node is killed.\n", q.Runs, q.Calm, q.Seed)
	text += fmt.Sprintf("Safe: no verdict about a running node was wrong, and each death was found. "+
		"\"Observers too\": each single observer is right for %g %% of the time as well. "+
		"Wrong verdicts are out of so many node-hours; what no run has shown may still happen, "+
		"but less often than in brackets (95 %%). B/s and calls/s: of one node, to its peers.\n", 100*q.Accuracy)
	text += fmt.Sprintf("T_fail is tried in steps of a tenth, %g to %g gossip intervals, by halving: "+
		"should safety come and go between them, that is not seen.\n\n", ladder[0], ladder[len(ladder)-1])
	fmt.Fprint(out, out.Fill(text, 0))
}

// answers are what one rule's table shows.
type answers struct {
	now                Answer
	fail, failBoth     Answer
	failOK, failBothOK bool
}

// advise prints the answers for one rule, as many as there are when ctx ends.
func (q Question) advise(ctx context.Context, out *terminal.Screen) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			{Title: fmt.Sprintf("--freshness %v", q.Freshness), Wrap: 14},
			{Title: "gossip", Right: true},
			{Title: "T_fail", Right: true},
			{Title: "found in, s", Wrap: 7, Right: true},
			{Title: "B/s", Right: true, Spare: 1},
			{Title: "calls/s", Right: true},
			{Title: "observers right", Right: true},
			{Title: "wrong verdicts", Wrap: 10},
		},
		Colour: func(_ int, cell string) terminal.Colour {
			if strings.Contains(cell, wrongWord) {
				return terminal.Bad
			}
			return terminal.Plain
		},
		More: "; a wider window shows more",
	}
	a, err := q.ask(ctx, &table)
	out.Table(table)
	if err != nil {
		return err
	}
	for _, w := range q.warnings(a.now, a.fail, a.failOK, a.failBoth, a.failBothOK) {
		fmt.Fprintln(out, out.Fill(out.Paint(terminal.Unsure, "warning")+": "+w, 4))
	}
	if least := ladder[0]; a.failOK && a.fail.Timing.Fail == round(least*float64(q.Timing.Gossip)) {
		fmt.Fprintln(out, out.Fill(fmt.Sprintf("note: %v is the least that was tried; T_fail must be above the gossip interval",
			a.fail.Timing.Fail), 4))
	}
	fmt.Fprintln(out)
	return nil
}

// ask fills the table row by row.
func (q Question) ask(ctx context.Context, table *terminal.Table) (a answers, err error) {
	safe := func(a Answer) bool { return a.Safe() }
	both := func(a Answer) bool { return a.SafeForObservers(q.Accuracy) }
	if a.now, err = q.Ask(ctx, q.Timing); err != nil {
		return a, err
	}
	line(table, "as given", a.now, true)
	if a.fail, a.failOK, err = q.SmallestFail(ctx, safe); err != nil {
		return a, err
	}
	line(table, fmt.Sprintf("smallest T_fail at gossip %v", q.Timing.Gossip), a.fail, a.failOK)
	if a.failBoth, a.failBothOK, err = q.SmallestFail(ctx, both); err != nil {
		return a, err
	}
	line(table, "- observers too", a.failBoth, a.failBothOK)
	gossip, ok, err := q.LongestGossip(ctx, safe)
	if err != nil {
		return a, err
	}
	line(table, fmt.Sprintf("longest gossip at T_fail %v", q.Timing.Fail), gossip, ok)
	if gossip, ok, err = q.LongestGossip(ctx, both); err != nil {
		return a, err
	}
	line(table, "- observers too", gossip, ok)
	return a, nil
}

func line(table *terminal.Table, what string, a Answer, ok bool) {
	if !ok {
		table.Row(what, "", "", "", "", "", "", "none tried will do")
		return
	}
	table.Row(what, a.Timing.Gossip, a.Timing.Fail, a.Detection, fmt.Sprintf("%.3g", a.Bytes.Mean),
		fmt.Sprintf("%.2g", a.Messages.Mean), fmt.Sprintf("%.2f %%", 100*a.Observers.Accuracy.Mean), verdicts(a))
}

// wrongWord stands out in the table.
const wrongWord = "WRONG"

func verdicts(a Answer) string {
	if a.Wrong > 0 {
		return fmt.Sprintf("%d "+wrongWord+" in %.0f h", a.Wrong, math.Ceil(a.Verdicts.Hours))
	}
	return fmt.Sprintf("0 in %.0f h (< %.2g/h)", math.Ceil(a.Verdicts.Hours), a.Rare())
}

// warnings are about the settings as given.
func (q Question) warnings(now, fail Answer, failOK bool, both Answer, bothOK bool) []string {
	var all []string
	warn := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	t := q.Timing
	if now.Wrong > 0 {
		warn("the settings given are not safe: %d verdicts about running nodes were wrong", now.Wrong)
	}
	if now.Missed > 0 {
		warn("%d of %d deaths were not found", now.Missed, now.Runs)
	}
	if failOK && t.Fail < fail.Timing.Fail*5/4 && now.Wrong == 0 {
		warn("T_fail %v is within a quarter of the smallest that was safe (%v): leave room for slow machines", t.Fail,
			fail.Timing.Fail)
	}
	switch right := now.Observers.Accuracy.Mean; {
	case right < q.Accuracy && bothOK:
		warn("single observers are wrong for %.0f %% of the time; the verdict outweighs them, "+
			"the suspect matrix shows it. T_fail %v would mend it", 100*(1-right), both.Timing.Fail)
	case right < q.Accuracy:
		warn("single observers are wrong for %.0f %% of the time, and no T_fail tried mends it", 100*(1-right))
	}
	if t.Fail < 3*t.Heartbeat {
		warn("T_fail %v is less than three heartbeats of %v: a lost one or two look like a death to the monitor", t.Fail,
			t.Heartbeat)
	}
	if t.Fail < 2*t.Gossip {
		warn("T_fail %v is less than two rounds of %v: one lost message is a suspicion", t.Fail, t.Gossip)
	}
	return all
}
