package dashboard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/viewer"
	"gossiprpc/internal/wire"
)

// TestPolledStreamTellsWhatTheMonitorSays folds the stream of a monitor that says
// anything at all, and compares it with what it said last.
func TestPolledStreamTellsWhatTheMonitorSays(t *testing.T) {
	for seed := range uint64(30) {
		draws := rand.New(rand.NewPCG(seed, 1))
		state := viewer.NewState()
		var said wire.Status
		var failure error
		hub := viewer.NewHub(viewer.DefaultHistory)
		p := newPoller(hub, func(context.Context) (wire.Status, error) { return said, failure })
		p.stream = viewer.NewStream(state.Put)
		for range 60 {
			if failure = nil; draws.IntN(8) == 0 {
				failure = errors.New("gone")
			} else {
				said = draw(draws, said)
			}
			p.poll(t.Context())
			if (state.Away != "") != (failure != nil) {
				t.Fatalf("seed %d: away %q, error %v", seed, state.Away, failure)
			}
			compareStatus(t, seed, state, said)
		}
	}
}

// draw is what a monitor may say after it said s.
func draw(r *rand.Rand, s wire.Status) wire.Status {
	n := s.Nodes
	switch r.IntN(10) {
	case 0: // it was restarted
		n = nil
	case 1:
		if len(n) > 0 { // one was forgotten
			n = n[1:]
		}
	}
	fresh := r.IntN(1<<20) << 4 // no two nodes have one name
	next := wire.Status{Deaf: []string{"", "deaf: hears 1 of 8"}[r.IntN(2)]}
	for i := range r.IntN(3) + len(n) {
		status := wire.NodeStatus{Address: gossip.Address(fmt.Sprintf("node%d:5000", fresh+i)), Incarnation: 1}
		if i < len(n) {
			status = n[i]
			status.Incarnation += r.IntN(2)
		}
		status.Failed, status.Eligible = r.IntN(3) == 0, r.IntN(3) > 0
		status.HeartbeatAge = time.Duration(r.IntN(3000)-500) * time.Millisecond
		next.Nodes = append(next.Nodes, status)
	}
	for range next.Nodes {
		row := gossip.NewBits(len(next.Nodes))
		for j := range next.Nodes {
			if r.IntN(3) == 0 {
				row.Add(j)
			}
		}
		next.Matrix = append(next.Matrix, row)
	}
	if r.IntN(2) == 0 {
		next.Running, next.Waiting = "Test Case for Dead Node becomes Alive", fmt.Sprint(r.IntN(3), " of 1")
	}
	return next
}

func compareStatus(t *testing.T, seed uint64, state *viewer.State, said wire.Status) {
	t.Helper()
	index := map[gossip.Address]int{}
	for _, n := range state.Nodes {
		index[gossip.Address(n.Address)] = n.Index
	}
	cells, eligible, failed := 0, 0, 0
	for i, n := range said.Nodes {
		by := index[n.Address]
		if state.Eligible[by] != n.Eligible || state.Failed[by].Failed != n.Failed {
			t.Fatalf("seed %d: the stream has %v, %v of %+v", seed, state.Eligible[by], state.Failed[by], n)
		}
		eligible, failed = eligible+bits(n.Eligible), failed+bits(n.Failed)
		for j := range said.Nodes {
			suspects := said.Matrix[i].Has(j)
			if got := state.Cells[viewer.Pair{By: by, Of: index[said.Nodes[j].Address]}]; got != suspects {
				t.Fatalf("seed %d: %s of %s: %v, want %v", seed, n.Address, said.Nodes[j].Address, got, suspects)
			}
			cells += bits(suspects)
		}
	}
	if cells != len(state.Cells) || eligible != len(state.Eligible) || failed != len(state.Failed) {
		t.Fatalf("seed %d: %d cells, %d eligible, %d failed: want %d, %d, %d", seed, len(state.Cells), len(state.Eligible),
			len(state.Failed), cells, eligible, failed)
	}
	want := 0
	if said.Running != "" {
		want = 3
	}
	if state.Deaf != said.Deaf || state.Case.Number != want || state.Case.Waiting != said.Waiting {
		t.Fatalf("seed %d: deaf %q, case %+v: want %q, %q", seed, state.Deaf, state.Case, said.Deaf, said.Waiting)
	}
}

func bits(b bool) int {
	if b {
		return 1
	}
	return 0
}
