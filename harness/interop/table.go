package interop

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
)

// PrintTable writes what was seen, a line for each case, as Markdown.
func PrintTable(out io.Writer, reports []Report) {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"mix", "protocol", "run", "case", "verdict", "s", "note"})
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
			t.AppendRow(table.Row{r.Mix.Name, r.Protocol, run, c.Name, verdict, fmt.Sprintf("%.1f", c.Took.Seconds()), c.Note})
		}
		if len(r.Cases) == 0 {
			t.AppendRow(table.Row{r.Mix.Name, r.Protocol, run, "", "", "", fmt.Sprint(r.Reasons)})
		}
	}
	fmt.Fprintln(out, t.RenderMarkdown())
	fmt.Fprintln(out, "\nVerdicts in brackets are what was seen; nothing is asked of them.")
}
