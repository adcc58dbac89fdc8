package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// A node that finds nobody tries seed and list once a round, not as fast as
// they refuse.
func TestJoinBeginsAnewOnlyWithARound(t *testing.T) {
	for _, name := range protocol.Names() {
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.cluster(4)
		w.run(time.Minute)
		for _, node := range w.names() {
			w.kill(node)
		}
		h := w.start("node1")
		before := h.sent["syn"]
		w.run(30 * time.Second)
		// The seed and the two others of the list, and the ring's own try.
		if rounds, sent := 11, h.sent["syn"]-before; sent > 6*rounds {
			t.Errorf("%s: %d SYNs in %d rounds with nobody there", name, sent, rounds)
		} else if sent < rounds {
			t.Errorf("%s: %d SYNs in %d rounds: it has given up", name, sent, rounds)
		}
	}
}

// A name that is in the provider's list but that nobody has ever heard of must
// not keep a new list from being adopted.
func TestAStrangerDoesNotFreezeTheRing(t *testing.T) {
	w := newNetwork(t, "brr", protocol.DefaultTiming())
	w.list = []gossip.Address{"typo:5000"}
	w.cluster(4)
	w.run(time.Minute)
	w.list = nil // the provider is restarted
	w.run(time.Minute)
	w.start("node5")
	w.run(2 * time.Minute)
	for _, name := range w.names() {
		if s := w.suspects(name); len(s) > 0 {
			t.Errorf("%s suspects %v", name, s)
		}
	}
}

// A node that knows as many as it may, and has left nobody out, is not full.
func TestAsManyAsThereIsRoomFor(t *testing.T) {
	const most = 1<<14 - 1 // one place is for a sender
	c := newLone(t, "rr", 3, nil, nil)
	var d gossip.Digest
	for i := range most - c.node.Known() {
		d = append(d, gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("n%05d:1", i)), Generation: 1})
	}
	if full := only[protocol.Full](c.gossips(2, d...)); len(full) > 0 || c.node.Known() != most {
		t.Errorf("knows %d, says %v", c.node.Known(), full)
	}
	if full := only[protocol.Full](c.gossips(2, gossip.DigestEntry{Address: "one.more:1"})); len(full) != 1 {
		t.Errorf("says %v of one more", full)
	}
}

// A list fetched before anybody else had joined must not keep a node from
// gossiping to those it has met since, however long the next list takes.
func TestAListOfOneIsNoRing(t *testing.T) {
	for _, name := range []string{"brr", "scrr"} {
		spec, _ := protocol.ByName(name)
		start := time.Unix(1_800_000_000, 0)
		node, err := protocol.New(protocol.Config{
			Parameters: protocol.DefaultParameters(spec), Self: "node1:5000", Generation: int32(start.Unix()),
			Random: rand.New(rand.NewPCG(1, 1)),
		}, start)
		if err != nil {
			t.Fatal(err)
		}
		node.Step(start, protocol.Connect{})
		node.Step(start, protocol.Members{List: []gossip.Address{"node1:5000"}})
		now := start.Add(3 * time.Second)
		node.Step(now, protocol.Receive{From: "node2:5000", Message: gossip.Syn{
			ClusterID: gossip.ClusterID,
			Digest:    gossip.Digest{{Address: "node2:5000", AppVersion: 1, Generation: int32(start.Unix()), Heartbeat: 3}},
		}})
		sent := 0
		for range 4 {
			now = now.Add(3 * time.Second)
			for _, e := range node.Step(now, protocol.Tick{}) {
				if s, ok := e.(protocol.Send); ok && s.To == "node2:5000" {
					sent++
				}
			}
		}
		if sent < 3 {
			t.Errorf("%s: %d messages to the one known peer in four rounds", name, sent)
		}
	}
}
