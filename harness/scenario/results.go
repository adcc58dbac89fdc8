package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gossiprpc/monitor/testcase"
)

// CaseResult is one test case as it ended: what the monitor says, and what the
// harness measured from its own act.
type CaseResult struct {
	Case            int           `json:"case"`
	Act             string        `json:"act"`      // what was done, such as "kill node8"
	Acted           []string      `json:"acted"`    // to which nodes
	AtRest          bool          `json:"at_rest"`  // before the act; false: just joined
	Bound           time.Duration `json:"bound_ns"` // within which it had to end
	Measured        time.Duration `json:"measured_ns"`
	Found           time.Duration `json:"verdict_ns"` // from the act until all its nodes had their verdict; 0: never
	Printed         float64       `json:"printed_s"`  // run time in results.txt, from the menu entry
	Nodes           int           `json:"nodes"`
	Victims         []string      `json:"victims"`
	Disputed        []string      `json:"disputed"`
	Messages        int           `json:"messages"`
	FalseFailures   int           `json:"false_failures"`
	FalseSuspicions int           `json:"false_suspicions"`
	Unanimous       *float64      `json:"unanimous_s"` // from the menu entry
}

// block is a case in results.txt, in the original's form: two blank lines, and
// a colon that cases 2 and 3 lack.
var block = regexp.MustCompile(`\n\n------------- Consensus Achieved --------------
(Test Case for [^\n]+)
Run time for detection: ([0-9.e+-]+)
Total Messages exchanged for consensus(?:: )?(\d+)
False Failure Detection Count: (\d+)
Total number of nodes in cluster: (\d+)
`)

// readResults returns the cases in both files, which must agree.
func (r *run) readResults() ([]CaseResult, error) {
	text, records, err := r.cluster.Results(r.ctx)
	if err != nil {
		return nil, err
	}
	blocks := block.FindAllSubmatch(text, -1)
	if rest := block.ReplaceAll(text, nil); len(bytes.TrimSpace(rest)) > 0 {
		// An append may be on its way: the caller asks again.
		return nil, fmt.Errorf("results.txt holds what is no result: %q", lastLine(string(rest)))
	}
	lines := bytes.SplitAfter(records, []byte("\n"))
	lines = lines[:len(lines)-1] // the last has no newline yet
	var cases []CaseResult
	for i := range min(len(blocks), len(lines)) {
		c, err := r.readCase(blocks[i], lines[i])
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", i+1, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func (r *run) readCase(fields [][]byte, line []byte) (CaseResult, error) {
	var record testcase.Result
	if err := json.Unmarshal(line, &record); err != nil {
		return CaseResult{}, fmt.Errorf("results.jsonl: %w", err)
	}
	printed, err1 := strconv.ParseFloat(string(fields[2]), 64)
	messages, err2 := strconv.Atoi(string(fields[3]))
	falseFailures, err3 := strconv.Atoi(string(fields[4]))
	nodes, err4 := strconv.Atoi(string(fields[5]))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return CaseResult{}, fmt.Errorf("results.txt: %w", err)
	}
	c := CaseResult{
		Printed: printed, Messages: messages, FalseFailures: falseFailures, Nodes: nodes,
		Victims: r.named(record.Victims), Unanimous: record.Unanimous, FalseSuspicions: int(record.FalseSuspicions),
	}
	for _, k := range []testcase.Case{testcase.Single, testcase.Simultaneous, testcase.Revival} {
		if string(fields[1]) == k.Title() {
			c.Case = int(k)
		}
	}
	for _, d := range record.Disputed {
		c.Disputed = append(c.Disputed, r.nameOf(d.Node))
	}
	if c.Case != int(record.Case) || messages != int(record.Messages) || falseFailures != int(record.FalseFailures) ||
		nodes != record.Nodes {
		return CaseResult{}, fmt.Errorf("results.txt and results.jsonl differ: %q, %s", strings.TrimSpace(string(fields[0])),
			line)
	}
	return c, nil
}

// awaitResults takes the next result: each is awaited once.
func (r *run) awaitResults(limit time.Duration, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q: await results takes no argument but within", args[0])
	}
	next := len(r.cases)
	var got CaseResult
	err := r.until("the monitor's result", limit, func() (bool, string, error) {
		cases, err := r.readResults()
		if err != nil {
			return false, err.Error(), r.ctx.Err()
		}
		if len(cases) <= next {
			return false, "", nil
		}
		got = cases[next]
		return true, "", nil
	})
	if err != nil {
		if text, menuErr := r.cluster.MenuOutput(r.ctx); menuErr == nil {
			err = fmt.Errorf("%w (the menu's last line: %q)", err, lastLine(text))
		}
		return err
	}
	got.Measured, got.Bound = r.sinceAct(), r.bound()
	if r.mark.exists {
		got.Act, got.Acted, got.AtRest = r.mark.String(), r.mark.names, r.mark.atRest
		if r.mark.noted {
			got.Found = r.mark.took
		}
	}
	r.cases = append(r.cases, got)
	r.folder.event(r.elapsed(), "result", got)
	r.say(resultWord+"case %d, victims %s, %s from the act, %.1f s as printed, %d messages, %d false failures",
		got.Case, orNone(got.Victims), seconds(got.Measured), got.Printed, got.Messages, got.FalseFailures)
	// The menu may have been typed before the act (README, case 3).
	passed := max(got.Measured, r.cluster.Now().Sub(r.typed))
	if got.Printed > (passed + r.step()).Seconds() {
		r.wrong("the monitor printed %.3f s, but only %.3f s had passed since the act and the menu entry", got.Printed,
			passed.Seconds())
	}
	return nil
}
