package interop

import (
	"fmt"
	"io"
	"strings"

	"gossiprpc/harness"
	"gossiprpc/harness/terminal"
)

// PrintTable writes what was seen, a row for each case.
func PrintTable(out io.Writer, reports []Report) {
	screen := terminal.On(out)
	t := terminal.Table{
		Columns: []terminal.Column{
			{Title: "mix", Wrap: 8},
			{Title: "protocol"},
			{Title: "run"},
			{Title: "case", Wrap: 10},
			{Title: "verdict"},
			{Title: "s", Right: true},
			{Title: "note", Wrap: 16},
		},
		Colour: func(_ int, cell string) terminal.Colour {
			switch harness.Verdict(strings.Trim(cell, "()")) {
			case harness.Pass:
				return terminal.Good
			case harness.Fail:
				return terminal.Bad
			}
			return terminal.Plain
		},
	}
	for _, r := range reports {
		run := string(r.Verdict)
		if !r.Required {
			run = "(" + run + ")"
		}
		for _, c := range r.Cases {
			verdict := string(c.Verdict)
			if c.Seen || !r.Required {
				verdict = "(" + verdict + ")"
			}
			t.Row(r.Mix.Name, r.Protocol, run, c.Name, verdict, fmt.Sprintf("%.1f", c.Took.Seconds()), c.Note)
		}
		if len(r.Cases) == 0 {
			t.Row(r.Mix.Name, r.Protocol, run, "", "", "", fmt.Sprint(r.Reasons))
		}
	}
	screen.Table(t)
	fmt.Fprintln(screen, "\nVerdicts in brackets are what was seen; nothing is asked of them.")
}
