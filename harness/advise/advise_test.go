package advise

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

func question(t *testing.T, name, nodes, loss string, environ ...string) Question {
	t.Helper()
	q, err := read(environ, name, nodes, loss)
	if err != nil {
		t.Fatal(err)
	}
	q.Runs, q.Calm = 2, 5*time.Minute
	return q
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ protocol, nodes, loss, environ, want string }{
		{"best", "8", "0", "", "random, rr"},
		{"rr", "2", "0", "", "NODES=2: want a number of nodes, 4 to"},
		{"rr", "513", "0", "", "512 at most"},
		{"rr", "8", "0.95", "", "0 to 0.9"},
		{"rr", "8", "0", "GOSSIP=3", "GOSSIP=3"},
		{"rr", "8", "0", "FAIL=2s", "more than the gossip interval"},
		{"rr", "8", "0", "SERVERS_LOSS=2", "SERVERS_LOSS=2"},
	} {
		err := Task(t.Context(), io.Discard, []string{c.environ}, c.protocol, c.nodes, c.loss)
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, new(settings.WrongUse)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestSmallestFail: what is found is safe, and what is just below is not, for
// single observers of round robin: they must hear within T_fail.
func TestSmallestFail(t *testing.T) {
	q := question(t, "rr", "8", "0")
	good := func(a Answer) bool { return a.SafeForObservers(0.999) }
	a, ok, err := q.SmallestFail(t.Context(), good)
	if err != nil || !ok || !good(a) {
		t.Fatalf("%+v, %v, %v", a.Timing, ok, err)
	}
	less := q.Timing
	less.Fail = a.Timing.Fail * 8 / 10
	below, err := q.Ask(t.Context(), less)
	if err != nil || good(below) {
		t.Errorf("T_fail %v is the smallest, but %v is good too: accuracy %v, %v", a.Timing.Fail, less.Fail,
			below.Observers.Accuracy, err)
	}
	if wide, ok, err := q.LongestGossip(t.Context(), good); err != nil || !ok || wide.Timing.Gossip >= q.Timing.Gossip {
		t.Errorf("at T_fail %v gossip every %v will do, %v; %v needs %v", q.Timing.Fail, wide.Timing.Gossip, err,
			q.Timing.Gossip, a.Timing.Fail)
	}
}

// TestUnsafe: what is lost with a T_fail of one interval and a bit, when a third of all
// messages is lost, is warned of: deaths that nobody found, and wrong verdicts.
func TestUnsafe(t *testing.T) {
	q := question(t, "random", "8", "0.3", "FAIL=3300ms", "SERVERS_LOSS=0.3")
	a, err := q.Ask(t.Context(), q.Timing)
	if err != nil || a.Missed == 0 {
		t.Fatalf("%d missed, %v", a.Missed, err)
	}
	a.Wrong++
	w := strings.Join(q.warnings(a, Answer{}, false, Answer{}, false), "\n")
	for _, want := range []string{"deaths were not found", "not safe"} {
		if !strings.Contains(w, want) {
			t.Errorf("warned of %q, want %q too", w, want)
		}
	}
}

// TestInterrupted: what was found until then is printed, and nothing is waited for.
func TestInterrupted(t *testing.T) {
	var out strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	q := question(t, "brr", "4", "0")
	q.Runs, q.Calm = 1, time.Minute
	q.tell = func(_ protocol.Timing, runs int) {
		if runs == 0 && len(q.asked) == 1 { // the first setting is done, the second begins
			cancel()
		}
	}
	err := q.advise(ctx, terminal.On(&out))
	if !errors.Is(err, context.Canceled) || len(q.asked) != 1 {
		t.Errorf("%v, after %d settings", err, len(q.asked))
	}
	if !strings.Contains(out.String(), "\nas given") || strings.Contains(out.String(), "smallest") {
		t.Errorf("want the one row that was found in\n%s", out.String())
	}
}

func TestTask(t *testing.T) {
	var out strings.Builder
	q := question(t, "brr", "4", "0")
	q.Runs, q.Calm = 1, time.Minute
	if err := q.advise(t.Context(), terminal.On(&out)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--freshness arrival", "as given", "smallest T_fail at gossip 3s",
		"longest gossip at T_fail 10s", "found in, s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
