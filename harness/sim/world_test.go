package sim

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/monitor/consensus"
)

func config(t testing.TB, name string, nodes int) Config {
	t.Helper()
	s, ok := protocol.ByName(name)
	if !ok {
		t.Fatalf("no protocol %q", name)
	}
	c := DefaultConfig(s)
	c.Nodes = nodes
	return c
}

func newWorld(t testing.TB, c Config) *World {
	t.Helper()
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestKillIsFound(t *testing.T) {
	for _, s := range protocol.All() {
		for _, joined := range []bool{false, true} {
			c := config(t, s.Name, 8)
			c.Joined = joined
			w := newWorld(t, c)
			if !w.AwaitJoined(time.Minute) {
				t.Fatalf("%s: not joined within a minute", s.Name)
			}
			w.Run(time.Minute)
			w.Observe(Hooks{Input: func(_ time.Time, _ consensus.Input, events []consensus.Event) {
				for _, e := range events {
					if e.Kind == consensus.Failed && e.Node != w.Address("node3") {
						t.Errorf("%s: %s", s.Name, e)
					}
				}
			}})
			w.Kill("node3")
			bound := c.DetectionBound(8, 1)
			failed := func() bool { n, _ := w.Monitor().Node(w.Address("node3")); return n.Failed }
			if failed() {
				t.Errorf("%s: failed at once", s.Name)
			}
			began := w.Elapsed()
			if !w.RunUntil(failed, bound) {
				t.Errorf("%s: not found within %v", s.Name, bound)
			}
			t.Logf("%s joined=%v: found after %v", s.Name, joined, w.Elapsed()-began)
		}
	}
}
