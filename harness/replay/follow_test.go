package replay_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gossiprpc/harness/replay"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

// growing is a finished run whose folder comes into being step by step: at each, all
// that had happened until then is there, and half of what comes next.
type growing struct {
	t       *testing.T
	from    string
	to      string
	now     time.Time
	end     time.Time
	records map[string][]mark
}

// mark is where in a record an event begins, and when it happened.
type mark struct {
	offset int64
	at     time.Time
}

func (g *growing) read() {
	paths, err := filepath.Glob(filepath.Join(g.from, "records", "*.rec"))
	if err != nil {
		g.t.Fatal(err)
	}
	g.records = map[string][]mark{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			g.t.Fatal(err)
		}
		r, err := recording.NewReader(bytes.NewReader(text))
		if err != nil {
			g.t.Fatal(err)
		}
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				g.t.Fatal(err)
			}
			g.records[filepath.Base(path)] = append(g.records[filepath.Base(path)], mark{rec.Offset, rec.Time})
		}
	}
}

// written lets some time pass, and is the follower's clock.
func (g *growing) written() time.Time {
	g.now = g.now.Add(700 * time.Millisecond)
	for name, marks := range g.records {
		text, err := os.ReadFile(filepath.Join(g.from, "records", name))
		if err != nil {
			g.t.Error(err)
		}
		if marks[0].at.After(g.now) {
			continue // its process has not started
		}
		until := len(text)
		for i, m := range marks {
			if m.at.After(g.now) {
				until = int(m.offset)
				if i+1 < len(marks) {
					until += int(marks[i+1].offset-m.offset) / 2
				}
				break
			}
		}
		write(g.t, filepath.Join(g.to, "records"), name, string(text[:until]))
	}
	if g.now.After(g.end) {
		write(g.t, g.to, "verdict.json", `{"verdict":"pass"}`)
	}
	return g.now
}

// TestFollowedRunIsThePlayedOne follows a run as it grows, and compares the stream with
// that of the finished run, line by line.
func TestFollowedRunIsThePlayedOne(t *testing.T) {
	folder := killed(t, "scrr").write()
	const diary = `{"at_s":0,"event":"cluster","detail":{"backend":"sim","began":"2026-03-04T05:06:12Z"}}
{"at_s":25,"event":"kill","detail":["node6"]}
{"at_s":55,"event":"restart","detail":["node6"]}
`
	write(t, folder, "events.jsonl", diary)
	write(t, folder, "verdict.json", `{"verdict":"pass"}`)
	run, err := replay.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	var finished, followed []string
	collect := func(lines *[]string) replay.Put {
		return func(at time.Duration, e viewer.Event) {
			if r, ok := e.(viewer.Run); ok {
				r.Source, r.Name = "", ""
				e = r
			}
			line, err := viewer.AppendLine(nil, at, e)
			if err != nil {
				t.Error(err)
			}
			*lines = append(*lines, string(line))
		}
	}
	if err := run.Stream(t.Context(), collect(&finished)); err != nil {
		t.Fatal(err)
	}

	g := &growing{t: t, from: folder, to: t.TempDir(), now: started, end: started.Add(91 * time.Second)}
	if err := os.Mkdir(filepath.Join(g.to, "records"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, g.to, "events.jsonl", diary)
	g.read()
	f := replay.Follower{Folder: g.to, Written: g.written, Every: time.Microsecond}
	if err := f.Stream(t.Context(), collect(&followed)); err != nil {
		t.Fatal(err)
	}
	if len(finished) < 1000 {
		t.Errorf("%d events tell nothing", len(finished))
	}
	if diff := cmp.Diff(finished, followed); diff != "" {
		t.Errorf("finished -, followed +:\n%s", diff)
	}
}

func TestFollowedRunWithoutRecords(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "verdict.json", `{}`)
	err := replay.Follower{Folder: folder, Written: time.Now, Every: time.Microsecond}.Stream(t.Context(), nil)
	if err == nil || fmt.Sprint(err) != folder+": the run is over and has left no records" {
		t.Errorf("error %v", err)
	}
}
