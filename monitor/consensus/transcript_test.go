package consensus_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/internal/transcript"
)

// TestTranscripts plays testdata/*.txt: steps and the events that come of them,
// and what the monitor holds afterwards.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		s := consensus.New(10 * time.Second)
		r := &transcript.Reader{}
		s.SetBound(func(_, deaths int) time.Duration { return time.Duration(17+deaths) * time.Second })
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return transcript.Short(play(t, s, r, start, d))
		})
	})
}

func play(t *testing.T, s *consensus.State, r *transcript.Reader, start time.Time, d *datadriven.TestData) string {
	var b strings.Builder
	switch d.Cmd {
	case "steps":
		steps, err := r.Parse(d.Input)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		for _, step := range steps {
			for _, e := range s.Step(start.Add(step.At), step.Input) {
				fmt.Fprintf(&b, "%s %s\n", e.At.Sub(start), e)
			}
		}
	case "nodes":
		for _, n := range s.Nodes() {
			verdict := "alive"
			if n.Failed {
				verdict = "failed"
			}
			fmt.Fprintf(&b, "%s.%d %s eligible=%t fresh=%t silent=%t suspected by %d of %d\n",
				n.Address, n.Incarnation, verdict, n.Eligible, n.Fresh, n.Silent, n.Suspecting, n.Observers)
		}
	case "matrix":
		for i := range s.Len() {
			b.WriteString(string(s.At(i).Address))
			for j := range s.Len() {
				fmt.Fprintf(&b, " %d", map[bool]int{true: 1}[s.Suspects(i, j)])
			}
			b.WriteByte('\n')
		}
	case "reason":
		for _, arg := range d.CmdArgs {
			r, _ := s.Reason(transcript.Address(arg.Key))
			fmt.Fprintf(&b, "%s failed=%t suspecting %v missing %v mute %v\n", r.Node, r.Failed, r.Suspecting, r.Missing, r.Mute)
		}
	case "totals":
		fmt.Fprintf(&b, "%+v\n", s.Totals())
	case "next":
		next, ok := s.NextDeadline()
		fmt.Fprintln(&b, next.Sub(start), ok)
	case "hearing":
		fmt.Fprintln(&b, s.Hearing())
	case "unanimous":
		since, ok := s.Unanimous()
		fmt.Fprintln(&b, since.Sub(start), ok)
	default:
		t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
	return b.String()
}

func TestNothingKnown(t *testing.T) {
	s := consensus.New(time.Second)
	if _, ok := s.NextDeadline(); ok {
		t.Error("an empty state has a deadline")
	}
	if _, ok := s.Reason("a:1"); ok {
		t.Error("an unknown node's verdict has a reason")
	}
	if _, ok := s.Node("a:1"); ok {
		t.Error("an unknown node is described")
	}
	if s.States("a:1") != nil {
		t.Error("an unknown node has a state map")
	}
	if events := s.Step(time.Now(), consensus.Forget{Node: "a:1"}); len(events) != 0 {
		t.Errorf("forgetting an unknown node: %v", events)
	}
}

// BenchmarkReport shows that a report costs its length: one cell costs the same
// among 32 nodes and among 1024.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{32, 1024} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s, now := consensus.New(10*time.Second), time.Now()
			for i := range n {
				a := gossip.Address(fmt.Sprintf("n%04d:1", i))
				s.Step(now, consensus.Register{Node: a})
				s.Step(now, consensus.Heartbeat{Node: a})
			}
			in := consensus.Suspects{Node: "n0000:1", Vector: gossip.FaultVector{{Address: "n0001:1"}}}
			b.ReportAllocs()
			for b.Loop() {
				in.Vector[0].Suspected = !in.Vector[0].Suspected
				s.Step(now, in)
			}
		})
	}
}
