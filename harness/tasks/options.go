// Package tasks is the work behind the targets of magefile.go: the demo, the
// scenarios, and what CI runs.
//
// An environment (see harness/settings) and a target's arguments go in; progress
// and tables for people come out, and an error that carries the exit code.
package tasks

import (
	"fmt"
	"io"

	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
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
	o.Seed, o.Runs = v.Seed, v.Runs
	return o, nil
}

// read makes a scenario's options of an environment and of arguments, which are
// settings too.
func read(target string, out io.Writer, environ []string, arguments ...string) (scenario.Options, error) {
	v, err := settings.Read(target, environ, arguments...)
	if err != nil {
		return scenario.Options{}, err
	}
	return options(v, out)
}

// Settings tells what can be set.
func Settings(out io.Writer) error {
	_, err := fmt.Fprintf(out, "Set in the environment, as in SPEED=5 go tool mage demo:\n\n%s\n"+
		"Shares of messages may be written as 0.1 or 10%%.\n", settings.Table())
	return err
}
