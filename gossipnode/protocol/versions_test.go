package protocol_test

import (
	"math"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// A generation more than a day ahead of the node's clock is ignored, or the node
// that it belongs to could not be heard of until then.
func TestGenerationsOfTheFarFuture(t *testing.T) {
	for ahead, taken := range map[time.Duration]bool{23 * time.Hour: true, 24 * time.Hour: true, 24*time.Hour + time.Second: false} {
		c := newLone(t, "rr", 3, nil, nil)
		e := entry(3, 1)
		e.Generation = int32(began.Add(ahead).Unix())
		c.gossips(2, e)
		if known, _ := c.node.Digest().Get(numbered(3)); (known.Generation == e.Generation) != taken {
			t.Errorf("%v ahead: generation %d is known, told %d", ahead, known.Generation, e.Generation)
		}
	}
}

// A node that meets a higher version of itself moves past it, and says so.
func TestSteppingOver(t *testing.T) {
	start := int32(began.Unix())
	for _, test := range []struct {
		generation, heartbeat         int32 // told of itself
		wantGeneration, wantHeartbeat int32
	}{
		{start, 0, start, 0},
		{start - 1, 99, start, 0},
		{start, 7, start, 8},
		{start + 5, 7, start + 6, 0},
		{start, math.MaxInt32, start + 1, 0},
	} {
		c := newLone(t, "rr", 2, nil, nil)
		e := entry(1, test.heartbeat)
		e.Generation = test.generation
		said := only[protocol.SteppedOver](c.gossips(2, e))
		g, h := c.node.Version()
		if g != test.wantGeneration || h != test.wantHeartbeat {
			t.Errorf("told of %d.%d it is %d.%d, want %d.%d", test.generation, test.heartbeat, g, h, test.wantGeneration, test.wantHeartbeat)
		}
		moved := test.wantGeneration != start || test.wantHeartbeat != 0
		if moved != (len(said) == 1) || moved && said[0] != (protocol.SteppedOver{Generation: g, Heartbeat: h}) {
			t.Errorf("told of %d.%d it says %+v", test.generation, test.heartbeat, said)
		}
	}
}

// An ACK leaves out the state of the node that it goes to: an original would
// overwrite itself with it. It has the states of all others.
func TestAnAckLeavesItsReaderOut(t *testing.T) {
	c := newLone(t, "rr", 3, nil, nil)
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Syn{Digest: gossip.Digest{entry(2, 5)}}})
	ack, ok := c.calls[0].Message.(gossip.Ack)
	if !ok || c.calls[0].To != numbered(2) {
		t.Fatalf("a SYN is answered by %+v", c.calls[0])
	}
	for i := 1; i <= 3; i++ {
		if _, has := ack.States.Get(numbered(i)); has != (i != 2) {
			t.Errorf("the ACK to node 2 has the state of %d: %v", i, has)
		}
	}
}

// What the node learns of between its ACK and the peer's ACK2 is not known to the
// peer, which an original has to be told of by another handshake.
func TestAnOriginalIsToldOfWhatWasLearntMeanwhile(t *testing.T) {
	for kind, learns := range map[string]bool{"syn": true, "gossip": false} {
		c := newLone(t, "rr", 2, map[int]int32{2: 57_600}, nil)
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Syn{}})
		c.step(protocol.Delivered{ID: c.calls[0].ID})
		if learns {
			c.gossips(2, gossip.DigestEntry{Address: "a:1", AppVersion: 1, Generation: int32(began.Unix()), Heartbeat: 1})
		}
		c.now = c.now.Add(c.rounds/2 - time.Millisecond)
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Ack2{}})
		c.pass(time.Millisecond)
		// The next round goes to node 2, or to the one just learnt of and then to it.
		for len(c.calls) > 0 && c.calls[0].To != numbered(2) {
			c.answerAll()
			c.now = c.now.Add(c.rounds - time.Millisecond)
			c.effects(protocol.Receive{From: numbered(2), Message: gossip.Gossip{}})
			c.pass(time.Millisecond)
		}
		if got := c.calls[0].Message.Kind(); got != kind {
			t.Errorf("somebody learnt of meanwhile: %v, and the round sends %s, want %s", learns, got, kind)
		}
	}
}
