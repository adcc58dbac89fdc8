package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// mostAllocations is what reading one entry of a digest may cost.
const mostAllocations = 1

// ErrSlow is wrapped when a figure is below what is wanted.
var ErrSlow = errors.New("slower than wanted")

// Task compares, and prints the ratios on out.
func Task(ctx context.Context, out io.Writer, environ []string) (err error) {
	if _, err := settings.Read("bench", environ); err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return settings.Wrongf("bench: %s has no /proc to read processor time from", runtime.GOOS)
	}
	if _, err := exec.LookPath("python3"); err != nil {
		return settings.Wrongf("bench: the peer is missing: %w", err)
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	build := exec.CommandContext(ctx, "go", "build", "-o", folder+"/", "./harness/bench/server", "./monitor")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, text)
	}

	screen := terminal.On(out)
	m := measurement{rounds: 9, slice: 400 * time.Millisecond, profile: 5 * time.Second, calm: 12 * time.Second, speed: 1}
	m.tell = func(what string, round int) {
		if round > 0 {
			what = fmt.Sprintf("%s: round %d of %d", what, round, m.rounds)
		}
		screen.NowAndThen(what)
	}
	figures, err := m.codecs(ctx)
	if err != nil {
		return err
	}
	more, err := m.served(ctx, folder)
	if err != nil {
		return err
	}
	monitor, err := m.monitor(ctx, folder)
	if err != nil {
		return err
	}
	nodes, err := m.nodes(ctx, folder)
	if err != nil {
		return err
	}
	whose, err := m.profiled(ctx, folder)
	if err != nil {
		return err
	}
	screen.Clear()
	err = show(screen, slices.Concat(figures, more, []figure{monitor}, nodes), newSample().allocations())
	fmt.Fprint(screen, screen.Fill(whose.String()+"\n", 0))
	return err
}

func show(screen *terminal.Screen, figures []figure, allocations float64) error {
	table := terminal.Table{
		Columns: []terminal.Column{
			{Title: "what"},
			{Title: "beside"},
			{Title: "ratio", Right: true},
			{Title: "rounds", Spare: 1},
			{Title: "wanted"},
			{Title: "result"},
			{Title: "each took, last round: ours, the peer", Wrap: 12, Spare: 2},
		},
		Colour: func(column int, cell string) terminal.Colour {
			switch {
			case column == 5 && cell == "fail":
				return terminal.Bad
			case column == 5:
				return terminal.Good
			default:
				return terminal.Plain
			}
		},
	}
	slow := 0
	for _, f := range figures {
		wanted, result := "", ""
		if f.wanted > 0 {
			wanted, result = fmt.Sprintf("%.3g", f.wanted), "pass"
			if !f.passes() {
				result = "fail"
				slow++
			}
		}
		table.Row(f.what, f.peer, fmt.Sprintf("%.3g", f.median()), f.spread(), wanted, result, f.detail)
	}
	screen.Table(table)
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("\nReading an entry takes %.2g allocations (wanted: %d at most).\n",
		allocations, mostAllocations), 0))
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("Ratio: how many times as much the peer takes, the median of %d rounds, in which the "+
		"sides took turns; rounds: the least and the greatest. Counted is processor time, of the server alone where calls are "+
		"served (%d callers; connections are kept, but Python's server closes them, as the original's does).\n",
		len(figures[0].ratios), callers), 0))
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("The original's monitor is reckoned from what Python takes here to read receiveGossip(32), of which "+
		"one call took %.1f times as much where both were measured; ours may use %d processors, the original runs on one.\n",
		originalReadings, processors), 0))
	fmt.Fprint(screen, screen.Fill("Nodes are those of two clusters that run side by side, random at the original's intervals. "+
		"Python's node behaves as the original does, is written for this project, and is leaner; what is wanted is a third of "+
		"what the original took. Memory is what a process holds alone, and its part of what processes share.\n", 0))
	if allocations > mostAllocations {
		slow++
	}
	if slow > 0 {
		return fmt.Errorf("%d figures: %w", slow, ErrSlow)
	}
	return nil
}
