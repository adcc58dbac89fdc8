package testcase_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/internal/transcript"
	"gossiprpc/monitor/testcase"
)

// TestTranscripts plays testdata/*.txt: what nodes tell, and what the cases
// make of it. The bound is T_fail (10 s) and 1 s for each dead node.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		p := &player{
			start:  time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
			state:  consensus.New(10 * time.Second),
			memory: &testcase.Memory{},
		}
		p.now = p.start
		p.state.SetBound(setup().Bound)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			p.out.Reset()
			p.command(t, d)
			return transcript.Short(p.out.String())
		})
	})
}

// player is a monitor in virtual time.
type player struct {
	start, now time.Time
	state      *consensus.State
	reader     transcript.Reader
	memory     *testcase.Memory
	run        *testcase.Run
	last       testcase.Result
	out        strings.Builder
}

func (p *player) command(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "steps":
		steps, err := p.reader.Parse(d.Input)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		for _, s := range steps {
			p.advance(p.start.Add(s.At))
			p.step(s.Input)
		}
	case "begin":
		var number, at int
		d.ScanArgs(t, "case", &number)
		d.ScanArgs(t, "at", &at)
		p.advance(p.start.Add(time.Duration(at) * time.Second))
		p.run = testcase.Begin(p.now, testcase.Case(number), p.state, p.memory, setup())
		p.check()
	case "cancel":
		p.run = nil
	case "waiting":
		fmt.Fprintln(&p.out, p.run.Waiting(p.state))
	case "file":
		fmt.Fprintf(&p.out, "%q", p.last.File())
	case "terminal":
		p.out.WriteString(p.last.Terminal())
	case "json":
		line, err := p.last.Line()
		if err != nil {
			t.Fatal(err)
		}
		p.out.Write(line)
	default:
		t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
}

func setup() testcase.Setup {
	return testcase.Setup{
		Heartbeat: time.Second, Gossip: 3 * time.Second, Fail: 10 * time.Second, Aligned: true,
		Bound: func(_, deaths int) time.Duration { return time.Duration(10+deaths) * time.Second },
	}
}

// advance wakes the monitor at all its deadlines until then, as the service does.
func (p *player) advance(then time.Time) {
	for {
		next, ok := p.state.NextDeadline()
		if p.run != nil {
			if end, ends := p.run.Next(); ends && (!ok || end.Before(next)) {
				next, ok = end, true
			}
		}
		if !ok || next.After(then) {
			p.now = then
			return
		}
		p.now = next
		p.step(consensus.Tick{})
	}
}

func (p *player) step(in consensus.Input) {
	for _, e := range p.state.Step(p.now, in) {
		switch e.Kind {
		case consensus.Failed, consensus.Alive, consensus.Restarted:
			fmt.Fprintf(&p.out, "%s %s\n", e.At.Sub(p.start), e)
		}
	}
	p.check()
}

func (p *player) check() {
	if p.run == nil {
		return
	}
	r, over := p.run.Check(p.now, p.state)
	if !over {
		return
	}
	p.last, p.run = r, nil
	fmt.Fprintf(
		&p.out,
		"%s case %d ended after %g s: %v, suspected %s, verdict %s, unanimous %s\n",
		p.now.Sub(
			p.start,
		),
		r.Case,
		r.Seconds,
		r.Victims,
		orNone(r.FirstSuspicion),
		orNone(r.Verdict),
		orNone(r.Unanimous),
	)
	for _, d := range r.Disputed {
		fmt.Fprintf(&p.out, "  disputed: %s %s, missing %v\n", d.Node, d.Verdict, d.Missing)
	}
}

func orNone(seconds *float64) string {
	if seconds == nil {
		return "none"
	}
	return fmt.Sprintf("at %g s", *seconds)
}

func TestFileIsTheOriginals(t *testing.T) {
	r := testcase.Result{
		Case:          testcase.Single,
		Title:         testcase.Single.Title(),
		Seconds:       11.056314799000006,
		Messages:      1043,
		FalseFailures: 27,
		Nodes:         4,
	}
	want := `

------------- Consensus Achieved --------------
Test Case for Single Node failure
Run time for detection: 11.056314799000006
Total Messages exchanged for consensus: 1043
False Failure Detection Count: 27
Total number of nodes in cluster: 4
`
	if got := r.File(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for c, title := range map[testcase.Case]string{
		testcase.Simultaneous: "Test Case for Simultaneous Failure",
		testcase.Revival:      "Test Case for Dead Node becomes Alive",
	} {
		r.Case, r.Title = c, c.Title()
		if got, want := r.File(), strings.NewReplacer("Test Case for Single Node failure", title, "consensus: ", "consensus").Replace(want); got != want {
			t.Errorf("case %d: got %q, want %q", c, got, want)
		}
		if got, want := r.Terminal(), "------------- Consensus Achieved --------------\nRun time for detection:  11.056314799000006\nTotal Messages exchanged for consensus 1043\nFalse Failure Detection Count:  27\n"; got != want {
			t.Errorf("case %d: terminal %q, want %q", c, got, want)
		}
	}
}

func TestSecondsAsPythonWritesThem(t *testing.T) {
	for seconds, want := range map[float64]string{0: "0.0", 11: "11.0", 0.5: "0.5", 1e-4: "0.0001", 9.9e-05: "9.9e-05", 3.2123e-05: "3.2123e-05", 123456.75: "123456.75"} {
		if got := (testcase.Result{Seconds: seconds}).Terminal(); !strings.Contains(got, "detection:  "+want+"\n") {
			t.Errorf("%g: %q does not hold %q", seconds, got, want)
		}
	}
}

func TestUnknownIsNull(t *testing.T) {
	line, err := testcase.Result{Victims: []gossip.Address{}}.Line()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"protocol":null`, `"seed":null`, `"bytes":null`, `"unanimous_s":null`, `"victims":[]`} {
		if !strings.Contains(string(line), want) {
			t.Errorf("%s lacks %s", line, want)
		}
	}
}
