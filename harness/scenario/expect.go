package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var expectWords = []string{
	"case", "nodes", "victims", "within", "false-failures", "false-suspicions", "disputed",
	"results", "dead", "alive",
}

// expect compares one fact with the last result, or with the monitor's verdicts as
// they are now.
func (r *run) expect(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	r.expectations++
	what, rest := args[0], args[1:]
	switch what {
	case "dead", "alive":
		return r.expectVerdict(what == "alive", rest)
	case "results":
		return r.expectResults(rest)
	}
	if len(r.cases) == 0 {
		return errors.New("no result yet: await results first")
	}
	c := r.cases[len(r.cases)-1]
	switch what {
	case "case":
		return expectCount("case", rest, c.Case)
	case "nodes":
		return expectCount("nodes", rest, c.Nodes)
	case "false-failures":
		return expectCount("false failures", rest, c.FalseFailures)
	case "false-suspicions":
		return expectCount("false suspicions", rest, c.FalseSuspicions)
	case "disputed":
		return expectCount("disputed verdicts", rest, len(c.Disputed))
	case "victims":
		return r.expectVictims(c, rest)
	case "within":
		return r.expectWithin(c, rest)
	}
	return fmt.Errorf("unknown word %q after expect, known are %s", what, strings.Join(expectWords, ", "))
}

func expectCount(what string, args []string, got int) error {
	if len(args) != 1 {
		return fmt.Errorf("%s: want one number or range", what)
	}
	least, most, err := count(args[0])
	if err != nil {
		return err
	}
	if got < least || got > most {
		return unmetf("%s: expected %s, got %d", what, args[0], got)
	}
	return nil
}

func (r *run) expectVictims(c CaseResult, args []string) error {
	names, err := r.nodesOnly(args)
	if err != nil {
		return err
	}
	if !slices.Equal(names, c.Victims) {
		return unmetf("victims: expected %s, got %s", orNone(names), orNone(c.Victims))
	}
	return nil
}

func (r *run) expectWithin(c CaseResult, args []string) error {
	if len(args) != 1 {
		return errors.New("within: want one length of time")
	}
	limit, err := r.spans().parse(args[0])
	if err != nil {
		return err
	}
	if c.Measured > limit {
		return unmetf("%s after %s: expected within %s", seconds(c.Measured), c.Act, seconds(limit))
	}
	return nil
}

func (r *run) expectVerdict(alive bool, args []string) error {
	names, err := r.nodesOnly(args)
	if err != nil {
		return err
	}
	if err := r.sample(); err != nil {
		return err
	}
	var others []string
	for _, n := range names {
		if r.dead[n] == alive {
			others = append(others, n)
		}
	}
	switch {
	case len(others) == 0:
		return nil
	case alive:
		return unmetf("expected alive, but the monitor holds dead: %s", strings.Join(others, " "))
	}
	return unmetf("expected dead, but the monitor holds alive: %s", strings.Join(others, " "))
}

func (r *run) expectResults(args []string) error {
	cases, err := r.readResults()
	if err != nil {
		return err
	}
	return expectCount("results", args, len(cases))
}
