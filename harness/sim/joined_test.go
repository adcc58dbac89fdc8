package sim

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// TestPack: what is packed comes out as it was, and only gossip about all nodes
// of the cluster is.
func TestPack(t *testing.T) {
	first := gossip.Digest{
		{Address: "a:1", AppVersion: 1, Generation: 10},
		{Address: "b:1", AppVersion: 1, Generation: 20},
	}
	k := &known{versions: first, nodes: protocol.NewAcquaintance(first)}
	later := gossip.Digest{
		{Address: "a:1", AppVersion: 1, Generation: 11, Heartbeat: 3},
		{Address: "b:1", AppVersion: 1, Generation: 20, Heartbeat: 4},
	}
	stranger, newer := slices.Clone(later), slices.Clone(later)
	stranger[1].Address = "c:1"
	newer[0].AppVersion = 2
	for _, c := range []struct {
		known *known
		m     gossip.Message
		want  bool
	}{
		{k, gossip.Gossip{Digest: later}, true},
		{nil, gossip.Gossip{Digest: later}, false},
		{k, gossip.Gossip{Digest: later[:1]}, false},
		{k, gossip.Gossip{Digest: stranger}, false},
		{k, gossip.Gossip{Digest: newer}, false},
		{k, gossip.Syn{Digest: later}, false},
		{k, gossip.Ack2{}, false},
	} {
		m := c.known.pack(c.m)
		if _, got := m.(packed); got != c.want {
			t.Errorf("%#v: packed %v, want %v", c.m, got, c.want)
		}
		if diff := cmp.Diff(c.m, unpack(m)); diff != "" || m.Kind() != c.m.Kind() {
			t.Errorf("%#v came out as %s:\n%s", c.m, m.Kind(), diff)
		}
	}
}

// TestJoinedClusterPacks: its gossip is all packed, so that a large one fits.
func TestJoinedClusterPacks(t *testing.T) {
	c := config(t, "brr", 8)
	c.Joined = true
	w := newWorld(t, c)
	w.Run(30 * time.Second)
	messages := 0
	for end := w.now + int64(c.Timing.Gossip); w.now < end && len(w.queue.heap) > 0; {
		e := w.queue.pop()
		if e.kind == callComes {
			if m, ok := e.call.request.(machine.Message); ok {
				messages++
				if _, ok := m.Message.(packed); !ok {
					t.Errorf("a %s from %s is not packed", m.Message.Kind(), e.call.from.name)
				}
			}
		}
		w.now = e.at
		w.handle(e)
	}
	if messages < c.Nodes {
		t.Errorf("%d messages in a round of %d nodes", messages, c.Nodes)
	}
}

// TestMemoryPerPair: what a large cluster holds for each ordered pair of nodes is an endpoint of
// 48 bytes, a cell of the monitor's matrix, and a part of what is on its way and of suspicions. What it holds for each node, which
// is more in a small cluster, is taken out by comparing three sizes.
func TestMemoryPerPair(t *testing.T) {
	held := func(nodes int) float64 {
		c := config(t, "brr", nodes)
		c.Joined, c.Lean = true, true
		w := newWorld(t, c)
		w.Run(32 * time.Second) // news takes longer than T_fail, so that each suspects many
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(w)
		return float64(m.HeapAlloc)
	}
	const step = 200
	perPair := (held(3*step) - 2*held(2*step) + held(step)) / (2 * step * step)
	t.Logf("%.1f bytes for each pair of nodes", perPair)
	if perPair < 48 || perPair > 80 {
		t.Errorf("%.1f bytes for each pair of nodes, want 48 to 80", perPair)
	}
}
