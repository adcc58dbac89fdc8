package figures

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestEstimate(t *testing.T) {
	for free, want := range map[int]float64{1: 12.706, 6: 2.447, 9: 2.262, 29: 2.045, 120: 1.980} {
		if got := student(free); math.Abs(got-want) > 0.003 {
			t.Errorf("student(%d) = %.4f, want %.3f", free, got, want)
		}
	}
	e := estimate([]float64{1, 2, math.NaN(), 3})
	if e.Runs != 3 || e.Mean != 2 || math.Abs(e.Half-4.303/math.Sqrt(3)) > 0.001 {
		t.Errorf("estimate of 1, 2, 3: %+v", e)
	}
	if one := estimate([]float64{5}); one.Mean != 5 || !math.IsNaN(one.Half) {
		t.Errorf("one run: %+v", one)
	}
}

// TestGolden: the same seeds give the same table, to the byte.
func TestGolden(t *testing.T) {
	rows := [][]string{qualityHead}
	eachSetting(protocol.DefaultTiming(), func(s Setting) {
		s.Nodes, s.Loss = 8, 0.1
		rows = append(rows, measure(t, s, 2, time.Minute).row())
	})
	var table strings.Builder
	if err := writeRows(&table, rows...); err != nil {
		t.Fatal(err)
	}
	got := table.String()
	golden := filepath.Join("testdata", "quality.csv")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s (-update rewrites it; its diff is to be understood):\n%s", golden, got)
	}
}

func TestRead(t *testing.T) {
	// The settings' defaults are the figures' own.
	v, err := settings.Read("figures", nil)
	if got := read(v); err != nil || !reflect.DeepEqual(got, DefaultOptions()) {
		t.Errorf("%+v, %v, want %+v", got, err, DefaultOptions())
	}
	v, err = settings.Read("figures", []string{"SIZES=64, 8", "FIGURES=x", "LOSS=10%", "REPEAT=3"})
	if o := read(v); err != nil || !reflect.DeepEqual(o.Sizes, []int{8, 64}) || o.Folder != "x" || o.Loss != 0.1 ||
		o.Runs != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, task := range []func(context.Context, io.Writer, []string) error{Task, RealTask, LargeTask} {
		if err := task(t.Context(), io.Discard, []string{"LOSS=1"}); !errors.As(err, new(settings.WrongUse)) {
			t.Errorf("LOSS=1: %v", err)
		}
	}
}

func TestReadReal(t *testing.T) {
	o, err := readReal(nil)
	if err != nil || len(o.Protocols) != len(protocol.All()) || o.Repeat != 1 || o.Backend.Name() != "local" ||
		len(o.Nodes) != 3 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = readReal([]string{"PROTOCOL=rr", "NODES=8", "CASES=3,1", "BACKEND=docker"})
	if err != nil || !reflect.DeepEqual(o.Protocols, []string{"rr"}) || !reflect.DeepEqual(o.Nodes, []int{8}) ||
		!reflect.DeepEqual(o.Cases, []int{1, 3}) || o.Backend.Name() != "docker" {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := readReal([]string{"BACKEND=sim"}); !errors.As(err, new(settings.WrongUse)) {
		t.Errorf("BACKEND=sim: %v", err)
	}
}

// Large makes the trials anew that large.csv keeps.
func TestLargeTrials(t *testing.T) {
	const n = 1024
	warm := map[string]string{}
	for _, trial := range largeTrials(n, 1) {
		warm[trial.Protocol.Name+" "+trial.Freshness.String()] = seconds(trial.Warm)
	}
	lines, err := csv.NewReader(strings.NewReader(largeCSV)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, fields := range lines {
		if fields[2] != strconv.Itoa(n) {
			continue
		}
		kept++
		if got := warm[fields[0]+" "+fields[1]]; got != fields[8] {
			t.Errorf("%s by %s: %q s to settle down, in large.csv %s", fields[0], fields[1], got, fields[8])
		}
	}
	if kept < 6 {
		t.Errorf("%d lines of %d nodes, want 6 and more", kept, n)
	}
}

func TestReadings(t *testing.T) {
	authors, err := recorded()
	if err != nil || len(authors) != 36 {
		t.Errorf("%d recorded readings, want 36; %v", len(authors), err)
	}
	again, err := measured()
	if err != nil || len(again) == 0 {
		t.Errorf("%d measured readings, %v", len(again), err)
	}
	if runs, err := largeRuns(largeCSV); err != nil || len(runs) == 0 {
		t.Errorf("%d large runs, %v", len(runs), err)
	}
}

func TestCompare(t *testing.T) {
	at := point{"sim", "rr", protocol.Arrival, scenario.AtRest, 1, 8, 1}
	there := at
	there.Backend = "local"
	simulated := summarise([]caseRun{{point: at, Measured: 9}, {point: at, Measured: 11}})
	g := compare([]caseRun{
		{point: there, Measured: 11.1},
		{point: there, Measured: 14},
		{point: there, Measured: math.NaN()},
	}, simulated)
	if g.Runs != 2 || g.Inside != 1 || math.Abs(g.Signed.Mean-2.55) > 1e-9 || math.Abs(g.Share.Mean-0.255) > 1e-9 {
		t.Errorf("%+v", g)
	}
}

// TestMake runs the whole target at its smallest.
func TestMake(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	s := DefaultOptions()
	s.Folder, s.Runs, s.Sizes, s.CaseNodes = t.TempDir(), 1, []int{4, 8}, []int{8}
	s.small = true
	var out strings.Builder
	if err := Make(t.Context(), &out, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "figures in") {
		t.Errorf("said %q", out.String())
	}
	cases, err := os.ReadFile(filepath.Join(s.Folder, "cases.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range protocol.Names() {
		for _, begun := range []string{"at rest", "just joined"} {
			if row := "\nsim," + name + ",arrival," + begun + ",1,8,"; !strings.Contains(string(cases), row) {
				t.Errorf("no row %q in cases.csv", row)
			}
			if !strings.Contains(out.String(), begun+", s") {
				t.Errorf("the table has no column %s", begun)
			}
		}
		drawn, err := os.ReadFile(filepath.Join(s.Folder, "detection.svg"))
		if err != nil || !strings.Contains(string(drawn), ">"+name+"<") {
			t.Errorf("no line of %s in detection.svg, %v", name, err)
		}
		table, err := os.ReadFile(filepath.Join(s.Folder, "detection.csv"))
		if err != nil || !strings.Contains(string(table), "\n"+name+",") {
			t.Errorf("no row of %s in detection.csv, %v", name, err)
		}
	}
	for _, name := range []string{"report-05", "report-11", "detection", "traffic", "frontier", "quality"} {
		f, err := os.Open(filepath.Join(s.Folder, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(f); err != nil {
			t.Errorf("%s.png: %v", name, err)
		}
		f.Close()
		if text, err := os.ReadFile(filepath.Join(s.Folder, name+".svg")); err != nil ||
			!strings.Contains(string(text), "</svg>") {
			t.Errorf("%s.svg: %v", name, err)
		}
	}
}

// TestGrowth: all that was measured is drawn, and a death that was not is no death after 0 s.
func TestGrowth(t *testing.T) {
	some := Spent{Cores: 0.1, Memory: 1e6}
	g := Growth{
		Nodes: 8, AllNodes: some, Monitor: some, Provider: some, Sent: 1000,
		Joined: time.Second, Death: 20 * time.Second, Bound: 30 * time.Second,
	}
	shapes := func(g Growth) int {
		t.Helper()
		folder := t.TempDir()
		if err := DrawGrowth(folder, "x", "a title", "a note", []Growth{g}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(folder, "x.svg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"a title", "a note", "all nodes", "monitor", "provider", "joined", "death found", "bound"} {
			if !strings.Contains(string(text), want+"</text>") {
				t.Errorf("the figure does not say %q", want)
			}
		}
		return strings.Count(string(text), "<path")
	}
	whole := shapes(g)
	g.Death = 0
	if without := shapes(g); without >= whole {
		t.Errorf("%d shapes without a death, %d with one", without, whole)
	}
}

// TestDraw: values that a logarithmic axis cannot show do no harm.
func TestDraw(t *testing.T) {
	values := []dot{{x: 1, y: 0}, {x: 2, y: math.NaN()}, {x: 3, y: 5, low: -1, high: 9, word: "w"}}
	for _, p := range []panel{
		{logX: true, logY: true, floorY: 0.5, series: []series{{
			name: "a", colour: blue, glyph: draw.RingGlyph{},
			line: true, points: values,
		}}},
		{logY: true, series: []series{{name: "a", colour: blue, points: values[:2]}}},
		{series: []series{{name: "b", colour: green, band: true, points: values}}},
		{logY: true},
	} {
		s := sheet{name: "x", columns: 1, width: 3 * vg.Inch, height: 2 * vg.Inch, panels: []panel{p}}
		if err := s.save(t.TempDir()); err != nil {
			t.Error(err)
		}
	}
	e := newEstimator(io.Discard, "x", []job{{1, nil}})
	e.done(1)
	e.end()
}
