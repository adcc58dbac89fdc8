package figures

import (
	"errors"
	"flag"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gossiprpc/gossipnode/protocol"
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
	var rows []string
	eachSetting(protocol.DefaultTiming(), func(s Setting) {
		s.Nodes, s.Loss = 8, 0.1
		rows = append(rows, csvLine(measure(t, s, 2, time.Minute).row()))
	})
	got := csvLine(qualityHead) + "\n" + strings.Join(rows, "\n") + "\n"
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

func TestSettings(t *testing.T) {
	for _, bad := range []string{"SEED=x", "REPEAT=0", "LOSS=1", "LOSS=NaN", "SIZES=8,2", "SPEED=0"} {
		name, value, _ := strings.Cut(bad, "=")
		_, err := Read(func(n string) string {
			if n == name {
				return value
			}
			return ""
		})
		if !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	s, err := Read(func(n string) string { return map[string]string{"SIZES": "64, 8", "FIGURES": "x"}[n] })
	if err != nil || !reflect.DeepEqual(s.Sizes, []int{8, 64}) || s.Folder != "x" {
		t.Errorf("%+v, %v", s, err)
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
	at := point{"sim", "rr", protocol.Arrival, 1, 8, 1}
	there := at
	there.Backend = "local"
	simulated := summarise([]caseRun{{point: at, Measured: 9}, {point: at, Measured: 11}})
	g := compare([]caseRun{{point: there, Measured: 11.1}, {point: there, Measured: 14}, {point: there, Measured: math.NaN()}}, simulated)
	if g.Runs != 2 || g.Inside != 1 || math.Abs(g.Signed.Mean-2.55) > 1e-9 || math.Abs(g.Share.Mean-0.255) > 1e-9 {
		t.Errorf("%+v", g)
	}
}

// TestMake runs the whole target at its smallest.
func TestMake(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	s := DefaultSettings()
	s.Folder, s.Runs, s.Sizes, s.CaseNodes = t.TempDir(), 1, []int{4, 8}, []int{8}
	s.small = true
	var out strings.Builder
	if err := Make(t.Context(), &out, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "figures in") {
		t.Errorf("said %q", out.String())
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
		if text, err := os.ReadFile(filepath.Join(s.Folder, name+".svg")); err != nil || !strings.Contains(string(text), "</svg>") {
			t.Errorf("%s.svg: %v", name, err)
		}
	}
}

// TestDraw: values that a logarithmic axis cannot show do no harm.
func TestDraw(t *testing.T) {
	values := []dot{{x: 1, y: 0}, {x: 2, y: math.NaN()}, {x: 3, y: 5, low: -1, high: 9, word: "w"}}
	for _, p := range []panel{
		{logX: true, logY: true, floorY: 0.5, series: []series{{name: "a", colour: blue, glyph: draw.RingGlyph{}, line: true, points: values}}},
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
