package scale

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/figures"
	"gossiprpc/harness/terminal"
)

// sizes reads "1000" or "8,32,128": each size once, the smallest first.
func sizes(nodes string) []string {
	all := strings.Split(nodes, ",")
	slices.SortFunc(all, func(a, b string) int { // what is no number is refused later, as a setting
		m, _ := strconv.Atoi(a)
		n, _ := strconv.Atoi(b)
		return cmp.Compare(m, n)
	})
	return slices.Compact(all)
}

// growth is what a figure shows of a report.
func (r Report) growth(nodes int) figures.Growth {
	g := figures.Growth{Nodes: nodes, Sent: r.Sent, Death: r.death().Took, Bound: r.death().Bound}
	for _, s := range r.Steps {
		if s.Name == joined {
			g.Joined = s.Took
		}
	}
	for _, c := range r.Costs {
		spent := figures.Spent{Cores: c.Cores, Memory: c.Memory}
		switch c.Name {
		case harness.Monitor:
			g.Monitor = spent
		case harness.Provider:
			g.Provider = spent
		case allNodes:
			g.AllNodes = spent
		}
	}
	return g
}

// curve writes what runs of several sizes took, as a table and as a figure, into folder.
func curve(screen *terminal.Screen, folder, protocol string, calm time.Duration, all []figures.Growth) error {
	name := "scale-" + protocol
	var text strings.Builder
	if err := writeGrowth(&text, all); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, name+".csv"), []byte(text.String()), 0o644); err != nil {
		return err
	}
	note := fmt.Sprintf("One run each on one machine; processor, memory and gossip over %v in which nothing happened.", calm)
	if err := figures.DrawGrowth(folder, name, "What a cluster of "+protocol+" takes", note, all); err != nil {
		return err
	}
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("\nWritten: %s, .png and .svg.\n", filepath.Join(folder, name+".csv")), 0))
	return nil
}

func writeGrowth(w io.Writer, all []figures.Growth) error {
	table := csv.NewWriter(w)
	rows := [][]string{{
		"nodes", "joined_s", "death_s", "bound_s", "sent_bytes_s",
		"nodes_cores", "nodes_bytes", "monitor_cores", "monitor_bytes", "provider_cores", "provider_bytes",
	}}
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	seconds := func(d time.Duration) string { return number(d.Round(time.Millisecond).Seconds()) }
	for _, g := range all {
		row := []string{strconv.Itoa(g.Nodes), seconds(g.Joined), seconds(g.Death), seconds(g.Bound), strconv.FormatFloat(g.Sent, 'f', 0, 64)}
		for _, s := range []figures.Spent{g.AllNodes, g.Monitor, g.Provider} {
			row = append(row, strconv.FormatFloat(s.Cores, 'f', 4, 64), strconv.FormatInt(s.Memory, 10))
		}
		rows = append(rows, row)
	}
	return table.WriteAll(rows)
}

// each runs clusters of several sizes one after the other. Those that failed are counted, and drawn
// as far as they came; one that cannot be run ends it.
func each(ctx context.Context, screen *terminal.Screen, all []Options) (grown []figures.Growth, err error) {
	failed := 0
	for _, o := range all {
		report, err := o.run(ctx, screen)
		if len(report.Costs) > 0 {
			grown = append(grown, report.growth(o.Nodes))
		}
		if err != nil && !errors.Is(err, ErrFailed) {
			return grown, err
		}
		if err != nil {
			failed++
		}
	}
	if failed > 0 {
		return grown, fmt.Errorf("%d of %d runs: %w", failed, len(all), ErrFailed)
	}
	return grown, nil
}
