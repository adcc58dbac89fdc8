package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	_ "gossiprpc/internal/property"
)

type version struct{ generation, heartbeat int32 }

// TestSafetyUnderFaults runs small clusters through random loss, delay and
// reordering, kills, restarts and times away of the provider, and checks after
// every step what must hold whatever happens.
func TestSafetyUnderFaults(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(protocol.Names()).Draw(r, "protocol")
		n := rapid.IntRange(1, 6).Draw(r, "nodes")
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.aligned = rapid.Bool().Draw(r, "aligned")
		w.seed = rapid.Uint64().Draw(r, "seed")
		w.random = rand.New(rand.NewPCG(w.seed, 0))
		w.loss = rapid.Float64Range(0, 0.5).Draw(r, "loss")
		w.jitter = time.Duration(rapid.IntRange(0, 5000).Draw(r, "jitter")) * time.Millisecond
		known := map[string]map[gossip.Address]version{}
		w.check = func(h *host, effects []protocol.Effect) { checkStep(r, h, known, effects) }
		w.cluster(n)
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			node := fmt.Sprintf("node%d", rapid.IntRange(1, n).Draw(r, "node"))
			switch rapid.SampledFrom([]string{"run", "run", "kill", "restart", "provider", "connect"}).Draw(r, "action") {
			case "kill":
				w.kill(node)
			case "restart":
				delete(known, node)
				w.start(node)
			case "provider":
				w.noList = !w.noList
				w.list = nil
			case "connect":
				if w.nodes[node].up {
					w.step(w.nodes[node], protocol.Connect{})
				}
			}
			w.run(time.Duration(rapid.IntRange(0, 20_000).Draw(r, "ms")) * time.Millisecond)
		}
	})
}

func checkStep(r *rapid.T, h *host, known map[string]map[gossip.Address]version, effects []protocol.Effect) {
	self := h.node.Self()
	for _, s := range h.node.FaultVector() {
		if s.Address == self && s.Suspected {
			r.Fatalf("%s suspects itself", self)
		}
	}
	seen := known[h.name]
	if seen == nil {
		seen = map[gossip.Address]version{}
		known[h.name] = seen
	}
	digest := h.node.Digest()
	if !slices.IsSortedFunc(digest, func(a, b gossip.DigestEntry) int { return compare(a.Address, b.Address) }) {
		r.Fatalf("%s: digest is not sorted: %v", self, digest)
	}
	for _, e := range digest {
		before, had := seen[e.Address]
		if had && (e.Generation < before.generation || e.Generation == before.generation && e.Heartbeat < before.heartbeat) {
			r.Fatalf("%s: %s went back from %v to %v", self, e.Address, before, e)
		}
		seen[e.Address] = version{e.Generation, e.Heartbeat}
	}
	if known := h.node.Known() + 1; known < len(seen) {
		r.Fatalf("%s forgot an endpoint: told of %d, knows %d", self, len(seen), known)
	}
	for _, effect := range effects {
		if send, ok := effect.(protocol.Send); ok && send.To == self {
			r.Fatalf("%s sends %s to itself", self, send.Message.Kind())
		}
	}
}

func compare(a, b gossip.Address) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestDetectionWithinBound kills nodes of calm clusters at random instants:
// every survivor suspects every victim within the bound that the monitor and the
// harness allow for, and goes on doing so.
func TestDetectionWithinBound(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(protocol.Names()).Draw(r, "protocol")
		n := rapid.SampledFrom([]int{3, 4, 5, 8, 13, 16}).Draw(r, "nodes")
		victims := rapid.IntRange(1, min(n-1, 4)).Draw(r, "victims")
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.aligned = rapid.Bool().Draw(r, "aligned")
		w.seed = rapid.Uint64().Draw(r, "seed")
		w.cluster(n)
		w.run(time.Minute + time.Duration(rapid.IntRange(0, 60_000).Draw(r, "ms"))*time.Millisecond)
		order := rand.New(rand.NewPCG(w.seed, 1)).Perm(n)
		var dead []gossip.Address
		for _, i := range order[:victims] {
			victim := fmt.Sprintf("node%d", i+1)
			w.kill(victim)
			dead = append(dead, address(victim))
		}
		w.run(w.parameters().DetectionBound(n, victims))
		for _, h := range w.nodes {
			if !h.up {
				continue
			}
			vector := h.node.FaultVector()
			for _, a := range dead {
				if suspected, _ := vector.Get(a); !suspected {
					r.Fatalf("%s, %d nodes: %s does not suspect %s within the bound", name, n, h.name, a)
				}
			}
		}
	})
}
