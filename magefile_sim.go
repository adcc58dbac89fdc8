//go:build mage

package main

import (
	"context"
	"os"

	"gossiprpc/harness/tasks"
)

// Chaos draws faults from seeds and looks for a run in which the cluster does what it must never do (SEEDS=1-10000; SEED=N)
func Chaos(ctx context.Context) error { return tasks.Chaos(ctx, os.Stdout) }
