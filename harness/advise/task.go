package advise

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
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

// Task answers the question on out.
func Task(ctx context.Context, out io.Writer, environ []string, name, nodes, loss string) error {
	q, err := read(environ, name, nodes, loss)
	if err != nil {
		return err
	}
	q.introduce(out)
	rules := []protocol.Freshness{protocol.Arrival, protocol.Emission}
	if !q.Protocol.Hearsay(false) {
		rules = rules[:1]
		fmt.Fprintf(out, "%s hears of a node only from itself: --freshness makes no difference to it.\n\n", q.Protocol.Title)
	}
	for _, rule := range rules {
		q.Freshness = rule
		if err := q.advise(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// introduce says what is asked, and how to read the answers.
func (q Question) introduce(out io.Writer) {
	fmt.Fprintf(out, "%s, %d nodes, %g %% of messages between nodes lost and "+
		"%g %% of those to the monitor (SERVERS_LOSS);\n",
		q.Protocol.Title, q.Nodes, 100*q.Loss, 100*q.ServersLoss)
	fmt.Fprintf(out, "heartbeat %v, gossip %v, T_fail %v (HEARTBEAT, GOSSIP, FAIL).\n",
		q.Timing.Heartbeat, q.Timing.Gossip, q.Timing.Fail)
	fmt.Fprintf(out, "Each setting tried: %d simulated runs of %v from seed %d, rounds aligned, delays of 1 ms;\n",
		q.Runs, q.Calm, q.Seed)
	fmt.Fprintf(out, `at the end of each a node is killed.
Safe: no verdict about a running node was wrong, and each death was found. "Observers too": each single
observer is right for %g %% of the time as well. Wrong verdicts are out of so many node-hours; what no run has
shown may still happen, but less often than in brackets (95 %%). B/s and calls/s: of one node, to its peers.
T_fail is tried in steps of a tenth, 1.1 to 200 gossip intervals, by halving: should safety come and go
between them, that is not seen.

`, 100*q.Accuracy)
}

func (q Question) advise(ctx context.Context, out io.Writer) error {
	now, err := q.Ask(ctx, q.Timing)
	if err != nil {
		return err
	}
	safe := func(a Answer) bool { return a.Safe() }
	both := func(a Answer) bool { return a.SafeForObservers(q.Accuracy) }
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "--freshness %v\tgossip\tT_fail\tfound in, s\tB/s\tcalls/s\tobservers right\twrong verdicts\n",
		q.Freshness)
	line(table, "as given", now, true)
	fail, failOK, err := q.SmallestFail(ctx, safe)
	if err != nil {
		return err
	}
	line(table, fmt.Sprintf("smallest T_fail at gossip %v", q.Timing.Gossip), fail, failOK)
	failBoth, failBothOK, err := q.SmallestFail(ctx, both)
	if err != nil {
		return err
	}
	line(table, "  observers too", failBoth, failBothOK)
	gossip, gossipOK, err := q.LongestGossip(ctx, safe)
	if err != nil {
		return err
	}
	line(table, fmt.Sprintf("longest gossip at T_fail %v", q.Timing.Fail), gossip, gossipOK)
	gossipBoth, gossipBothOK, err := q.LongestGossip(ctx, both)
	if err != nil {
		return err
	}
	line(table, "  observers too", gossipBoth, gossipBothOK)
	if err := table.Flush(); err != nil {
		return err
	}
	for _, w := range q.warnings(now, fail, failOK, failBoth, failBothOK) {
		fmt.Fprintf(out, "  warning: %s\n", w)
	}
	if least := ladder[0]; failOK && fail.Timing.Fail == round(least*float64(q.Timing.Gossip)) {
		fmt.Fprintf(out, "  note: %v is the least that was tried; T_fail must be above the gossip interval\n",
			fail.Timing.Fail)
	}
	fmt.Fprintln(out)
	return nil
}

func line(out io.Writer, what string, a Answer, ok bool) {
	if !ok {
		fmt.Fprintf(out, "  %s\tnone tried will do\n", what)
		return
	}
	fmt.Fprintf(out, "  %s\t%v\t%v\t%s\t%.3g\t%.2g\t%.2f %%\t%s\n", what, a.Timing.Gossip, a.Timing.Fail, a.Detection,
		a.Bytes.Mean, a.Messages.Mean, 100*a.Observers.Accuracy.Mean, verdicts(a))
}

func verdicts(a Answer) string {
	if a.Wrong > 0 {
		return fmt.Sprintf("%d WRONG in %.0f h", a.Wrong, math.Ceil(a.Verdicts.Hours))
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
