package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAFigureBelowWhatIsWantedFails(t *testing.T) {
	figures := []figure{
		{what: "read", peer: "Python", wanted: 25, ratios: []float64{30, 20, 26, 90, 25}, detail: "1 us, 26 us"},
		{what: "read", peer: "kolo", ratios: []float64{1, 2, 3, 4, 5}},
	}
	for _, c := range []struct {
		wanted, allocations float64
		slow                int
	}{{25, 0.5, 0}, {26, 1, 0}, {26.5, 1, 1}, {25, 1.5, 1}, {27, 2, 2}} {
		figures[0].wanted = c.wanted
		var out bytes.Buffer
		err := show(terminal.On(&out), figures, c.allocations)
		if errors.Is(err, ErrSlow) != (c.slow > 0) || c.slow > 0 && !strings.HasPrefix(err.Error(), fmt.Sprint(c.slow)) {
			t.Errorf("%+v: %v", c, err)
		}
		if got := strings.Contains(out.String(), "fail"); got != (c.wanted > 26) {
			t.Errorf("%+v prints:\n%s", c, out.String())
		}
		if !strings.Contains(out.String(), "20 to 90") {
			t.Errorf("the spread is missing:\n%s", out.String())
		}
	}
}

// TestAllSidesWork measures little of everything: each side must answer, and cost something.
func TestAllSidesWork(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	folder := t.TempDir()
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", folder+"/", "./server", "gossiprpc/monitor").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	told := map[string]int{}
	m := measurement{
		rounds: 3, slice: 200 * time.Millisecond, calm: 500 * time.Millisecond, speed: 10,
		tell: func(what string, round int) { told[what] = round },
	}
	codecs, err := m.codecs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	served, err := m.served(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	monitor, err := m.monitor(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := m.nodes(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	const rest = "a node of 8 at rest"
	if len(nodes) != 2 || told[rest] != 3 {
		t.Errorf("%d figures of nodes, told %d", len(nodes), told[rest])
	}
	for i := range nodes {
		nodes[i].what = rest
	}
	delete(told, rest+": two clusters join")
	all := slices.Concat(codecs, served, []figure{monitor}, nodes)
	if len(all) != 9 || len(told) != 5 {
		t.Errorf("%d figures of %v, want 9 of 5 kinds", len(all), told)
	}
	for _, f := range all {
		if len(f.ratios) != 3 || f.median() <= 0 || told[f.what] != 3 {
			t.Errorf("%s beside %s: %v, told %d", f.what, f.peer, f.ratios, told[f.what])
		}
	}
}

func TestARefusedCallIsAnError(t *testing.T) {
	failed := errors.New("refused")
	if err := calls(t.Context(), 10, func() error { return failed }); !errors.Is(err, failed) {
		t.Errorf("calls: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := calls(ctx, 10, func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestWrongUse(t *testing.T) {
	err := Task(t.Context(), &bytes.Buffer{}, []string{"SPEDD=1"})
	if wrong := (settings.WrongUse{}); !errors.As(err, &wrong) {
		t.Errorf("a misspelt setting: %v", err)
	}
}
