// Package tasks is the work behind the targets of magefile.go: the demo, the
// scenarios, and what CI runs.
//
// An environment (see harness/settings) and a target's arguments go in; progress
// and tables for people come out, and an error that carries the exit code.
package tasks

import (
	"context"
	"fmt"
	"io"

	"gossiprpc/harness/lab"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// Exit codes of the targets.
const (
	exitFailed  = 1
	exitUnknown = 2 // as for wrong use, see settings.WrongUse
)

// exitError is an error that mage ends with a code of its own for.
type exitError struct {
	code int
	error
}

// ExitStatus is what mage asks for.
func (e exitError) ExitStatus() int { return e.code }

func (e exitError) Unwrap() error { return e.error }

// Ended is what a target ends with: if Ctrl-C has ended it, exit code 2, whatever it
// would have come to.
func Ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return exitError{exitUnknown, fmt.Errorf("interrupted, what was found by then is above: %w", err)}
}

func failed(format string, args ...any) error {
	return exitError{exitFailed, fmt.Errorf(format, args...)}
}

// options makes a scenario's options of a target's settings. Progress goes to out.
func options(v settings.Values, out io.Writer) (scenario.Options, error) {
	backend, err := pickBackend(v, out)
	if err != nil {
		return scenario.Options{}, err
	}
	o := scenario.DefaultOptions()
	o.Backend, o.Progress = backend, scenario.NewPrinter(out)
	o.Protocol, o.Nodes, o.Speed, o.Freshness = v.Protocol.Name, v.Nodes, v.Speed, v.Freshness
	o.Seed, o.Runs, o.Begin = v.Seed, v.Runs, scenario.Begin(v.Begin)
	return o, nil
}

// read makes a scenario's options of an environment and of arguments, which are
// settings too.
func read(target string, out io.Writer, environ []string, arguments ...string) (scenario.Options, error) {
	w, err := readWatched(target, out, environ, arguments...)
	return w.Options, err
}

// watched is one scenario to run, perhaps with a page that shows it meanwhile.
type watched struct {
	scenario.Options
	page bool
}

// readWatched is read, with what the user wants of the page. Only real processes of this
// machine can be followed while they run, and only clusters that are recorded.
func readWatched(target string, out io.Writer, environ []string, arguments ...string) (watched, error) {
	v, err := settings.Read(target, environ, arguments...)
	if err != nil {
		return watched{}, err
	}
	o, err := options(v, out)
	if err != nil {
		return watched{}, err
	}
	return watched{o, v.Page && o.Backend.Name() == "local" && o.Nodes <= lab.MostNodes}, nil
}

// Settings tells what can be set.
func Settings(out io.Writer) error {
	screen := terminal.On(out)
	fmt.Fprint(screen, "Set in the environment, as in SPEED=5 go tool mage demo:\n\n")
	screen.Table(settings.Table())
	_, err := fmt.Fprint(screen, "\nShares of messages may be written as 0.1 or 10%.\n")
	return err
}
