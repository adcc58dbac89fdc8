package tasks

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim/chaos"
)

// ciSeeds is CI's budget of chaos, a minute or so.
const ciSeeds = 2000

// Chaos draws faults from seeds, and looks for a run in which the cluster does
// what it must never do (SEED=N or SEEDS=FROM-TO). A failing run is shrunk and
// kept beside the scenarios' folders.
func Chaos(ctx context.Context, out io.Writer) error {
	first, last, err := chaos.Seeds(os.Getenv("SEED"), os.Getenv("SEEDS"))
	if err != nil {
		return exitError{exitWrongUse, err}
	}
	return hunt(ctx, out, first, last)
}

func hunt(ctx context.Context, out io.Writer, first, last uint64) error {
	runs := scenario.DefaultOptions().Runs
	if v := os.Getenv("RUNS"); v != "" {
		runs = v
	}
	err := chaos.Run(ctx, out, first, last, filepath.Join(runs, "chaos"))
	if errors.Is(err, chaos.ErrFound) {
		return exitError{exitFailed, err}
	}
	return err
}
