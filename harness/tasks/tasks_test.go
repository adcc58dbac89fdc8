package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/terminal"
)

func TestOptions(t *testing.T) {
	o, err := read("demo", io.Discard, []string{
		"PROTOCOL=BRR", "NODES=16", "SPEED=2.5", "BACKEND=local",
		"RUNS=/tmp/x", "SEED=9",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Protocol != "brr" || o.Nodes != 16 || o.Speed != 2.5 || o.Backend.Name() != "local" || o.Runs != "/tmp/x" ||
		o.Seed != 9 {
		t.Errorf("options %+v", o)
	}
	// The settings' defaults are the scenarios' own.
	o, err = read("demo", io.Discard, []string{"BACKEND=sim"})
	want := scenario.DefaultOptions()
	if err != nil || o.Backend.Name() != "sim" || o.Protocol != want.Protocol || o.Nodes != want.Nodes ||
		o.Speed != want.Speed ||
		o.Runs != want.Runs || o.Seed != want.Seed || o.Freshness != want.Freshness {
		t.Errorf("options %+v, %v, want %+v", o, err, want)
	}
}

func TestWrongUse(t *testing.T) {
	environ := []string{"RUNS=" + t.TempDir(), "BACKEND=local"}
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("cluster 4 rr\nkil node1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"protocol": {
			Scenario(t.Context(), io.Discard, environ, "single", "x", "8"),
			"PROTOCOL=x: want a protocol: random, ",
		},
		"nodes": {
			Scenario(t.Context(), io.Discard, environ, "single", "rr", "2"),
			"NODES=2: want a number of nodes, 4 to",
		},
		"misspelt": {
			Demo(t.Context(), io.Discard, append(environ, "SPED=5")),
			"SPED=5 is no setting, is SPEED meant?",
		},
		"soak": {
			Soak(t.Context(), io.Discard, environ, "5s"),
			"soak 5s: want a length of time, such as 20m, 30s at least",
		},
		"soak in containers": {
			Soak(t.Context(), io.Discard, []string{"BACKEND=docker"}, "1m"),
			"BACKEND=docker: a soak is of processes of this",
		},
		"soak of many": {Soak(t.Context(), io.Discard, []string{"NODES=64"}, "1m"), "NODES=64: a soak wants 6 to 32"},
		"seeds":        {Chaos(t.Context(), io.Discard, append(environ, "SEEDS=9-3")), "SEEDS=9-3"},
		"no file":      {File(t.Context(), io.Discard, environ, "missing.txt"), "missing.txt"},
		"bad file":     {File(t.Context(), io.Discard, environ, bad), bad + ":2: "},
	} {
		var coded interface{ ExitStatus() int }
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !errors.As(c.err, &coded) ||
			coded.ExitStatus() != 2 {
			t.Errorf("%s: %v, want %q and exit code %d", name, c.err, c.want, 2)
		}
	}
}

func outcome(v harness.Verdict) scenario.Outcome {
	return scenario.Outcome{
		Name: "single", Verdict: v, Backend: "local", Freshness: "arrival", Protocol: "rr", Nodes: 8, Speed: 1,
		Seed: 42, Folder: "/runs/x",
		Cases: []scenario.CaseResult{{
			Case: 1, Act: "kill node8", Acted: []string{"node8"}, Victims: []string{"node8"}, Nodes: 8,
			Bound: 33 * time.Second, Measured: 16200 * time.Millisecond, Printed: 16.1, Messages: 77,
		}},
	}
}

func TestConclude(t *testing.T) {
	var out strings.Builder
	if err := conclude(&out, []scenario.Outcome{outcome(harness.Pass)}); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"node8 dead within 33.0 s", "16.2 s", "16.1 s", "9.9 s", "77", "pass",
		"logs in /runs/x",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nlacks %q", out.String(), want)
		}
	}
	for _, v := range []harness.Verdict{harness.Fail, harness.Unknown} {
		out.Reset()
		o := outcome(v)
		o.Reasons = []string{"it rained"}
		err := conclude(&out, []scenario.Outcome{outcome(harness.Pass), o})
		if err == nil || !strings.Contains(err.Error(), "1 of 2") {
			t.Errorf("%s: %v, want an error", v, err)
		}
		var exit exitError
		if code := map[harness.Verdict]int{harness.Fail: 1, harness.Unknown: 2}[v]; !errors.As(err, &exit) ||
			exit.ExitStatus() != code {
			t.Errorf("%s: %v, want exit %d", v, err, code)
		}
		if !strings.Contains(out.String(), "it rained") || !strings.Contains(out.String(), "seed 42") {
			t.Errorf("no reason in %s", out.String())
		}
	}
}

// Where a run was recorded, the last lines name the command that shows it.
func TestHowToSeeARun(t *testing.T) {
	good, bad := outcome(harness.Pass), outcome(harness.Fail)
	for _, o := range []*scenario.Outcome{&good, &bad} {
		o.Folder = t.TempDir()
		if err := os.Mkdir(filepath.Join(o.Folder, harness.RecordFolder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		outcomes []scenario.Outcome
		want     string // empty: no command
	}{
		{[]scenario.Outcome{good, good}, good.Folder},
		{[]scenario.Outcome{good, bad}, bad.Folder},
		{[]scenario.Outcome{outcome(harness.Pass)}, ""},
	} {
		var out strings.Builder
		_ = conclude(&out, c.outcomes) // the error is another test's
		_, after, found := strings.Cut(out.String(), "see it: go tool mage lab:open ")
		if folder, _, _ := strings.Cut(after, "\n"); folder != c.want || found != (c.want != "") {
			t.Errorf("lab:open %q, want %q in\n%s", folder, c.want, out.String())
		}
	}
}

// The table that ends the demo, in windows of some widths and in a file.
func TestResults(t *testing.T) {
	demo := outcome(harness.Pass)
	demo.Cases = append(demo.Cases, scenario.CaseResult{
		Case: 2, Act: "kill node6 node7", Acted: []string{"node6", "node7"}, Nodes: 8, Bound: 39 * time.Second,
		Measured: 15231 * time.Millisecond, Printed: 15.2, Messages: 81, FalseSuspicions: 10,
	}, scenario.CaseResult{
		Case: 3, Act: "restart node7", Acted: []string{"node7"}, Nodes: 8, Bound: 33 * time.Second,
		Measured: 1731 * time.Millisecond, Printed: 1.7, Messages: 8,
	})
	fails := outcome(harness.Fail)
	fails.Protocol, fails.Reasons = "scrr", []string{"node1 runs, and the monitor declared it dead: a false failure, " +
		"seen 12.4 s after kill node8"}
	quiet := outcome(harness.Ran)
	quiet.Name, quiet.Cases = "look", nil
	datadriven.RunTest(t, "testdata/results.txt", func(t *testing.T, d *datadriven.TestData) string {
		columns := ""
		d.MaybeScanArgs(t, "columns", &columns)
		t.Setenv("COLUMNS", columns)
		var out strings.Builder
		var err error
		switch d.Cmd {
		case "demo":
			err = conclude(&out, []scenario.Outcome{demo})
		case "all":
			err = conclude(&out, []scenario.Outcome{demo, fails})
		case "ran":
			err = conclude(&out, []scenario.Outcome{quiet})
		}
		return fmt.Sprintf("%serror: %v\n", out.String(), err)
	})
}

func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := Ended(ctx, failed("it is wrong")); exitOf(err) != exitFailed {
		t.Errorf("not interrupted: %v", err)
	}
	cancel()
	for _, was := range []error{failed("it is wrong"), context.Canceled} {
		if err := Ended(ctx, was); exitOf(err) != 2 || !errors.Is(err, was) {
			t.Errorf("interrupted: %v, exit code %d", err, exitOf(err))
		}
	}
	if err := Ended(ctx, nil); err != nil {
		t.Errorf("what was done in time: %v", err)
	}
}

// Ctrl-C leaves no run of several untold.
func TestAllInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &stopping{after: "pass", stop: cancel}
	err := All(ctx, out, []string{"BACKEND=sim", "NODES=4", "RUNS=" + t.TempDir()})
	if !errors.Is(err, context.Canceled) || !strings.Contains(out.String(), "measured: from") {
		t.Errorf("%v, want a table in\n%s", err, out)
	}
}

// stopping calls stop once something is printed.
type stopping struct {
	strings.Builder
	after string
	stop  func()
}

func (s *stopping) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.after) {
		s.stop()
	}
	return s.Builder.Write(p)
}

func TestReportCountsAndPrintsLikeGoTest(t *testing.T) {
	events := `{"Action":"build-output","ImportPath":"a","Output":"a.go:1: broken\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"output","Package":"q","Test":"TestC","Output":"    q_test.go:1: it is wrong\n"}
{"Action":"output","Package":"q","Test":"TestC","Output":"--- FAIL: TestC (0.00s)\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
no JSON
`
	var out strings.Builder
	want := tally{1, 1, 1, []string{"failed: q.TestC\n    q_test.go:1: it is wrong\n"}}
	if got := report(&out, strings.NewReader(events)); !reflect.DeepEqual(got, want) {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	for _, want := range []string{"broken", "ok  \tp", "it is wrong", "FAIL\tq", "no JSON"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nlacks %q", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "RUN TestA") {
		t.Error("it prints what a package that passed has said")
	}
}

func TestGoTestFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := goTest(ctx, io.Discard, nil, "./none"); err == nil {
		t.Error("a run that could not start went well")
	}
}

func TestTableSaysHowItWasMeasured(t *testing.T) {
	o := scenario.Outcome{
		Name: "single", Verdict: harness.Pass, Protocol: "scrr", Nodes: 8, Speed: 5, Freshness: "emission", Seed: 77,
		Backend: "local",
	}
	for _, atRest := range []bool{true, false} {
		o.Cases = append(o.Cases, scenario.CaseResult{
			Case: 1, Act: "kill node8", Acted: []string{"node8"}, Bound: 8 * time.Second, Nodes: 8, AtRest: atRest,
		})
	}
	var out strings.Builder
	printResults(terminal.On(&out), []scenario.Outcome{o})
	text := out.String()
	for _, want := range []string{
		"local, 8 nodes, SPEED=5, emission, seed 77", "at rest", "just joined", "node8 dead within 8.0 s", "1.0 s ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}
