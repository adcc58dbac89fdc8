package shown

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/viewer"
)

// TestStreamTellsWhatTheMachinesHold folds the stream of clusters to which all sorts
// of things happen, and compares it with the machines after every second.
func TestStreamTellsWhatTheMachinesHold(t *testing.T) {
	results := 0
	for _, spec := range protocol.All() {
		for _, freshness := range []protocol.Freshness{protocol.Arrival, protocol.Emission} {
			t.Run(fmt.Sprint(spec.Name, " ", freshness), func(t *testing.T) {
				c := sim.DefaultConfig(spec)
				c.Nodes, c.Seed, c.Freshness = 7, 11, freshness
				state := viewer.NewState()
				w, err := New(c, state.Put)
				if err != nil {
					t.Fatal(err)
				}
				draws := rand.New(rand.NewPCG(1, uint64(spec.Number)))
				for range 240 {
					w.Run(time.Second)
					compare(t, w, state)
					again := viewer.NewState()
					state.Restate(again.Put)
					compare(t, w, again)
					disturb(w, draws)
				}
				if len(state.Nodes) != len(w.Nodes()) {
					t.Errorf("%d nodes: want %d", len(state.Nodes), len(w.Nodes()))
				}
				results += len(state.Results)
			})
		}
	}
	if results == 0 {
		t.Error("no test case has ended")
	}
}

func disturb(w *World, draws *rand.Rand) {
	all := append(w.Nodes(), harness.Provider, harness.Monitor)
	name := all[draws.IntN(len(all))]
	switch draws.IntN(20) {
	case 0:
		w.Kill(name)
	case 1, 2:
		w.Restart(name)
	case 3:
		w.Pause(name)
	case 4:
		w.Resume(all...)
	case 5:
		w.Partition([]string{name})
	case 6:
		w.Heal()
	case 7:
		w.Type(fmt.Sprint(1 + draws.IntN(3)))
	case 8:
		w.Type("cancel")
	case 9:
		w.Type("forget " + name)
	case 10:
		if len(w.Nodes()) < 10 {
			w.Join()
		}
	}
}

// compare holds what the stream has told against the machines.
func compare(t *testing.T, w *World, s *viewer.State) {
	t.Helper()
	index := map[gossip.Address]int{}
	for _, n := range s.Nodes {
		index[gossip.Address(n.Address)] = n.Index
	}
	if m := w.Monitor(); m != nil {
		cells, eligible, failed := 0, 0, 0
		for i := range m.Len() {
			n := m.At(i)
			by := index[n.Address]
			if s.Eligible[by] != n.Eligible || (s.Failed[by].Failed != n.Failed) {
				t.Fatalf("%v: %s is eligible %v, failed %v; the stream says %v, %v",
					w.Elapsed(), n.Address, n.Eligible, n.Failed, s.Eligible[by], s.Failed[by].Failed)
			}
			count(&eligible, n.Eligible)
			count(&failed, n.Failed)
			for j := range m.Len() {
				p := viewer.Pair{By: by, Of: index[m.At(j).Address]}
				if s.Cells[p] != m.Suspects(i, j) {
					t.Fatalf("%v: %s suspects %s: %v, not %v", w.Elapsed(), n.Address, m.At(j).Address, m.Suspects(i, j), s.Cells[p])
				}
				count(&cells, m.Suspects(i, j))
			}
		}
		if cells != len(s.Cells) || eligible != len(s.Eligible) || failed != len(s.Failed) {
			t.Fatalf("%v: %d cells, %d eligible, %d failed; the stream has %d, %d, %d", w.Elapsed(),
				cells, eligible, failed, len(s.Cells), len(s.Eligible), len(s.Failed))
		}
		if h := m.Hearing(); h.Deaf != (s.Deaf != "") {
			t.Fatalf("%v: %v; the stream says %q", w.Elapsed(), h, s.Deaf)
		}
	}
	for _, name := range w.Nodes() {
		if n := w.Node(name); n != nil {
			compareNode(t, w, s, n, index)
		}
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

func compareNode(t *testing.T, w *World, s *viewer.State, n *protocol.Node, index map[gossip.Address]int) {
	t.Helper()
	known := 0
	for e := range n.Endpoints() {
		known++
		p := viewer.Pair{By: index[n.Self()], Of: index[e.Address]}
		news, ok := s.News[p]
		heard := e.Heard.Sub(w.Now()) + w.Elapsed()
		if off := (news.Heard - heard).Abs(); !ok || news.Beat != e.Heartbeat || off > 2*time.Microsecond {
			t.Fatalf("%v: %s heard of %s, heartbeat %d, at %v; the stream says %+v", w.Elapsed(), n.Self(), e.Address, e.Heartbeat,
				heard, news)
		}
		if s.Opinions[p].Suspect != e.Suspected {
			t.Fatalf("%v: %s suspects %s: %v", w.Elapsed(), n.Self(), e.Address, e.Suspected)
		}
	}
	if known != n.Known() {
		t.Fatalf("%s knows %d, %d were compared", n.Self(), n.Known(), known)
	}
}

// The same seed makes the same stream, and a world that is not watched the same run.
func TestWatchingChangesNothing(t *testing.T) {
	spec, _ := protocol.ByName("scrr")
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Seed = 9, 5
	plain, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	watched, err := New(c, viewer.NewState().Put)
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		plain.Run(time.Second)
		watched.Run(time.Second)
		if plain.Events() != watched.Events() {
			t.Fatalf("after %v: %d events, and %d when watched", plain.Elapsed(), plain.Events(), watched.Events())
		}
	}
}
