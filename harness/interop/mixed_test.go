package interop

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// TestMixed runs all mixes for all protocols. Those that must pass run one after
// the other: their intervals are a fifth of the original's, and processes that
// wait for each other's processor would look dead.
func TestMixed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals there")
	}
	if testing.Short() {
		t.Skip("takes minutes")
	}
	needPython(t)
	for _, mix := range Mixes() {
		for _, spec := range protocol.All() {
			t.Run(mix.Name+"/"+spec.Name, func(t *testing.T) {
				o := DefaultOptions()
				if !mix.Required(o.Nodes) {
					t.Parallel()
				}
				o.Runs = t.TempDir()
				report, err := Run(t.Context(), o, mix, spec)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range report.Cases {
					t.Logf("%s: %s after %.1f s %s", c.Name, c.Verdict, c.Took.Seconds(), c.Note)
				}
				if !report.Required {
					t.Logf("seen: %s %q", report.Verdict, report.Reasons)
					return
				}
				if report.Verdict != harness.Pass {
					t.Errorf("%s: %q", report.Verdict, report.Reasons)
				}
			})
		}
	}
}

// Python's nodes cannot tell whether they have settled.
func TestMixedSettles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals there")
	}
	needPython(t)
	mix := Mixes()[0]
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Speed, o.Runs = Backend{Mix: mix}, "brr", 5, t.TempDir()
	var progress strings.Builder
	o.Progress = scenario.NewPrinter(&progress)
	out, err := scenario.Run(t.Context(), o, "settled.txt",
		[]byte("cluster 4 $PROTOCOL\nawait settled\nexpect alive others\n"))
	if err != nil || out.Verdict != harness.Pass {
		t.Errorf("%s: %v %v\n%s", out.Verdict, out.Reasons, err, progress.String())
	}
	if !strings.Contains(progress.String(), "node2 node4 cannot tell whether they have settled") {
		t.Errorf("nobody was said to be unable to tell:\n%s", progress.String())
	}
}

func TestMixesAreAllThatWasAskedFor(t *testing.T) {
	for name, want := range map[string]struct {
		python   int // of 8 nodes
		monitor  bool
		provider bool
		required bool
	}{
		"half": {4, false, false, true}, "nodes": {0, true, true, true}, "monitor": {8, false, true, false},
		"provider": {8, true, false, false}, "node": {7, true, true, true},
	} {
		i := slices.IndexFunc(Mixes(), func(m Mix) bool { return m.Name == name })
		if i < 0 {
			t.Errorf("no mix %s", name)
			continue
		}
		m := Mixes()[i]
		if 8-m.golang(8) != want.python || m.Python(harness.Monitor) != want.monitor ||
			m.Python(harness.Provider) != want.provider || m.Required(8) != want.required {
			t.Errorf("%s: %d of 8 nodes are Go's, required %t", name, m.golang(8), m.Required(8))
		}
	}
}

func TestWithoutPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := NewPython(t.TempDir()); !errors.Is(err, ErrNoPython) {
		t.Errorf("%v, want %v", err, ErrNoPython)
	}
	if _, err := (Backend{}).Start(t.Context(), harness.ClusterSpec{Dir: os.TempDir()}); !errors.Is(err, ErrNoPython) {
		t.Errorf("%v, want %v", err, ErrNoPython)
	}
}
