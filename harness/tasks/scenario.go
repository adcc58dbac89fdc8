package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/lab"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// cases are the three test cases of the README, by scenario.
var cases = []string{"single", "simultaneous", "revive"}

// Demo runs the three cases one after the other in one cluster.
func Demo(ctx context.Context, out io.Writer, environ []string) error {
	o, err := readWatched("demo", out, environ)
	if err != nil {
		return err
	}
	p, _ := protocol.ByName(o.Protocol)
	fmt.Fprintf(out, "%d nodes, %s (PROTOCOL=%s; all: %s).\n"+
		"Three cases in one cluster: one node dies, two die at once, one of them comes\nback.\n\n",
		o.Nodes, p.Title, p.Name, strings.Join(protocol.Names(), ", "))
	return run(ctx, out, o, shipped("demo"))
}

// Scenario runs one of the scripts that the project ships.
func Scenario(ctx context.Context, out io.Writer, environ []string, name, protocolName, nodes string) error {
	o, err := readWatched("scenario:"+name, out, environ, "PROTOCOL="+protocolName, "NODES="+nodes)
	if err != nil {
		return err
	}
	return run(ctx, out, o, shipped(name))
}

// File runs a script of the user's own.
func File(ctx context.Context, out io.Writer, environ []string, file string) error {
	o, err := readWatched("scenario:run", out, environ)
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
	return concludeSoFar(out, outcomes, err)
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
			o.Protocol = name
			outcome, err := announced(ctx, out, o, kase)
			if err != nil {
				return outcomes, err
			}
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

func run(ctx context.Context, out io.Writer, w watched, s script) error {
	outcome, err := runWatched(ctx, out, w, s)
	if err != nil {
		return err
	}
	return conclude(out, []scenario.Outcome{outcome})
}

// runWatched prints the address of a page that shows the run until it ends.
func runWatched(ctx context.Context, out io.Writer, w watched, s script) (outcome scenario.Outcome, err error) {
	if !w.page {
		return runOne(ctx, w.Options, s)
	}
	ready := func(address string) {
		fmt.Fprintf(out, "to watch it: %s/ (until it ends; LIVE_PAGE=off: no page)\n\n", address)
	}
	trouble := func(err error) { fmt.Fprintf(out, "the page: %v\n", err) }
	err = lab.Beside(ctx, ready, trouble, func(opened func(string)) error {
		w.Opened = opened
		outcome, err = runOne(ctx, w.Options, s)
		return err
	})
	return outcome, err
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
	if err == nil && outcome.Verdict != harness.Pass {
		leavePage(ctx, o.Progress, outcome)
	}
	return outcome, err
}

// leavePage puts a page that shows a run into its folder, if it was recorded.
func leavePage(ctx context.Context, p scenario.Progress, o scenario.Outcome) {
	if !hasRecords(o) {
		return
	}
	page, err := lab.Export(context.WithoutCancel(ctx), o.Folder)
	if err != nil {
		p.Event(o.Took, fmt.Sprintf("page of this run: %v", err))
	}
	if page != "" {
		p.Event(o.Took, "see "+page)
	}
}

// hasRecords tells whether a run has left flight records, without which there is
// nothing to show of it.
func hasRecords(o scenario.Outcome) bool {
	_, err := os.Stat(filepath.Join(o.Folder, harness.RecordFolder))
	return !errors.Is(err, fs.ErrNotExist)
}

// showHow prints the command that shows a run in a browser: of several the first that
// did not pass, or else the first.
func showHow(out io.Writer, outcomes []scenario.Outcome) {
	notPassed := slices.IndexFunc(outcomes, func(o scenario.Outcome) bool { return o.Verdict != harness.Pass })
	if shown := outcomes[max(0, notPassed)]; hasRecords(shown) {
		fmt.Fprintf(out, "see it: go tool mage lab:open %s\n", shown.Folder)
	}
}

// concludeSoFar concludes what was run before an error, if any, kept the rest from it.
func concludeSoFar(out io.Writer, outcomes []scenario.Outcome, err error) error {
	switch {
	case err == nil:
		return conclude(out, outcomes)
	case len(outcomes) == 0:
		return err
	}
	return errors.Join(conclude(out, outcomes), err)
}

// conclude prints the table; it returns an error unless all have passed. A single
// script that expects nothing need not.
func conclude(out io.Writer, outcomes []scenario.Outcome) error {
	screen := terminal.On(out)
	printResults(screen, outcomes)
	fmt.Fprintln(out)
	showHow(out, outcomes)
	count := map[harness.Verdict]int{}
	for _, o := range outcomes {
		count[o.Verdict]++
	}
	switch all := len(outcomes); {
	case count[harness.Pass] == all:
	case all == 1 && count[harness.Ran] == 1:
		fmt.Fprintf(out, "%s to its end; the script expects nothing, so nothing was judged\nlogs in %s\n",
			verdict(screen, harness.Ran), outcomes[0].Folder)
		return nil
	case count[harness.Fail] > 0:
		return failed("%d of %d scenarios did not pass", all-count[harness.Pass], all)
	default:
		return exitError{exitUnknown, fmt.Errorf("%d of %d scenarios could not tell", all-count[harness.Pass], all)}
	}
	if len(outcomes) == 1 {
		fmt.Fprintf(out, "%s; logs in %s\n", screen.Paint(terminal.Good, "passed"), outcomes[0].Folder)
	} else {
		fmt.Fprintf(out, "%s; logs in %s\n", screen.Paint(terminal.Good, fmt.Sprintf("all %d scenarios passed",
			len(outcomes))), path.Dir(outcomes[0].Folder))
	}
	return nil
}
