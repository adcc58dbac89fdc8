//go:build linux

package scale

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/local"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
	"gossiprpc/internal/gossip"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestASmallRun has 12 nodes in 2 processes live through everything.
func TestASmallRun(t *testing.T) {
	spec, _ := protocol.ByName("brr")
	programs, err := local.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Parameters: protocol.DefaultParameters(spec), Nodes: 12, Seed: 7, Dir: t.TempDir(), Programs: programs,
		Crowd: filepath.Join(t.TempDir(), "gossip-crowd"), Crowds: 2, Calm: time.Second, Tell: func(line string) { t.Log(line) },
	}
	o.Timing = protocol.Timing{Heartbeat: 200 * time.Millisecond, Gossip: 600 * time.Millisecond, Fail: 3 * time.Second}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", o.Crowd, "./crowd/gossip-crowd")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report.print(terminal.On(&out))
	if !report.Passed() || len(report.Steps) != 5 {
		t.Errorf("not passed:\n%s", &out)
	}
	if len(report.Costs) != 3 || report.Costs[2].Of != 12 || report.Costs[2].Memory < 1<<20 || report.Sent <= 0 {
		t.Errorf("costs %+v, %v bytes a second", report.Costs, report.Sent)
	}
	lines, err := os.ReadFile(filepath.Join(o.Dir, "results.jsonl"))
	if err != nil || bytes.Count(lines, []byte("\n")) != 3 {
		t.Errorf("%v, results:\n%s", err, lines)
	}
}

func TestAResultIsJudgedByWhoWasKilled(t *testing.T) {
	killed := []gossip.Address{"a:1", "b:1"}
	for _, c := range []struct {
		record *record
		wrong  string
	}{
		{nil, ""},
		{&record{Victims: killed[:1]}, ""},
		{&record{Victims: []gossip.Address{"a:1", "c:1"}}, "c:1, which nothing has happened to"},
		{&record{Victims: killed, FalseFailures: 2}, "2 false failures"},
	} {
		if got := c.record.wrong(killed); !strings.HasSuffix(got, c.wrong) || (got == "") != (c.wrong == "") {
			t.Errorf("%+v: %q, want %q", c.record, got, c.wrong)
		}
	}
}

func TestAStepThatDoesNotComeAboutFails(t *testing.T) {
	r := &run{Options: Options{Tell: func(string) {}}}
	never := func() (bool, string, error) { return false, "still waiting", nil }
	if err := r.step(t.Context(), "never", 0, time.Second, never); err != nil {
		t.Fatal(err)
	}
	wrong := func() (bool, string, error) { return false, "", &mistake{"a wrong victim"} }
	if err := r.step(t.Context(), "wrong", time.Minute, time.Second, wrong); err != nil {
		t.Fatal(err)
	}
	done := func() (bool, string, error) { return true, "", nil }
	for _, bound := range []time.Duration{1, time.Minute} {
		if err := r.step(t.Context(), "done", time.Minute, bound, done); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	if err := r.step(t.Context(), "broken", time.Minute, 0, func() (bool, string, error) { return false, "", broken }); !errors.Is(err, broken) {
		t.Errorf("what cannot be asked: %v", err)
	}
	want := []string{"not after that time: still waiting", "a wrong victim", "later than the bound", ""}
	for i, s := range r.report.Steps {
		if s.Wrong != want[i] {
			t.Errorf("%s: %q, want %q", s.Name, s.Wrong, want[i])
		}
	}
	if r.report.Passed() || (Report{}).Passed() {
		t.Error("passed")
	}
}

func TestWhatDoesNotFitIsSaidBefore(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct {
		nodes, descriptors int
		memory             int64
		crowds             int
		wrong              string
	}{
		{8, 1024, gigabyte, 1, ""},
		{1000, 20000, 8 * gigabyte, 4, ""},
		{1000, 4096, 8 * gigabyte, 10, ""},
		{1000, 1024, 8 * gigabyte, 0, "descriptors"},
		{1000, 20000, gigabyte, 0, "of memory"},
	} {
		crowds, err := fits(c.nodes, c.descriptors, c.memory)
		if crowds != c.crowds || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%+v: %d processes, %v", c, crowds, err)
		}
	}
	for _, nodes := range []string{"7", "5000", "many"} {
		err := Task(context.Background(), &bytes.Buffer{}, nil, "brr", nodes)
		if wrong := (settings.WrongUse{}); !errors.As(err, &wrong) {
			t.Errorf("NODES=%s: %v", nodes, err)
		}
	}
	err := Task(context.Background(), &bytes.Buffer{}, []string{"SPEED=50", "HEARTBEAT=200ms", "FAIL=4s"}, "brr", "8")
	if wrong := (settings.WrongUse{}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "4ms") {
		t.Errorf("heartbeats of 4 ms: %v", err)
	}
}
