package tutorial_test

import (
	"io/fs"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gossiprpc/docs/tutorial"
	"gossiprpc/harness"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// seeds are those that the tutorial's numbers are held against; a changed script runs
// with the first only.
var seeds = []uint64{1, 2}

// row is a line of a table in the tutorial: what its script measures, perhaps after a
// change, lies from least to most.
type row struct {
	script, was, becomes string
	measure              string
	least, most          float64
}

var (
	scriptLink = regexp.MustCompile(`\]\(tutorial/([0-9a-z-]+\.txt)\)`)
	tableRow   = regexp.MustCompile("^\\| (?:`(.+)` → `(.+)`)? *\\| ([^|]+) \\| ([0-9.]+) \\| ([0-9.]+) \\|$")
)

// readTables finds what the tutorial says of each script.
func readTables(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile("../TUTORIAL.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	script := ""
	for number, line := range strings.Split(string(text), "\n") {
		if found := scriptLink.FindStringSubmatch(line); found != nil {
			script = found[1]
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| change |") || strings.HasPrefix(line, "|--") {
			continue
		}
		cells := tableRow.FindStringSubmatch(line)
		if cells == nil || script == "" {
			t.Errorf("TUTORIAL.md:%d: %q is no row of a measure after the link of its script", number+1, line)
			continue
		}
		least, err1 := strconv.ParseFloat(cells[4], 64)
		most, err2 := strconv.ParseFloat(cells[5], 64)
		if err1 != nil || err2 != nil || least > most {
			t.Errorf("TUTORIAL.md:%d: from %s to %s?", number+1, cells[4], cells[5])
		}
		rows = append(rows, row{script, cells[1], cells[2], strings.TrimSpace(cells[3]), least, most})
	}
	return rows
}

// TestAnswers runs each script, as it is and as the tutorial has it changed, in virtual
// time, and holds what the tutorial says of it against what a reader sees.
func TestAnswers(t *testing.T) {
	type version struct{ script, was, becomes string }
	rows := map[version][]row{}
	for _, r := range readTables(t) {
		v := version{r.script, r.was, r.becomes}
		rows[v] = append(rows[v], r)
	}
	files, err := fs.Glob(tutorial.Scripts, "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 12 {
		t.Errorf("%d scripts, want 12", len(files))
	}
	for _, file := range files {
		if rows[version{script: file}] == nil {
			t.Errorf("the tutorial says nothing about %s", file)
		}
	}
	for v, want := range rows {
		t.Run(v.script+" "+v.becomes, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(tutorial.Scripts, v.script)
			if err != nil {
				t.Fatal(err)
			}
			if v.was != "" && strings.Count(string(text), "\ncluster "+v.was) != 1 {
				t.Fatalf("the script has no cluster %s", v.was)
			}
			changed := strings.Replace(string(text), "\ncluster "+v.was, "\ncluster "+v.becomes, 1)
			these := seeds
			if v.was != "" {
				these = seeds[:1]
			}
			for _, seed := range these {
				got := run(t, v.script, changed, seed)
				for _, r := range want {
					value, told := got[r.measure]
					if !told {
						t.Errorf("seed %d: %s: nothing was measured", seed, r.measure)
					} else if value = math.Round(10*value) / 10; value < r.least || value > r.most {
						t.Errorf("seed %d: %s: %g, the tutorial says %g to %g", seed, r.measure, value, r.least, r.most)
					}
				}
			}
		})
	}
}

// run runs a script and measures what its records show.
func run(t *testing.T, name, text string, seed uint64) measures {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Runs, o.Seed = sim.Backend{}, t.TempDir(), seed
	outcome, err := scenario.Run(t.Context(), o, name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Verdict != harness.Pass {
		t.Errorf("seed %d: %s: %s", seed, outcome.Verdict, strings.Join(outcome.Reasons, "; "))
	}
	played, err := replay.Open(outcome.Folder)
	if err != nil {
		t.Fatal(err)
	}
	r := newReader()
	if err := played.Stream(t.Context(), r.put); err != nil {
		t.Fatal(err)
	}
	return r.got
}
