package replay_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/shown"
	"gossiprpc/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

// lines is a stream as lines that do not depend on the order of what happened at the
// same instant: the numbers of calls do.
type lines struct {
	t     testing.TB
	all   []string
	calls map[uint64]string
}

func (l *lines) put(at time.Duration, e viewer.Event) {
	prefix := ""
	switch call := e.(type) {
	case viewer.Run, viewer.EndOfRun:
		return // where a stream comes from, and whether somebody judges it, may differ
	case viewer.Send:
		id := call.ID
		call.ID = 0
		e = call
		l.calls[id] = fmt.Sprintf("%v %+v: ", at, call)
	case viewer.CallEnd:
		prefix = l.calls[call.ID]
		call.ID = 0
		e = call
	}
	line, err := viewer.AppendLine([]byte(prefix), at, e)
	if err != nil {
		l.t.Error(err)
	}
	l.all = append(l.all, string(line))
}

func (l *lines) sorted() []string {
	slices.Sort(l.all)
	return l.all
}

// TestStreamOfRecordsIsThatOfTheRun compares what the records of a run play with what
// the viewer was told while it ran.
func TestStreamOfRecordsIsThatOfTheRun(t *testing.T) {
	for _, spec := range protocol.All() {
		t.Run(spec.Name, func(t *testing.T) {
			r := &rehearsal{t: t, records: map[string]*bytes.Buffer{}}
			c := sim.DefaultConfig(spec)
			c.Nodes, c.Epoch, c.Wrap = 8, started, r.wrap
			live := lines{t: t, calls: map[uint64]string{}}
			w, err := shown.New(c, live.put)
			if err != nil {
				t.Fatal(err)
			}
			r.World = w.World
			r.Run(30 * time.Second)
			r.Kill("node6")
			r.Type("1")
			r.Run(30 * time.Second)
			r.Restart("node6", "monitor")
			r.Run(30 * time.Second)

			run, err := replay.Open(r.write())
			if err != nil {
				t.Fatal(err)
			}
			recorded := lines{t: t, calls: map[uint64]string{}}
			if err := run.Stream(t.Context(), recorded.put); err != nil {
				t.Fatal(err)
			}
			if len(live.all) < 1000 {
				t.Errorf("%d events: too few to tell anything", len(live.all))
			}
			if diff := cmp.Diff(live.sorted(), recorded.sorted()); diff != "" {
				t.Errorf("live -, recorded +:\n%s", diff)
			}
		})
	}
}

// What a harness wrote down stands among what the machines did, by the cluster's
// clock.
func TestStreamHasWhatTheHarnessDid(t *testing.T) {
	r := killed(t, "rr")
	folder := r.write()
	write(t, folder, "events.jsonl", `{"at_s":0,"event":"cluster","detail":{"backend":"sim","seed":3,"began":"2026-03-04T05:06:08Z"}}
{"at_s":5,"event":"joined","detail":null}
{"at_s":29,"event":"kill","detail":["node6"]}
{"at_s":30,"event":"partition","detail":["node1","monitor"]}
{"at_s":31,"event":"loss","detail":0.1}
{"at_s":32,"event":"heal","detail":null}
{"at_s":33,"event":"declared dead","detail":["node6"]}
{"at_s":34,"event":"menu","detail":"status"}
{"at_s":35,"event":"wrong","detail":"node1 is running"}
{"at_s":36,"event":"restart","detail":["no`)
	write(t, folder, "verdict.json", `{"verdict":"fail","reasons":["one","two"]}`)
	run, err := replay.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var first viewer.Event
	if err := run.Stream(t.Context(), func(at time.Duration, e viewer.Event) {
		if first == nil {
			first = e
		}
		switch e.(type) {
		case viewer.Act, viewer.Log, viewer.EndOfRun:
			got = append(got, fmt.Sprintf("%v %+v", at.Round(time.Second), e))
		}
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"6s {What:mark Nodes:[] Text:all have heard of each other}",
		"30s {What:kill Nodes:[5] Text:node6}",
		"31s {What:partition Nodes:[0] Text:node1 monitor}",
		"32s {What:loss Nodes:[] Text:10%}",
		"33s {What:heal Nodes:[] Text:}",
		"35s {What:menu Nodes:[] Text:status}",
		"36s {Who:harness Text:node1 is running}",
		"1m30s {Verdict:fail Text:one; two}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if about, ok := first.(viewer.Run); !ok || about.Protocol != "rr" || about.Backend != "sim" || about.Seed != 3 ||
		about.Fail != 10 || about.Bound != 33 || about.Source != viewer.Recorded {
		t.Errorf("the stream begins with %+v", first)
	}
}

func TestDiaryThatIsNone(t *testing.T) {
	for text, want := range map[string]string{
		`{"event":"kill"}` + "\n": `events.jsonl, line 1: "kill", want cluster`,
		"{\n":                     "events.jsonl, line 1: unexpected end of JSON input",
		`{"event":"cluster","detail":{}}` + "\n" + `{"event":"kill","detail":7}` + "\n": "events.jsonl: kill: json: cannot unmarshal",
	} {
		folder := killed(t, "rr").write()
		write(t, folder, "events.jsonl", text)
		run, err := replay.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		err = run.Stream(t.Context(), func(time.Duration, viewer.Event) {})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
