package replay_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// TestTranscripts shows what is printed of a run in which node6 was killed and
// came back.
func TestTranscripts(t *testing.T) {
	run := killed(t, "rr").write()
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out bytes.Buffer
			if err := ask(t, &out, run, d); err != nil {
				fmt.Fprintln(&out, "error:", err)
			}
			return out.String()
		})
	})
}

func ask(t *testing.T, out *bytes.Buffer, path string, d *datadriven.TestData) error {
	run, err := replay.Open(path)
	if err != nil {
		return err
	}
	var name string
	switch d.Cmd {
	case "replay":
		_, err := run.Check(t.Context(), out)
		return err
	case "at":
		var when string
		d.ScanArgs(t, "when", &when)
		d.ScanArgs(t, "of", &name)
		at, err := time.ParseDuration(when)
		if err != nil {
			t.Fatal(err)
		}
		return run.At(out, at, name)
	case "why":
		d.ScanArgs(t, "of", &name)
		return run.Why(out, name)
	}
	t.Fatalf("%s: unknown word %q", d.Pos, d.Cmd)
	return nil
}

// received is a message that has come in.
type received struct {
	at   string // as At prints it
	from gossip.Address
	gossip.Message
}

// tells reports whether a message says anything of an endpoint.
func (r received) tells(endpoint gossip.Address) bool {
	var ok bool
	switch m := r.Message.(type) {
	case gossip.Syn:
		_, ok = m.Digest.Get(endpoint)
	case gossip.Gossip:
		_, ok = m.Digest.Get(endpoint)
	case gossip.Ack:
		_, ok = m.States.Get(endpoint)
	case gossip.Ack2:
		_, ok = m.States.Get(endpoint)
	}
	return ok
}

var row = regexp.MustCompile(`(?m)^(node\d+) +(\d+) +(\d+) +([\d.]+) s +(\S+) \((\w+)\) +(due at|since) ([\d.]+) s`)

// TestAtShowsWhatTheNodeHad compares with the simulated node itself, and with the
// messages that it was sent.
func TestAtShowsWhatTheNodeHad(t *testing.T) {
	for _, s := range protocol.All() {
		for _, end := range []time.Duration{12 * time.Second, 27 * time.Second, 41400 * time.Millisecond, 55 * time.Second} {
			t.Run(fmt.Sprint(s.Name, " ", end), func(t *testing.T) {
				r := rehearse(t, s.Name, 8)
				var messages []received
				r.Observe(sim.Hooks{Step: func(step sim.Step) {
					if m, ok := step.Event.(protocol.Receive); ok && step.Name == "node3" {
						messages = append(messages, received{seconds(step.At), m.From, m.Message})
					}
				}})
				r.At(20*time.Second, func() { r.Kill("node6") })
				r.Run(end)
				run, err := replay.Open(r.write())
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := run.At(&out, end, "node3"); err != nil {
					t.Fatal(err)
				}
				compareRows(t, r, out.String(), messages)
			})
		}
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func compareRows(t *testing.T, r *rehearsal, printed string, messages []received) {
	rows := row.FindAllStringSubmatch(printed, -1)
	n := r.Node("node3")
	i := 0
	for e := range n.Endpoints() {
		if i == len(rows) {
			t.Fatalf("%d rows:\n%s", len(rows), printed)
		}
		f := rows[i]
		i++
		from := gossip.Address(f[5] + ":5000")
		if f[5] == "itself" {
			from = e.Address
		}
		want := []string{e.Address.Name(), fmt.Sprint(e.Generation), fmt.Sprint(e.Heartbeat), seconds(e.Heard.Sub(started))}
		if !slices.Equal(f[1:5], want) {
			t.Errorf("row %q, want %q", f[1:5], want)
		}
		if (f[7] == "since") != e.Suspected || !e.Suspected && f[8] != seconds(e.Due.Sub(started)) {
			t.Errorf("row %q, the node has %+v", f[0], e)
		}
		if !slices.ContainsFunc(messages, func(m received) bool {
			return m.at == f[4] && m.from == from && m.Kind() == f[6] && (from == e.Address || m.tells(e.Address))
		}) {
			t.Errorf("no such message came in: %q", f[0])
		}
	}
	round, _ := n.NextRound()
	if next := fmt.Sprintf("next round: %d at %s s", round.Number, seconds(round.At.Sub(started))); !strings.Contains(printed, next) {
		t.Errorf("printed without %q:\n%s", next, printed)
	}
}

// TestWhyTellsWhatHappened compares with what the simulation says of the very run.
func TestWhyTellsWhatHappened(t *testing.T) {
	for _, s := range protocol.All() {
		r := rehearse(t, s.Name, 8)
		since := map[string]string{} // by observer
		var last, verdict string
		r.Observe(sim.Hooks{
			Step: func(step sim.Step) {
				for _, e := range step.Effects {
					if o, ok := e.(protocol.OpinionChanged); ok && o.Suspected && o.Peer == "node6:5000" && verdict == "" {
						since[step.Name], last = seconds(step.At), step.Name
					}
				}
			},
			Input: func(_ time.Time, _ consensus.Input, events []consensus.Event) {
				for _, e := range events {
					if e.Kind == consensus.Failed && e.Node == "node6:5000" {
						verdict = seconds(r.Elapsed())
					}
				}
			},
		})
		r.Run(30 * time.Second)
		r.Kill("node6")
		r.Run(time.Minute)
		run, err := replay.Open(r.write())
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := run.Why(&out, "node6"); err != nil {
			t.Fatal(err)
		}
		wanted := []string{"declared failed at " + verdict + " s", "began to suspect it, by 7 observers", "after " + last + " began"}
		for name, at := range since {
			wanted = append(wanted, at+" s: ")
			if !regexp.MustCompile(`(?m)^` + name + ` .* ` + regexp.QuoteMeta(at) + ` s: `).MatchString(out.String()) {
				t.Errorf("%s: no row says that %s began at %s", s.Name, name, at)
			}
		}
		for _, want := range wanted {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: without %q", s.Name, want)
			}
		}
		checkChain(t, out.String())
		if t.Failed() {
			t.Fatalf("%s:\n%s", s.Name, &out)
		}
	}
}

var hopLine = regexp.MustCompile(`(?m)^  ([\d.]+) s  (\S+) to (\S+), \w+$`)

// checkChain: the news goes from the dead node to the one that heard it last, from
// each that got it.
func checkChain(t *testing.T, printed string) {
	t.Helper()
	holder, at := "node6", ""
	for _, hop := range hopLine.FindAllStringSubmatch(printed, -1) {
		if hop[2] != holder || hop[1] < at {
			t.Errorf("%s had the news, but %q", holder, hop[0])
		}
		at, holder = hop[1], hop[3]
	}
	if !strings.Contains(printed, "the last word of it was heard by "+holder+", ") || holder == "node6" {
		t.Errorf("the chain ends at %s", holder)
	}
}

// TestWhyAdmitsWhatARecordLacks: node2's record is cut short before node2 began to
// suspect node6.
func TestWhyAdmitsWhatARecordLacks(t *testing.T) {
	path := killed(t, "rr").write()
	record := filepath.Join(path, "records", "node2-1.rec")
	info, err := os.Stat(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(record, info.Size()*35/90); err != nil {
		t.Fatal(err)
	}
	run, err := replay.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run.Why(&out, "node6"); err != nil {
		t.Fatal(err)
	}
	lacking := regexp.MustCompile(`(?m)^node2 .* unknown: its record ends at [\d.]+ s$`)
	if !lacking.MatchString(out.String()) || strings.Contains(out.String(), ", the last") ||
		!strings.Contains(out.String(), "by 7 observers; who was the last is not recorded") {
		t.Errorf("printed\n%s", &out)
	}
}
