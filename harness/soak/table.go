package soak

import (
	"fmt"
	"maps"
	"slices"

	"gossiprpc/harness/terminal"
)

// Print tells people what a soak came to.
func (out Outcome) Print(screen *terminal.Screen) {
	fmt.Fprintln(screen)
	out.printFaults(screen)
	fmt.Fprintln(screen)
	out.printLies(screen)
	fmt.Fprintln(screen)
	out.printGrowth(screen)
	fmt.Fprintf(screen, "\n%d verdicts of failure. About nodes that ran, excused:\n", out.Verdicts)
	for _, why := range slices.Sorted(maps.Keys(out.Excused)) {
		fmt.Fprintf(screen, "  %d: %s\n", out.Excused[why], why)
	}
	if len(out.Excused) == 0 {
		fmt.Fprintln(screen, "  none")
	}
	for _, why := range out.Reasons {
		fmt.Fprint(screen, screen.Fill("not good: "+why+"\n", 4))
	}
}

func (out Outcome) printFaults(screen *terminal.Screen) {
	t := terminal.Table{Columns: []terminal.Column{
		{Title: "FAULT"},
		{Title: "EPISODES", Right: true},
		{Title: "MISSED", Right: true},
		{Title: "LONGEST", Right: true},
		{Title: "OF ITS BOUND", Right: true},
	}}
	for _, w := range weights {
		if f := out.Found[w.kind]; f != nil {
			longest, part := "", ""
			if f.longest > 0 {
				longest, part = fmt.Sprintf("%.1f s", f.longest.Seconds()), fmt.Sprintf("%.0f %%", 100*f.nearest)
			}
			t.Row(w.kind, f.episodes, f.missed, longest, part)
		}
	}
	screen.Table(t)
}

func (out Outcome) printLies(screen *terminal.Screen) {
	t := terminal.Table{Columns: []terminal.Column{
		{Title: "LIE", Wrap: 30},
		{Title: "TOLD", Right: true},
		{Title: "REFUSED", Right: true},
		{Title: "NO ANSWER", Right: true},
		{Title: "BELIEVED", Right: true},
	}}
	for _, l := range out.Told {
		believed := "" // what is no forgery may be answered
		if l.forged {
			believed = fmt.Sprint(l.believed)
		}
		t.Row(l.name, l.tries, l.refused, l.unanswered, believed)
	}
	screen.Table(t)
}

func (out Outcome) printGrowth(screen *terminal.Screen) {
	t := terminal.Table{Columns: []terminal.Column{
		{Title: "PROCESS"},
		{Title: "GOROUTINES", Right: true},
		{Title: "OPEN FILES", Right: true},
		{Title: "CONNECTIONS", Right: true},
		{Title: "LIVE MEMORY", Right: true},
		{Title: "PEAK", Right: true},
	}}
	change := func(before, after int) string { return fmt.Sprintf("%d to %d", before, after) }
	for _, name := range slices.SortedFunc(maps.Keys(out.After), compareNames) {
		b, a := out.Before[name], out.After[name]
		memory := fmt.Sprintf("%.1f to %.1f MB", float64(b.Memory)/mb, float64(a.Memory)/mb)
		t.Row(name, change(b.Goroutines, a.Goroutines), change(b.Files, a.Files), change(b.Connections, a.Connections),
			memory, fmt.Sprintf("%d MB", a.Peak/mb))
	}
	if len(out.After) == 0 {
		return
	}
	screen.Table(t)
	bounds := "Bounds: %d goroutines, %d open files, %d connections and %d MB more; %d MB once.\n"
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf(bounds,
		moreGoroutines(len(out.After)), moreConnections(len(out.After)), moreConnections(len(out.After)),
		moreMemory/mb, mostPeak/mb), 2))
}

// compareNames has node2 before node10.
func compareNames(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	if a < b {
		return -1
	}
	return 1
}
