package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// settled tells whether all running nodes are.
func (w *network) settled() bool {
	for _, h := range w.nodes {
		if h.up && !h.node.Settled() {
			return false
		}
	}
	return true
}

// runUntilSettled fails when that takes more than an hour.
func (w *network) runUntilSettled() {
	w.t.Helper()
	for end := w.now.Add(time.Hour); !w.settled(); w.run(time.Second) {
		if w.now.After(end) {
			w.t.Fatalf("%s, %d nodes: not settled within an hour", w.spec.Name, len(w.nodes))
		}
	}
}

// A cluster settles, though under brr most pairs never meet; from then on its rounds
// carry digests only, until somebody joins.
func TestSettledClusterOnlyGossips(t *testing.T) {
	for _, name := range protocol.Names() {
		for _, n := range []int{2, 8, 16} {
			w := newNetwork(t, name, protocol.DefaultTiming())
			w.cluster(n)
			if w.settled() {
				t.Errorf("%s, %d nodes: settled at once", name, n)
			}
			w.runUntilSettled()
			w.check = func(h *host, effects []protocol.Effect) {
				for _, e := range effects {
					if s, ok := e.(protocol.Send); ok && s.Message.Kind() != "gossip" {
						t.Errorf("%s, %d nodes: %s sends %s to %s though it is settled", name, n, h.name, s.Message.Kind(), s.To)
					}
				}
			}
			w.run(10 * time.Minute)
			w.check = nil
			w.start(fmt.Sprintf("node%d", n+1))
			w.run(2 * w.delay)
			if w.settled() {
				t.Errorf("%s, %d nodes: settled though one has just joined", name, n)
			}
			w.runUntilSettled()
		}
	}
}

// Originals are shaken hands with too before the cluster is settled; that they are
// asked for an answer when quiet keeps nobody from it.
func TestSettledWithOriginals(t *testing.T) {
	for _, name := range protocol.Names() {
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.generations = map[string]int32{"node2": 57_600}
		w.cluster(6)
		w.runUntilSettled()
	}
}

// Nobody waits for a peer that is gone, whether or not it refuses.
func TestSettledDespiteTheDead(t *testing.T) {
	for _, name := range protocol.Names() {
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.cluster(6)
		w.run(4 * time.Second)
		w.kill("node3")
		w.silence("node4")
		w.runUntilSettled()
	}
}

func TestAwaitsSaysWhat(t *testing.T) {
	c := newCaller(t, "rr", 3, 1)
	awaits := func(what string) {
		t.Helper()
		if got := c.node.Awaits(); got != what {
			t.Errorf("awaits %q, want %q", got, what)
		}
		if settled := c.node.Settled(); settled != (what == "") {
			t.Errorf("settled: %v, though it awaits %q", settled, what)
		}
	}
	awaits("")
	entry := func(a gossip.Address) gossip.Digest {
		return gossip.Digest{{Address: a, AppVersion: 1, Generation: int32(c.now.Unix())}}
	}
	c.step(protocol.Receive{From: "y:5000", Message: gossip.Syn{Digest: entry("y:5000")}})
	awaits("the handshake that y:5000 began is under way")
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	c.step(protocol.Receive{From: "y:5000", Message: gossip.Ack2{}})
	awaits("")
	c.step(protocol.Receive{From: "y:5000", Message: gossip.Gossip{Digest: entry("z:5000")}})
	awaits("a first digest for z:5000 is due")
	c.step(protocol.Receive{From: "z:5000", Message: gossip.Ack{}})
	awaits("an ACK2 is under way")
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	awaits("")
	// A listed name that nobody has heard of is tried once it has been listed for a while, but
	// not waited for.
	list := []gossip.Address{numbered(1), numbered(2), numbered(3), "y:5000", "z:5000", "typo:5000"}
	c.step(protocol.Members{List: list})
	awaits("")
	timing := protocol.DefaultTiming()
	c.now = c.now.Add(timing.Fail - timing.Gossip - time.Millisecond)
	c.step(protocol.Members{List: list})
	awaits("")
	c.now = c.now.Add(time.Millisecond)
	c.step(protocol.Members{List: list})
	awaits("a SYN is under way")
	c.step(protocol.Failed{ID: c.calls[0].ID})
	awaits("")
}

// A peer does not answer an ACK while its last ACK2 is still on its way, and gossips from
// then on: the handshake that it began is over after T_fail.
func TestHandshakeThatIsNeverEnded(t *testing.T) {
	c := newCaller(t, "rr", 3, 1)
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Syn{}})
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	fail := protocol.DefaultTiming().Fail
	for heard := time.Duration(0); heard < fail; heard += time.Second {
		if c.node.Settled() {
			t.Fatalf("settled %s after a SYN that no ACK2 has ended", heard)
		}
		c.hear(2)
		c.pass(time.Second)
		c.answerAll()
	}
	if got := c.node.Awaits(); got != "" {
		t.Errorf("T_fail later it awaits %q", got)
	}
}

// A node that nobody has told to connect is not settled, nor is one that is alone.
func TestNotSettledBeforeItHasPeers(t *testing.T) {
	w := newNetwork(t, "rr", protocol.DefaultTiming())
	h := w.start("node1")
	w.run(time.Minute)
	if got := h.node.Awaits(); got != "it has found nobody" {
		t.Errorf("a node alone awaits %q", got)
	}
	c := idle(t)
	if got := c.Awaits(); got != "it has not begun its rounds" {
		t.Errorf("an idle node awaits %q", got)
	}
}

// idle is a node that has not been told to connect.
// Under random gossip a node waits for all that count, and for nobody else.
func TestRandomAwaitsWhoCounts(t *testing.T) {
	c := newLone(t, "random", 3, nil, nil)
	if awaits := c.node.Awaits(); awaits != "" {
		t.Fatalf("awaits %q among old acquaintances", awaits)
	}
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Gossip{Digest: ghosts(1, 1)}})
	for _, call := range c.calls {
		c.step(protocol.Failed{ID: call.ID})
	}
	if awaits := c.node.Awaits(); !strings.Contains(awaits, "a first digest for ghost0001:5000 is due") {
		t.Errorf("awaits %q, want to greet the newcomer", awaits)
	}
}

func idle(t *testing.T) *protocol.Node {
	t.Helper()
	spec, _ := protocol.ByName("rr")
	start := time.Unix(1_800_000_000, 0)
	n, err := protocol.New(protocol.Config{
		Self: "node1:5000", Parameters: protocol.DefaultParameters(spec), Generation: int32(start.Unix()),
		Random: rand.New(rand.NewPCG(1, 1)),
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A name in the ring that never came holds nobody up.
func TestSettledDespiteANameThatNeverCame(t *testing.T) {
	for _, name := range []string{"brr", "scrr"} {
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.list = []gossip.Address{"typo:5000"}
		w.cluster(5)
		w.runUntilSettled()
	}
}
