package tasks

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/authors"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/terminal"
)

// printResults shows what was expected, what was measured, and what the original's
// authors once recorded. A narrow window has no room for all of it.
func printResults(out *terminal.Screen, outcomes []scenario.Outcome) {
	t := terminal.Table{
		Columns: []terminal.Column{
			{Title: "protocol", Same: true},
			{Title: "case", Right: true},
			{Title: "run", Wrap: 16, Same: true, Spare: 4},
			{Title: "begun", Same: true, Spare: 2},
			{Title: "done", Wrap: 11, Spare: 5}, // expected says it too
			{Title: "expected", Wrap: 14},
			{Title: "measured", Right: true},
			{Title: "as printed", Right: true, Spare: 3},
			{Title: "the original", Right: true},
			{Title: "messages", Right: true, Spare: 1},
			{Title: "false failures", Right: true, Same: true},
			{Title: "false suspicions", Right: true, Same: true},
			{Title: "verdict", Same: true},
		},
		Colour: func(_ int, cell string) terminal.Colour { return verdictColour(harness.Verdict(cell)) },
		More:   "; a wider window shows more, results.jsonl all",
	}
	for _, o := range outcomes {
		for _, c := range o.Cases {
			t.Row(o.Protocol, c.Case, runText(o), begunText(c), c.Act, expectedText(c), seconds(c.Measured),
				fmt.Sprintf("%.1f s", c.Printed), authors.Time(o.Protocol, c.Case, c.Nodes, o.Speed),
				c.Messages, c.FalseFailures, c.FalseSuspicions, o.Verdict)
		}
		if len(o.Cases) == 0 {
			t.Row(o.Protocol, "", runText(o), "", o.Name, "", "", "", "", "", "", "", o.Verdict)
		}
	}
	if len(outcomes) != 1 || len(outcomes[0].Cases) > 0 {
		fmt.Fprintln(out)
		out.Table(t)
		fmt.Fprintf(out, "\n%s\n", out.Paint(terminal.Faint, out.Fill(legend, 0)))
	}
	fmt.Fprint(out, reasons(out, outcomes))
}

const legend = `measured: from the harness's own kill or restart to the result;
begun: at rest, or just joined, when handshakes still carry news;
as printed: from the menu entry, by the monitor;
the original: what its authors once recorded, divided by SPEED, a baseline only.`

func verdictColour(v harness.Verdict) terminal.Colour {
	switch v {
	case harness.Pass:
		return terminal.Good
	case harness.Fail:
		return terminal.Bad
	case harness.Unknown:
		return terminal.Unsure
	}
	return terminal.Plain
}

// verdict is the word for people.
func verdict(out *terminal.Screen, v harness.Verdict) string {
	return out.Paint(verdictColour(v), string(v))
}

func runText(o scenario.Outcome) string {
	return fmt.Sprintf("%s, %d nodes, SPEED=%g, %s, seed %d", o.Backend, o.Nodes, o.Speed, o.Freshness, o.Seed)
}

func begunText(c scenario.CaseResult) string {
	if c.AtRest {
		return "at rest"
	}
	return "just joined"
}

func expectedText(c scenario.CaseResult) string {
	state := "dead"
	if c.Case == 3 {
		state = "alive"
	}
	return fmt.Sprintf("%s %s within %s", strings.Join(c.Acted, " "), state, seconds(c.Bound))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// reasons lists why runs have not passed, and where their logs are.
func reasons(out *terminal.Screen, outcomes []scenario.Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		if o.Verdict == harness.Pass || o.Verdict == harness.Ran && len(outcomes) == 1 {
			continue
		}
		fmt.Fprintf(&b, "\n%s %s at %d nodes: %s\n", o.Name, o.Protocol, o.Nodes, verdict(out, o.Verdict))
		for _, r := range o.Reasons {
			b.WriteString(out.Fill("  "+r+"\n", 4))
		}
		fmt.Fprintf(&b, "  see %s (seed %d)\n", o.Folder, o.Seed)
	}
	return b.String()
}
