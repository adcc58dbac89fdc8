package sim

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// TestMeter: a death is timed, a pause that lasts is one, and a node that is cut
// off from its peers but not from the monitor is a mistake for as long as it is
// held dead.
func TestMeter(t *testing.T) {
	c := config(t, "brr", 6)
	bound := c.DetectionBound(c.Nodes, 2)
	r, err := Measure(c, 30*time.Second, 2*time.Minute, func(w *World) {
		w.Kill("node4")
		w.Pause("node5")
		w.At(w.Elapsed()+time.Minute, func() {
			for _, other := range w.Nodes() {
				if other != "node2" {
					w.Cut("node2", other)
					w.Cut(other, "node2")
				}
			}
		})
		w.At(w.Elapsed()+100*time.Second, func() { w.Heal() })
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Deaths) != 2 {
		t.Fatalf("deaths %+v, want node4's and node5's", r.Deaths)
	}
	for _, d := range r.Deaths {
		if d.Suspected <= 0 || d.Verdict < d.Suspected || d.Verdict > bound {
			t.Errorf("%+v: want 0 < suspected <= verdict <= %v", d, bound)
		}
	}
	if len(r.Mistakes) != 1 || r.Mistakes[0].Node != "node2:5000" || r.Mistakes[0].Ended == None {
		t.Fatalf("mistakes %+v, want one about node2, ended", r.Mistakes)
	}
	q := r.Quality()
	if q.Missed != 0 || len(q.Detection) != 2 || q.Duration != r.Mistakes[0].Ended-r.Mistakes[0].Began || q.Recurrence != r.NodeTime {
		t.Errorf("quality %+v", q)
	}
	if want := 4 * 2 * time.Minute; r.NodeTime != want || r.PairTime != 3*want {
		t.Errorf("node time %v, pair time %v; want %v and three times that", r.NodeTime, r.PairTime, want)
	}
	if q.Accuracy >= 1 || q.Accuracy < 0.9 {
		t.Errorf("accuracy %g: one mistake of some 20 s in 480 s", q.Accuracy)
	}
	if r.Calls["gossip"] == 0 || r.Bytes < 1000*r.Calls["gossip"] {
		t.Errorf("%v calls, %d bytes: a digest of 6 takes over 1000", r.Calls, r.Bytes)
	}
}

// TestOneWay: a cut of one way ends both, since a connection needs both; what is
// sent over one that is kept still arrives, once.
func TestOneWay(t *testing.T) {
	w := newWorld(t, config(t, "random", 2))
	w.AwaitJoined(time.Minute)
	w.Cut("node1", "node2")
	arrived := 0
	w.Observe(Hooks{Step: func(s Step) {
		if r, ok := s.Event.(protocol.Receive); ok && s.Name == "node1" && r.From == w.Address("node2") {
			arrived++
		}
	}})
	w.Run(30 * time.Second)
	for observer, peer := range map[string]string{"node1": "node2", "node2": "node1"} {
		if suspected, _ := w.Node(observer).FaultVector().Get(w.Address(peer)); !suspected {
			t.Errorf("%s does not suspect %s", observer, peer)
		}
	}
	if arrived != 1 {
		t.Errorf("%d messages of node2 reached node1, want 1", arrived)
	}
}

// TestSlowNode: a slow node acts late, but on everything.
func TestSlowNode(t *testing.T) {
	c := config(t, "rr", 4)
	c.Machine = func(node int) Machine {
		if node == 3 {
			return Machine{Work: 400 * time.Millisecond}
		}
		return Machine{}
	}
	r, err := Measure(c, time.Minute, 2*time.Minute, nil)
	if err != nil || len(r.Mistakes) > 0 {
		t.Errorf("%v, mistakes %v", err, r.Mistakes)
	}
}

// TestDuplicates: a request that comes twice is acted on twice, and answered once.
func TestDuplicates(t *testing.T) {
	c := config(t, "scrr", 5)
	c.Peers.Duplicate = 1
	received, settled := 0, 0
	w := newWorld(t, c)
	w.AwaitJoined(time.Minute)
	w.Observe(Hooks{Step: func(s Step) {
		switch s.Event.(type) {
		case protocol.Receive:
			received++
		case protocol.Delivered, protocol.Failed:
			settled++
		}
	}})
	w.Run(time.Minute)
	if received != 2*settled || settled == 0 {
		t.Errorf("%d messages came, %d calls ended; want twice as many", received, settled)
	}
}

// TestClocks: rounds follow the wall clock; a node whose clock is set is not
// mistaken for dead, and its own timers do not stop.
func TestClocks(t *testing.T) {
	for _, by := range []time.Duration{-time.Hour, -4 * time.Second, 4 * time.Second, time.Hour} {
		w := newWorld(t, config(t, "rr", 5))
		w.AwaitJoined(time.Minute)
		m := NewMeter(w)
		w.SetClock("node2", by)
		w.Run(2 * time.Minute)
		if r := m.Result(); len(r.Mistakes) > 0 {
			t.Errorf("clock set by %v: %+v", by, r.Mistakes)
		}
		if w.Spinning("node2") {
			t.Errorf("clock set by %v: the node spins", by)
		}
	}
}
