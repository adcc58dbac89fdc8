package scale

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/figures"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

func TestSizes(t *testing.T) {
	if got, want := sizes("128,8,32,8"), []string{"8", "32", "128"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, wrong := range []string{"8,", "8,7", "8,many", "8,5000"} {
		err := Task(t.Context(), &bytes.Buffer{}, []string{"RUNS=" + t.TempDir()}, "brr", wrong)
		if use := new(settings.WrongUse); !errors.As(err, use) || !strings.Contains(err.Error(), "NODES=") {
			t.Errorf("%q: %v, want it to say which number is wrong", wrong, err)
		}
	}
}

// TestCurve: what each run took is in the table and in the figure.
func TestCurve(t *testing.T) {
	report := Report{
		Steps: []Step{
			{Name: joined, Took: 1500 * time.Millisecond},
			{Name: oneKilled, Took: 30 * time.Second, Bound: 42 * time.Second, Wrong: "late"},
			{Name: "three nodes are killed at once", Took: time.Hour},
		},
		Costs: []Cost{{harness.Provider, 0.01, 5e6, 0}, {harness.Monitor, 0.25, 7e6, 0}, {allNodes, 0.5, 80e6, 8}}, Sent: 2048.4,
	}
	small, large := report.growth(8), report.growth(32)
	large.AllNodes.Cores = 1
	folder := t.TempDir()
	var out bytes.Buffer
	if err := curve(terminal.On(&out), folder, "brr", 20*time.Second, []figures.Growth{small, large}); err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(folder, "scale-brr.csv"); !strings.Contains(out.String(), want) {
		t.Errorf("%q does not name %s", &out, want)
	}
	text, err := os.ReadFile(filepath.Join(folder, "scale-brr.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := "nodes,joined_s,death_s,bound_s,sent_bytes_s,nodes_cores,nodes_bytes,monitor_cores,monitor_bytes,provider_cores,provider_bytes\n" +
		"8,1.5,30,42,2048,0.5000,80000000,0.2500,7000000,0.0100,5000000\n" +
		"32,1.5,30,42,2048,1.0000,80000000,0.2500,7000000,0.0100,5000000\n"
	if string(text) != want {
		t.Errorf("table:\n%s\nwant:\n%s", text, want)
	}
	for _, ending := range []string{".png", ".svg"} {
		if f, err := os.Stat(filepath.Join(folder, "scale-brr"+ending)); err != nil || f.Size() < 2000 {
			t.Errorf("%s: %v, %v", ending, f, err)
		}
	}
}

// TestWhatCannotBeRunEndsAll: the sizes after it are not tried.
func TestWhatCannotBeRunEndsAll(t *testing.T) {
	var out bytes.Buffer
	o := Options{Nodes: 8, Dir: t.TempDir(), Programs: t.TempDir(), Crowds: 1}
	grown, err := each(t.Context(), terminal.On(&out), []Options{o, o})
	if err == nil || errors.Is(err, ErrFailed) || len(grown) != 0 {
		t.Errorf("%v, %v, want the error of a program that is not there", grown, err)
	}
	if n := strings.Count(out.String(), "8 nodes"); n != 1 {
		t.Errorf("%d are begun, want 1:\n%s", n, &out)
	}
}
