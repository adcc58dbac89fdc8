package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
)

// cases are the three test cases of the README, by scenario.
var cases = []string{"single", "simultaneous", "revive"}

// Demo runs the three cases one after the other in one cluster.
func Demo(ctx context.Context, out io.Writer, environ []string) error {
	o, err := read("demo", out, environ)
	if err != nil {
		return err
	}
	p, _ := protocol.ByName(o.Protocol)
	fmt.Fprintf(out, "%d nodes, %s (PROTOCOL=%s; others: %s). Three cases in one cluster:\n"+
		"one node dies, two die at once, one of them comes back.\n\n",
		o.Nodes, p.Title, p.Name, strings.Join(protocol.Names(), ", "))
	return run(ctx, out, o, shipped("demo"))
}

// Scenario runs one of the scripts that the project ships.
func Scenario(ctx context.Context, out io.Writer, environ []string, name, protocolName, nodes string) error {
	o, err := read("scenario:"+name, out, environ, "PROTOCOL="+protocolName, "NODES="+nodes)
	if err != nil {
		return err
	}
	return run(ctx, out, o, shipped(name))
}

// File runs a script of the user's own.
func File(ctx context.Context, out io.Writer, environ []string, file string) error {
	o, err := read("scenario:run", out, environ)
	if err != nil {
		return err
	}
	return run(ctx, out, o, script{file, os.ReadFile})
}

// All runs the three cases for each protocol, each in a cluster of its own.
func All(ctx context.Context, out io.Writer, environ []string) error {
	o, err := read("scenario:all", out, environ)
	if err != nil {
		return err
	}
	outcomes, err := all(ctx, out, o)
	if err != nil {
		return err
	}
	return conclude(out, outcomes)
}

// Words explains the script language.
func Words(out io.Writer) error {
	fmt.Fprintf(out, "The words of scenario scripts (examples: harness/scenario/scenarios):\n\n%s", scenario.Words())
	return nil
}

func all(ctx context.Context, out io.Writer, o scenario.Options) ([]scenario.Outcome, error) {
	var outcomes []scenario.Outcome
	for _, name := range protocol.Names() {
		for _, kase := range cases {
			if ctx.Err() != nil {
				return outcomes, ctx.Err()
			}
			o.Protocol = name
			fmt.Fprintf(out, "\n%s, %s, %d nodes, SPEED=%g\n", kase, name, o.Nodes, o.Speed)
			outcome, err := runOne(ctx, o, shipped(kase))
			if err != nil {
				return outcomes, err
			}
			fmt.Fprintf(out, "%s\n", outcome.Verdict)
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes, nil
}

// script is where a scenario's text comes from.
type script struct {
	file string
	read func(string) ([]byte, error)
}

func shipped(name string) script {
	return script{path.Join("scenarios", name+".txt"), scenario.Scenarios.ReadFile}
}

func run(ctx context.Context, out io.Writer, o scenario.Options, s script) error {
	outcome, err := runOne(ctx, o, s)
	if err != nil {
		return err
	}
	return conclude(out, []scenario.Outcome{outcome})
}

func runOne(ctx context.Context, o scenario.Options, s script) (scenario.Outcome, error) {
	text, err := s.read(s.file)
	if err != nil {
		return scenario.Outcome{}, settings.Wrongf("scenario: %w", err)
	}
	outcome, err := scenario.Run(ctx, o, s.file, text)
	if errors.Is(err, scenario.ErrScript) {
		return outcome, settings.WrongUse{Err: err}
	}
	return outcome, err
}

// conclude prints the table; it returns an error unless all have passed.
func conclude(out io.Writer, outcomes []scenario.Outcome) error {
	fmt.Fprintf(out, "\n%s\n%s", resultTable(outcomes), reasons(outcomes))
	count := map[harness.Verdict]int{}
	for _, o := range outcomes {
		count[o.Verdict]++
	}
	switch all := len(outcomes); {
	case count[harness.Pass] == all:
	case count[harness.Fail] > 0:
		return failed("%d of %d scenarios did not pass", all-count[harness.Pass], all)
	default:
		return exitError{exitUnknown, fmt.Errorf("%d of %d scenarios could not tell", all-count[harness.Pass], all)}
	}
	if len(outcomes) == 1 {
		fmt.Fprintf(out, "passed; logs in %s\n", outcomes[0].Folder)
	} else {
		fmt.Fprintf(out, "all %d scenarios passed; logs in %s\n", len(outcomes), path.Dir(outcomes[0].Folder))
	}
	return nil
}
