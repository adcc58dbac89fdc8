package tasks

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"gossiprpc/harness/settings"
	"gossiprpc/harness/sim/chaos"
)

// ciSeeds is CI's budget of chaos, a minute or so.
const ciSeeds = 2000

// Chaos draws faults from seeds, and looks for a run in which the cluster does
// what it must never do (SEED or SEEDS). A failing run is shrunk and kept beside
// the scenarios' folders.
func Chaos(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("chaos", environ)
	if err != nil {
		return err
	}
	return hunt(ctx, out, v.FirstSeed, v.LastSeed, v.Runs)
}

// ChaosReplay plays a plan that chaos has kept again.
func ChaosReplay(out io.Writer, path string) error {
	failure, err := chaos.Replay(out, path)
	switch {
	case err != nil:
		return settings.WrongUse{Err: err}
	case failure != nil:
		return exitError{exitFailed, failure}
	}
	return nil
}

func hunt(ctx context.Context, out io.Writer, first, last uint64, runs string) error {
	err := chaos.Run(ctx, out, first, last, filepath.Join(runs, "chaos"))
	if errors.Is(err, chaos.ErrFound) {
		return exitError{exitFailed, err}
	}
	return err
}
