//go:build mage

package main

import (
	"context"
	"os"

	"gossiprpc/harness/tasks"
)

// replayed is the run that the words after it are about: mage runs the targets of
// one command line in order, so that at and why follow replay.
var replayed string

// Replay plays a run's records again and requires the same effects: replay RUN (its folder, or one record)
func Replay(ctx context.Context, run string) error {
	replayed = run
	return tasks.Replay(ctx, os.Stdout, run)
}

// At prints what a process knew at a time, after replay: replay RUN at 21.4s node3
func At(when, name string) error { return tasks.ReplayAt(os.Stdout, replayed, when, name) }

// Why prints how a node came to be declared failed, after replay: replay RUN why node6
func Why(name string) error { return tasks.ReplayWhy(os.Stdout, replayed, name) }
