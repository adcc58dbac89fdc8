package tasks

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// resultTable shows what was expected, what was measured, and what the
// original's authors once recorded.
func resultTable(outcomes []scenario.Outcome) string {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.Style().Format.Header = text.FormatDefault
	w.AppendHeader(table.Row{
		"protocol", "case", "done", "expected", "measured", "as printed", "the original",
		"messages", "false\nfailures", "false\nsuspicions", "verdict",
	})
	for _, o := range outcomes {
		for _, c := range o.Cases {
			w.AppendRow(table.Row{
				o.Protocol, c.Case, c.Act, expectedText(c), seconds(c.Measured), fmt.Sprintf("%.1f s",
					c.Printed), original(o.Protocol, c.Case, c.Nodes),
				c.Messages, c.FalseFailures, c.FalseSuspicions, o.Verdict,
			})
		}
		if len(o.Cases) == 0 {
			w.AppendRow(table.Row{o.Protocol, o.Name, "", "", "", "", "", "", "", "", o.Verdict})
		}
	}
	return w.Render() + "\n" + `measured: from the harness's own kill or restart to the result;
as printed: from the menu entry, by the monitor; the original: what its authors once recorded (at SPEED=1),
a baseline only.` + "\n"
}

func expectedText(c scenario.CaseResult) string {
	state := "dead"
	if c.Case == 3 {
		state = "alive"
	}
	return fmt.Sprintf("%s %s in %s", strings.Join(c.Acted, " "), state, seconds(c.Bound))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// reasons lists why runs have not passed, and where their logs are.
func reasons(outcomes []scenario.Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		if o.Verdict == harness.Pass {
			continue
		}
		fmt.Fprintf(&b, "%s %s at %d nodes: %s\n", o.Name, o.Protocol, o.Nodes, o.Verdict)
		for _, r := range o.Reasons {
			fmt.Fprintf(&b, "  %s\n", r)
		}
		fmt.Fprintf(&b, "  see %s (seed %d)\n", o.Folder, o.Seed)
	}
	return b.String()
}
