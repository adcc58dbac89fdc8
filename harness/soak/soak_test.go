package soak

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/terminal"
	"gossiprpc/internal/xmlrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTooShort(t *testing.T) {
	_, err := Run(t.Context(), Options{Duration: time.Second}, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "a soak of 1s: want 30s at least") {
		t.Error(err)
	}
}

// TestConclude: what each finding makes of a soak.
func TestConclude(t *testing.T) {
	grew := map[string]Vitals{"node1": {Goroutines: 1000}}
	for want, c := range map[string]struct {
		out     Outcome
		judge   judge
		err     error
		verdict harness.Verdict
	}{
		"":      {verdict: harness.Pass},
		"wrong": {judge: judge{wrongs: []string{"wrong"}}, verdict: harness.Fail},
		"late":  {judge: judge{doubts: []string{"late"}}, verdict: harness.Unknown},
		"wrong; late": {
			judge:   judge{doubts: []string{"late"}, wrongs: []string{"wrong"}},
			verdict: harness.Fail,
		},
		"context canceled":      {err: context.Canceled, verdict: harness.Unknown},
		"node3 ended by itself": {err: fmt.Errorf("node3 %w", harness.ErrEnded), verdict: harness.Fail},
		"the liar was believed 2 times: a row": {
			out: Outcome{Told: []told{{name: "a row", forged: true, tries: 3, believed: 2}}}, verdict: harness.Fail,
		},
		"node1: from 0 to 1000 goroutines, want at most 12 more": {out: Outcome{After: grew}, verdict: harness.Fail},
	} {
		p := &player{judge: &c.judge, cluster: one{}}
		c.out.judge(p, c.err)
		if got := strings.Join(c.out.Reasons, "; "); got != want || c.out.Verdict != c.verdict {
			t.Errorf("%s because of %q, want %s because of %q", c.out.Verdict, got, c.verdict, want)
		}
	}
}

// one is a cluster of one node, of which nothing but its name is asked.
type one struct{ cluster }

func (one) Nodes() []string { return []string{"node1"} }

// TestCount: a forgery is refused only by a fault, and believed by any other answer.
func TestCount(t *testing.T) {
	forged, flood := lie{name: "forged", forged: true}, lie{name: "flood"}
	l := &liar{tally: map[string]*told{"forged": {}, "flood": {}}}
	for _, err := range []error{nil, fmt.Errorf("call: %w", &xmlrpc.Fault{}), errors.New("connection refused")} {
		l.count(forged, err)
		l.count(flood, err)
	}
	if f := *l.tally["forged"]; f.tries != 3 || f.believed != 1 || f.refused != 1 || f.unanswered != 1 {
		t.Errorf("%+v", f)
	}
	if f := *l.tally["flood"]; f.tries != 3 || f.believed != 0 || f.refused != 1 || f.unanswered != 1 {
		t.Errorf("%+v", f)
	}
}

// The tables are read in a terminal.
func TestPrint(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	var text strings.Builder
	Outcome{
		Verdicts: 3, Excused: map[Excuse]int{WasDown: 2}, Reasons: []string{"it rained"},
		Found: map[Kind]*timing{Death: {episodes: 3, missed: 1, longest: 5 * time.Second, nearest: 0.5}},
		Told:  []told{{name: "a row", forged: true, tries: 4, refused: 4}},
		After: map[string]Vitals{"node10": {Peak: 20 * mb}, "node9": {Memory: 3 * mb}},
	}.Print(terminal.On(&text))
	for _, want := range []string{
		"kill          3       1    5.0 s          50 %", "a row     4        4          0         0",
		"2: the node itself was down", "not good: it rained", "0.0 to 3.0 MB", "3 verdicts of failure",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if at := strings.Index(text.String(), "node9"); at < 0 || at > strings.Index(text.String(), "node10") {
		t.Errorf("node9 does not come before node10:\n%s", text.String())
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 81 {
			t.Errorf("too long: %s", line)
		}
	}
}

// TestBounds: the names that the liar may have in a ring only lengthen a bound.
func TestBounds(t *testing.T) {
	spec, _ := protocol.ByName("scrr")
	p := &player{spec: harness.ClusterSpec{Parameters: protocol.DefaultParameters(spec), Nodes: 8}}
	if alone, three := p.bound(0), p.bound(3); alone < p.spec.DetectionBound(8, 2) || three < alone {
		t.Errorf("bounds %v and %v", alone, three)
	}
}
