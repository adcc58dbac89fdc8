package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gossiprpc/harness/replay"
	"gossiprpc/harness/settings"
)

// Replay plays the records of a run again, given its folder or a single record.
func Replay(ctx context.Context, out io.Writer, path string) error {
	_, err := replay.Folder(ctx, out, path)
	return replayError(err)
}

// ReplayAt prints what a process of a run knew at an instant, such as 21.4s after
// the run's first event.
func ReplayAt(out io.Writer, path, when, name string) error {
	at, err := instant(when)
	if err != nil {
		return err
	}
	return query(out, path, func(r *replay.Run) error { return r.At(out, at, name) })
}

// ReplayWhy prints how the verdicts that a node has failed came about.
func ReplayWhy(out io.Writer, path, name string) error {
	return query(out, path, func(r *replay.Run) error { return r.Why(out, name) })
}

func query(out io.Writer, path string, ask func(*replay.Run) error) error {
	if path == "" {
		return settings.WrongUse{Err: errors.New("of which run? Want: replay RUN at 21.4s node3, or replay RUN why node6")}
	}
	run, err := replay.Open(path)
	if err != nil {
		return replayError(err)
	}
	fmt.Fprintln(out)
	return replayError(ask(run))
}

func replayError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, replay.ErrDiffers):
		return exitError{exitFailed, err}
	}
	return exitError{exitUnknown, err}
}

// instant reads 21.4s, 1m30s or 21.4.
func instant(text string) (time.Duration, error) {
	if s, err := strconv.ParseFloat(strings.TrimSuffix(text, "s"), 64); err == nil {
		text = strconv.FormatFloat(s, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, settings.WrongUse{Err: fmt.Errorf("time %q: want seconds since the run's first event, such as 21.4s", text)}
	}
	return d, nil
}
