package tasks

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/soak"
	"gossiprpc/harness/terminal"
)

// ciSoak is how long CI soaks a cluster.
const ciSoak = 75 * time.Second

// Soak has a cluster of real processes run under random faults and a liar.
func Soak(ctx context.Context, out io.Writer, environ []string, duration string) error {
	v, err := settings.Read("soak", environ)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(duration)
	if err != nil || d < soak.Least {
		return settings.Wrongf("soak %s: want a length of time, such as 20m, %v at least", duration, soak.Least)
	}
	if v.Nodes < soak.LeastNodes || v.Nodes > soak.MostNodes {
		return settings.Wrongf("NODES=%d: a soak wants %d to %d", v.Nodes, soak.LeastNodes, soak.MostNodes)
	}
	if v.Given("BACKEND") && v.Backend != "local" {
		return settings.Wrongf("BACKEND=%s: a soak is of processes of this machine, local", v.Backend)
	}
	if runtime.GOOS != "linux" {
		return settings.Wrongf("soak: %s has no /proc to count open files in, and one loopback address only",
			runtime.GOOS)
	}
	return soaked(ctx, out, v, d)
}

// ciSoaked is Soak as a part of Test, which reads its own settings.
func ciSoaked(ctx context.Context, out io.Writer, v settings.Values) error {
	if runtime.GOOS != "linux" {
		fmt.Fprintln(out, "no soak: it needs Linux")
		return nil
	}
	v.Speed, v.Nodes = 5, 8
	return soaked(ctx, out, v, ciSoak)
}

// soaked soaks a cluster of the settings, and prints how it went.
func soaked(ctx context.Context, out io.Writer, v settings.Values, d time.Duration) error {
	screen := terminal.On(out)
	o := soak.Options{
		Duration: d, Protocol: v.Protocol, Freshness: v.Freshness, Nodes: v.Nodes, Speed: v.Speed, Seed: v.Seed,
		Runs: v.Runs,
	}
	outcome, err := soak.Run(ctx, o, func(line string) { fmt.Fprint(screen, screen.Fill(line+"\n", 12)) })
	if err != nil {
		return err
	}
	outcome.Print(screen)
	fmt.Fprintf(screen, "\n%s after %v; logs in %s; again with SEED=%d\n", verdict(screen, outcome.Verdict),
		outcome.Took.Round(time.Second), outcome.Folder, outcome.Seed)
	if _, err := os.Stat(filepath.Join(outcome.Folder, harness.RecordFolder)); err == nil {
		fmt.Fprintf(screen, "see it: go tool mage lab:open %s\n", outcome.Folder)
	}
	switch outcome.Verdict {
	case harness.Pass:
		return nil
	case harness.Fail:
		return failed("%d things were not as they must be", len(outcome.Reasons))
	default:
		return exitError{exitUnknown, fmt.Errorf("the soak could not tell: %d doubts", len(outcome.Reasons))}
	}
}
