package replay

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"
)

// diaryName is the harness's file in a run's folder.
const diaryName = "events.jsonl"

// verdictName is the file in which the harness says how a run ended: it is over.
const verdictName = "verdict.json"

// happening is a line of the diary: what the harness did or saw.
type happening struct {
	At     float64         `json:"at_s"` // since the cluster's start, by its clock
	Time   time.Time       `json:"time"` // of writing
	Event  string          `json:"event"`
	Detail json.RawMessage `json:"detail"`
}

// clusterDetail is the detail of the first one.
type clusterDetail struct {
	Backend string    `json:"backend"`
	Nodes   int       `json:"nodes"` // that it began with; 0: not told
	Seed    uint64    `json:"seed"`
	Began   time.Time `json:"began"` // by the cluster's clock
}

// began tells whether a life is the first one of a node that the cluster began with. Those
// that were added are told of when they start.
func (c clusterDetail) began(l *life) bool {
	return l.header.Kind == recording.Node && l.number == 1 && (c.Nodes == 0 || nodeNumber(l.name) <= c.Nodes)
}

// diary reads a run's diary. Its first line is of the cluster.
type diary struct {
	cluster clusterDetail
	lines   *bufio.Reader
	number  int
	partial []byte // of a line that is still being written
}

func readDiary(r io.Reader) (*diary, error) {
	d := &diary{lines: bufio.NewReader(r)}
	h, err := d.next()
	if errors.Is(err, io.EOF) {
		return d, nil // the harness ended before it had a cluster
	}
	if err == nil && h.Event != "cluster" {
		err = fmt.Errorf("%s, line 1: %q, want cluster", diaryName, h.Event)
	}
	if err == nil {
		err = json.Unmarshal(h.Detail, &d.cluster)
	}
	return d, err
}

// next is the next line; io.EOF after the last whole one, of which there may be more
// later.
func (d *diary) next() (happening, error) {
	var h happening
	line, err := d.lines.ReadBytes('\n')
	d.partial = append(d.partial, line...)
	if err != nil {
		return h, err
	}
	line, d.partial = d.partial, nil
	d.number++
	if err := json.Unmarshal(line, &h); err != nil {
		return h, fmt.Errorf("%s, line %d: %w", diaryName, d.number, err)
	}
	return h, nil
}

// when is the time of a happening since the run's first event.
func (r *Run) when(c clusterDetail, h happening) time.Duration {
	wall := h.Time
	if !c.Began.IsZero() {
		wall = c.Began.Add(time.Duration(h.At * float64(time.Second)))
	}
	return max(0, wall.Sub(r.start))
}

// Happened is a line of a run's events.jsonl in the viewer's words; nil for what the
// harness only saw. index is the number of a node by its name.
func Happened(line []byte, index func(name string) (int, bool)) (viewer.Event, error) {
	var h happening
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("%s: %w", diaryName, err)
	}
	return h.event(index)
}

// event is a happening in the viewer's words; nil for what the harness only saw.
func (h happening) event(index func(name string) (int, bool)) (viewer.Event, error) {
	switch h.Event {
	case "kill", "interrupt", "restart", "pause", "resume", "partition", "cut":
		var names []string
		err := json.Unmarshal(h.Detail, &names)
		a := viewer.Act{What: h.Event, Text: strings.Join(names, " ")}
		for _, name := range names {
			if i, ok := index(name); ok {
				a.Nodes = append(a.Nodes, i)
			}
		}
		return a, err
	case "add":
		var names []string
		err := json.Unmarshal(h.Detail, &names)
		return viewer.Act{What: h.Event, Text: strings.Join(names, " ")}, err
	case "heal":
		return viewer.Act{What: h.Event}, nil
	case "loss":
		var share float64
		err := json.Unmarshal(h.Detail, &share)
		return viewer.Act{What: h.Event, Text: fmt.Sprintf("%g%%", 100*share)}, err
	case "menu":
		var line string
		err := json.Unmarshal(h.Detail, &line)
		return viewer.Act{What: h.Event, Text: line}, err
	case "wrong":
		var text string
		err := json.Unmarshal(h.Detail, &text)
		return viewer.Log{Who: "harness", Text: text}, err
	case "joined":
		return viewer.Act{What: "mark", Text: "all have heard of each other"}, nil
	}
	return nil, nil
}

// judgement is what of verdict.json the viewer shows.
type judgement struct {
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
}

// readEnd is how the harness judged the run, if it did.
func (r *Run) readEnd() (viewer.EndOfRun, error) {
	text, err := os.ReadFile(filepath.Join(r.folder, verdictName))
	if errors.Is(err, fs.ErrNotExist) {
		return viewer.EndOfRun{}, nil
	}
	if err != nil {
		return viewer.EndOfRun{}, fmt.Errorf("verdict: %w", err)
	}
	var o judgement
	if err := json.Unmarshal(text, &o); err != nil {
		return viewer.EndOfRun{}, fmt.Errorf("%s: %w", verdictName, err)
	}
	return viewer.EndOfRun{Verdict: o.Verdict, Text: strings.Join(o.Reasons, "; ")}, nil
}
