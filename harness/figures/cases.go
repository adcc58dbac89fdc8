package figures

import (
	"context"
	"fmt"
	"math"
	"os"
	"path"
	"strconv"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// caseScripts are the scenario scripts of the three test cases.
var caseScripts = []string{1: "single", 2: "simultaneous", 3: "revive"}

// caseTitles are for people.
var caseTitles = []string{1: "one node dies", 2: "two die at once", 3: "a dead node comes back"}

// point is where a test case is measured.
type point struct {
	Backend   string
	Protocol  string
	Freshness protocol.Freshness
	Begin     scenario.Begin
	Case      int
	Nodes     int
	Speed     float64
}

// caseRun is one test case by a scenario script, as its harness saw it.
type caseRun struct {
	point
	Seed     uint64
	Passed   bool
	Why      string // where it has not passed
	Measured float64
	Found    float64 // from the act until the verdict was seen on all its nodes; NaN: not seen apart
	Messages float64
	False    float64
}

// runCase plays the case's script. Its folder is removed when all went well.
func runCase(ctx context.Context, b harness.Backend, p point, seed uint64, folder string) (caseRun, error) {
	name := caseScripts[p.Case]
	text, err := scenario.Scenarios.ReadFile(path.Join("scenarios", name+".txt"))
	if err != nil {
		return caseRun{}, err
	}
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Seed, o.Runs = b, p.Protocol, p.Nodes, p.Speed, seed, folder
	o.Freshness, o.Begin = p.Freshness, p.Begin
	outcome, err := scenario.Run(ctx, o, name, text)
	if err != nil {
		return caseRun{}, err
	}
	r := caseRun{point: p, Seed: seed, Passed: outcome.Verdict == harness.Pass, Found: math.NaN()}
	if len(outcome.Reasons) > 0 {
		r.Why = outcome.Reasons[0]
	}
	if len(outcome.Cases) == 0 {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.Measured, r.Messages, r.False = math.NaN(), math.NaN(), math.NaN()
		return r, nil
	}
	c := outcome.Cases[len(outcome.Cases)-1]
	r.Measured, r.Messages, r.False = c.Measured.Seconds(), float64(c.Messages), float64(c.FalseFailures)
	if c.Found > 0 {
		r.Found = c.Found.Seconds()
	}
	if r.Passed {
		err = os.RemoveAll(outcome.Folder)
	}
	return r, err
}

// caseRuns plays the cases in virtual time, runs times at each point.
func caseRuns(s Options, folder string) (jobs []job, results []caseRun) {
	var plan []point
	for _, p := range protocol.All() {
		for _, f := range rules(p) {
			for _, n := range s.CaseNodes {
				for c := 1; c <= 3; c++ {
					for _, begin := range []scenario.Begin{scenario.AtRest, scenario.JustJoined} {
						plan = append(plan, point{"sim", p.Name, f, begin, c, n, s.Speed})
					}
				}
			}
		}
	}
	results = make([]caseRun, len(plan)*s.Runs)
	for i, p := range plan {
		for k := range s.Runs {
			at := i*s.Runs + k
			jobs = append(jobs, job{p.weight(), func(ctx context.Context) error {
				r, err := runCase(ctx, sim.Backend{}, p, s.Seed+uint64(k), folder)
				if err != nil {
					return fmt.Errorf("case %d, %s, %d nodes, %s: %w", p.Case, p.Protocol, p.Nodes, begun(p.Begin), err)
				}
				results[at] = r
				return nil
			}})
		}
	}
	return jobs, results
}

// weight is what playing a point costs, about: rounds by messages and their length.
func (p point) weight() float64 {
	spec, _ := protocol.ByName(p.Protocol)
	rounds := float64(25)
	if p.Begin == scenario.AtRest {
		params := protocol.DefaultParameters(spec)
		rounds += float64((params.SettleTime(p.Nodes) + params.RestPeriod(p.Nodes)) / params.Timing.Gossip)
	}
	return 4 * rounds * float64(p.Nodes*p.Nodes)
}

// begun says for people what a case was measured in.
func begun(b scenario.Begin) string {
	if b == scenario.AtRest {
		return "at rest"
	}
	return "just joined"
}

// rules are those under which a protocol differs: where no hearsay counts, both
// are the same.
func rules(p protocol.Spec) []protocol.Freshness {
	if !p.Hearsay(false) {
		return []protocol.Freshness{protocol.Arrival}
	}
	return []protocol.Freshness{protocol.Arrival, protocol.Emission}
}

// caseSummary is what the runs at one point come to.
type caseSummary struct {
	point
	Runs, Passed                     int
	Seconds, Found, Messages, Falses Estimate
	Low, High                        float64 // of the runs' seconds
	FirstSeed                        uint64
}

func summarise(runs []caseRun) []caseSummary {
	var all []caseSummary
	var order []point
	by := map[point][]caseRun{}
	for _, r := range runs {
		if by[r.point] == nil {
			order = append(order, r.point)
		}
		by[r.point] = append(by[r.point], r)
	}
	for _, p := range order {
		s := caseSummary{point: p, Runs: len(by[p]), Low: math.Inf(1), High: math.Inf(-1), FirstSeed: by[p][0].Seed}
		var seconds, found, messages, falses []float64
		for _, r := range by[p] {
			if r.Passed {
				s.Passed++
			}
			seconds, found = append(seconds, r.Measured), append(found, r.Found)
			messages, falses = append(messages, r.Messages), append(falses, r.False)
			if !math.IsNaN(r.Measured) {
				s.Low, s.High = min(s.Low, r.Measured), max(s.High, r.Measured)
			}
		}
		s.Seconds, s.Found, s.Messages, s.Falses = estimate(seconds), estimate(found), estimate(messages), estimate(falses)
		all = append(all, s)
	}
	return all
}

var caseHead = []string{
	"backend", "protocol", "freshness", "begun", "case", "nodes", "speed", "loss", "runs", "passed", "first_seed",
	"seconds_mean", "seconds_ci95", "seconds_low", "seconds_high", "verdict_s_mean", "verdict_s_ci95",
	"messages_mean", "messages_ci95", "false_failures_mean", "false_failures_ci95",
}

func (s caseSummary) row() []string {
	return []string{
		s.Backend, s.Protocol, s.Freshness.String(), begun(s.Begin), strconv.Itoa(s.Case), strconv.Itoa(s.Nodes), number(s.Speed), "0",
		strconv.Itoa(s.Runs), strconv.Itoa(s.Passed), strconv.FormatUint(s.FirstSeed, 10),
		number(s.Seconds.Mean), number(s.Seconds.Half), number(s.Low), number(s.High),
		number(s.Found.Mean), number(s.Found.Half),
		number(s.Messages.Mean), number(s.Messages.Half), number(s.Falses.Mean), number(s.Falses.Half),
	}
}
