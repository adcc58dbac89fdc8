package viewer_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/viewer"

	"github.com/google/go-cmp/cmp"
)

func at(seconds float64) time.Duration { return time.Duration(math.Round(seconds*1e7)) * 100 }

// examples are those of docs/API.md, one of each kind.
func examples() (times []time.Duration, events []viewer.Event) {
	first := 0
	add := func(seconds float64, e viewer.Event) { times, events = append(times, at(seconds)), append(events, e) }
	add(0, viewer.Run{
		Version: 1, Source: viewer.Recorded, Protocol: "rr", Heartbeat: 1, Gossip: 3, Fail: 10, Freshness: "arrival",
		Aligned: true, Speed: 1, Backend: "sim", Seed: 7, Bound: 33, Start: "2026-11-24T21:55:26Z", Messages: true,
		Script: "cluster 8 rr\n", Name: "20261124-215526-revive-rr-8",
	})
	add(0, viewer.Node{Name: "node1", Address: "127.0.0.1:5001"})
	add(0.1493994, viewer.Start{Who: "node1", Node: &first, Life: 1})
	add(0.152399, viewer.Row{Suspect: []int{}})
	add(3.2, viewer.Send{ID: 17, To: 1, Message: "gossip", Round: 589086499})
	add(3.203, viewer.Heard{Node: 1, Of: []int{0, 2}, Beat: []int32{3, 2}, Renewed: []int{1, 0}})
	add(3.204, viewer.CallEnd{ID: 17, How: viewer.OK})
	add(4.1, viewer.Beat{Node: 1})
	add(4.1, viewer.Voice{Node: 1, Eligible: true})
	add(8, viewer.Act{What: "kill", Nodes: []int{7}, Text: "node8"})
	add(18.5, viewer.Opinion{Node: 1, Of: 7, Suspect: true, Why: "silent"})
	add(18.51, viewer.Cell{By: 1, Of: 7, Suspect: true})
	add(26.8, viewer.Verdict{Node: 7, Failed: true, By: []int{0, 1}})
	add(27, viewer.Deaf{Text: "deaf: hears 1 of 8"})
	add(27.5, viewer.Away{Text: "the monitor does not answer"})
	add(28, viewer.Case{Number: 1, What: viewer.CaseWaits, Waiting: "0 of 1 failed"})
	add(29, viewer.Log{Who: "monitor", Text: "too many nodes"})
	add(30, viewer.Gone{Node: 7})
	add(31, viewer.EndOfRun{Verdict: "pass"})
	return times, events
}

// TestLinesAreAsDocumented holds each kind of event against its example.
func TestLinesAreAsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/API.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, `{"t":`) {
			documented = append(documented, line)
		}
	}
	var got []string
	times, events := examples()
	for i, e := range events {
		line, err := viewer.AppendLine(nil, times[i], e)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
		var fields struct{ K string }
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if !strings.Contains(string(page), "`"+fields.K+"`") {
			t.Errorf("docs/API.md does not explain %s", fields.K)
		}
	}
	if diff := cmp.Diff(documented, got); diff != "" {
		t.Errorf("docs/API.md -, encoded +:\n%s", diff)
	}
}

func TestEventThatHasNoJSON(t *testing.T) {
	_, err := viewer.AppendLine(nil, time.Second, viewer.Case{Number: 1, Result: json.RawMessage("{")})
	if err == nil || !strings.Contains(err.Error(), "event case at 1s") {
		t.Errorf("error %v, want one that names the event", err)
	}
}
