// Package tasks is the work behind the targets of magefile.go: the demo, the
// scenarios, and what CI runs.
//
// In flow the environment (PROTOCOL, NODES, SPEED, BACKEND, FRESHNESS, SEED, RUNS; IMAGE and
// PREFIX for containers; SEEDS for chaos) and a target's arguments; out flow progress and tables for people, and an error
// that carries the exit code.
package tasks

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/scenario"
)

// Exit codes of the targets.
const (
	exitFailed   = 1
	exitWrongUse = 2
	exitUnknown  = 2
)

// exitError is an error that mage ends with a code of its own for.
type exitError struct {
	code int
	error
}

// ExitStatus is what mage asks for.
func (e exitError) ExitStatus() int { return e.code }

func (e exitError) Unwrap() error { return e.error }

func wrongUse(format string, args ...any) error {
	return exitError{exitWrongUse, fmt.Errorf(format, args...)}
}

func failed(format string, args ...any) error {
	return exitError{exitFailed, fmt.Errorf(format, args...)}
}

// settings reads the environment. Progress goes to out.
func settings(getenv func(string) string, out io.Writer) (scenario.Options, error) {
	o := scenario.DefaultOptions()
	o.Progress = scenario.NewPrinter(out)
	if v := getenv("PROTOCOL"); v != "" {
		p, ok := protocol.ByName(v)
		if !ok {
			return o, wrongUse("PROTOCOL=%s is unknown, want %s", v, strings.Join(protocol.Names(), ", "))
		}
		o.Protocol = p.Name
	}
	if v := getenv("NODES"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < leastNodes {
			return o, wrongUse("NODES=%s, want a whole number of %d or more", v, leastNodes)
		}
		o.Nodes = n
	}
	if v := getenv("SPEED"); v != "" {
		speed, err := strconv.ParseFloat(v, 64)
		if err != nil || speed < 0.01 || speed > 100 {
			return o, wrongUse("SPEED=%s, want a number from 0.01 to 100", v)
		}
		o.Speed = speed
	}
	if v := getenv("SEED"); v != "" {
		seed, err := strconv.ParseUint(v, 10, 64)
		if err != nil || seed == 0 {
			return o, wrongUse("SEED=%s, want a whole number of 1 or more", v)
		}
		o.Seed = seed
	}
	if v := getenv("FRESHNESS"); v != "" {
		var err error
		if o.Freshness, err = protocol.ParseFreshness(v); err != nil {
			return o, wrongUse("FRESHNESS=%s is unknown, want arrival or emission", v)
		}
	}
	if v := getenv("RUNS"); v != "" {
		o.Runs = v
	}
	var err error
	o.Backend, err = pickBackend(getenv, out)
	return o, err
}
