package tasks

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
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
		"misspelt": {Demo(t.Context(), io.Discard, append(environ, "SPED=5")), "SPED=5 is no setting, is SPEED meant?"},
		"seeds":    {Chaos(t.Context(), io.Discard, append(environ, "SEEDS=9-3")), "SEEDS=9-3"},
		"no file":  {File(t.Context(), io.Discard, environ, "missing.txt"), "missing.txt"},
		"bad file": {File(t.Context(), io.Discard, environ, bad), bad + ":2: "},
	} {
		var coded interface{ ExitStatus() int }
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || !errors.As(c.err, &coded) || coded.ExitStatus() != 2 {
			t.Errorf("%s: %v, want %q and exit code %d", name, c.err, c.want, 2)
		}
	}
}

func outcome(v harness.Verdict) scenario.Outcome {
	return scenario.Outcome{
		Name: "single", Verdict: v, Protocol: "rr", Nodes: 8, Seed: 42, Folder: "/runs/x",
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
	for _, want := range []string{"node8 dead in 33.0 s", "16.2 s", "16.1 s", "9.9 s", "77", "pass", "logs in /runs/x"} {
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

func TestRecordedCoversTheAuthorsRuns(t *testing.T) {
	all, err := recorded()
	if err != nil || len(all) != 36 {
		t.Fatalf("%d recordings, %v, want 36", len(all), err)
	}
	for _, name := range []string{"random", "rr", "scrr", "brr"} {
		for kase := 1; kase <= 3; kase++ {
			for _, nodes := range []int{8, 16, 32} {
				if original(name, kase, nodes) == "-" {
					t.Errorf("nothing for %s, case %d, %d nodes", name, kase, nodes)
				}
			}
		}
	}
	if got := original("rr", 1, 9); got != "-" {
		t.Errorf("nine nodes: %q", got)
	}
}

func TestReportCountsAndPrintsLikeGoTest(t *testing.T) {
	events := `{"Action":"build-output","ImportPath":"a","Output":"a.go:1: broken\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"output","Package":"q","Test":"TestC","Output":"    q_test.go:1: it is wrong\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
no JSON
`
	var out strings.Builder
	if got := report(&out, strings.NewReader(events)); got != (tally{1, 1, 1}) {
		t.Errorf("counted %+v, want one of each", got)
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
	if _, err := goTest(ctx, io.Discard, "./none"); err == nil {
		t.Error("a run that could not start went well")
	}
}
