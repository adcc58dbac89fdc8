package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// joinsLate lets a node join a cluster that has shaken hands, and calls each for
// every message sent in the five minutes after that.
func joinsLate(t *testing.T, w *network, n int, each func(from *host, s protocol.Send)) {
	t.Helper()
	w.cluster(n)
	w.run(10 * time.Minute)
	w.check = func(h *host, effects []protocol.Effect) {
		for _, e := range effects {
			if s, ok := e.(protocol.Send); ok {
				each(h, s)
			}
		}
	}
	newcomer := fmt.Sprintf("node%d", n+1)
	w.start(newcomer)
	w.run(5 * time.Minute)
	for _, name := range w.names() {
		if known := w.nodes[name].node.Known(); known != n {
			t.Errorf("%s: %s knows %d others, want %d", w.spec.Name, name, known, n)
		}
	}
}

// Two nodes that have shaken hands do so no more when somebody joins. With the
// newcomer each does, about once: both may begin in the same round.
func TestOldPeersShakeHandsNoMore(t *testing.T) {
	const n = 8
	for _, name := range protocol.Names() {
		w := newNetwork(t, name, protocol.DefaultTiming())
		newcomer, syns := address(fmt.Sprintf("node%d", n+1)), 0
		shaken := map[[2]gossip.Address]bool{}
		w.check = func(h *host, effects []protocol.Effect) {
			for _, e := range effects {
				if s, ok := e.(protocol.Send); ok && s.Message.Kind() == "ack2" {
					shaken[[2]gossip.Address{h.node.Self(), s.To}] = true
					shaken[[2]gossip.Address{s.To, h.node.Self()}] = true
				}
			}
		}
		joinsLate(t, w, n, func(h *host, s protocol.Send) {
			if s.Message.Kind() == "gossip" {
				return
			}
			if shaken[[2]gossip.Address{h.node.Self(), s.To}] {
				t.Errorf("%s: %s -> %s: %s", name, h.name, s.To, s.Message.Kind())
			}
			if s.Message.Kind() == "syn" && (h.node.Self() == newcomer || s.To == newcomer) {
				syns++
			}
		})
		if syns == 0 || syns > 2*n {
			t.Errorf("%s: %d SYNs with the newcomer, want 1 to %d", name, syns, 2*n)
		}
	}
}

// An original times only nodes whose state a handshake has brought it, so it must be
// told of a newcomer by one, though it never meets the newcomer itself.
func TestOriginalsGetTheStateOfANewcomer(t *testing.T) {
	const n = 8
	for _, name := range protocol.Names() {
		w := newNetwork(t, name, protocol.DefaultTiming())
		w.generations = map[string]int32{"node3": 57_600}
		newcomer, told := address(fmt.Sprintf("node%d", n+1)), false
		joinsLate(t, w, n, func(h *host, s protocol.Send) {
			if s.To != address("node3") || h.node.Self() == newcomer {
				return
			}
			switch m := s.Message.(type) {
			case gossip.Ack:
				_, has := m.States.Get(newcomer)
				told = told || has
			case gossip.Ack2:
				_, has := m.States.Get(newcomer)
				told = told || has
			}
		})
		if !told {
			t.Errorf("%s: no handshake has told the original of the newcomer", name)
		}
	}
}

// A handshake during which the node learns of somebody else is still one.
func TestHandshakeCountsThoughMembersGrow(t *testing.T) {
	c := newCaller(t, "rr", 2, 1)
	own := func(a gossip.Address) gossip.Digest {
		return gossip.Digest{{Address: a, AppVersion: 1, Generation: int32(c.now.Unix())}}
	}
	c.step(protocol.Receive{From: "z:5000", Message: gossip.Syn{Digest: own("z:5000")}})
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: own("y:5000")}})
	c.step(protocol.Receive{From: "z:5000", Message: gossip.Ack2{}})
	for range 3 {
		c.pass(c.rounds)
		for _, call := range c.calls {
			if call.To == "z:5000" && call.Message.Kind() != "gossip" {
				t.Errorf("%s -> %s", call.Message.Kind(), call.To)
			}
			c.node.Step(c.now, protocol.Delivered{ID: call.ID})
		}
	}
}

// A handshake whose ACK2 was not delivered did not happen: a digest is due instead.
func TestUndeliveredAck2IsNoHandshake(t *testing.T) {
	for _, delivered := range []bool{true, false} {
		c := newCaller(t, "rr", 2, 1)
		c.step(protocol.Receive{From: "z:5000", Message: gossip.Ack{States: gossip.StateMap{{
			Address: "z:5000", AppVersion: 1, Generation: int32(c.now.Unix()), Status: gossip.StatusNormal, Updated: c.now,
		}}}})
		var outcome protocol.Event = protocol.Failed{ID: c.calls[0].ID}
		want := "a first digest for z:5000 is due"
		if delivered {
			outcome, want = protocol.Delivered{ID: c.calls[0].ID}, ""
		}
		c.step(outcome)
		if got := c.node.Awaits(); got != want {
			t.Errorf("delivered %v: awaits %q, want %q", delivered, got, want)
		}
	}
}

// TestFirstGossipIsReturned: the first gossip of a peer's life is answered by a digest, and no
// other, unless the answer failed. A peer that no call has reached is told of the node alone,
// and of the rest once that was answered.
func TestFirstGossipIsReturned(t *testing.T) {
	c := newLone(t, "rr", 4, nil, nil)
	digest := func(n int) string { return fmt.Sprintf("gossip of %d", n) }
	var last uint64
	said := func(effects []protocol.Effect) (text string) {
		for _, s := range only[protocol.Send](effects) {
			m, _ := s.Message.(gossip.Gossip)
			text += fmt.Sprintf("%s of %d", s.Message.Kind(), len(m.Digest))
			last = s.ID
		}
		return text
	}
	again := gossip.DigestEntry{Address: numbered(2), AppVersion: 1, Generation: int32(began.Unix()) + 60}
	stranger := gossip.DigestEntry{Address: "z:5000", AppVersion: 1, Generation: int32(began.Unix())}
	for _, step := range []struct {
		name    string
		effects func() []protocol.Effect
		want    string
	}{
		{"known from before", func() []protocol.Effect { return c.gossips(2, entry(2, 1)) }, ""},
		{"restarted", func() []protocol.Effect { return c.gossips(2, again) }, digest(4)},
		{"again", func() []protocol.Effect { return c.gossips(2, again) }, ""},
		{"the answer failed", func() []protocol.Effect {
			c.effects(protocol.Failed{ID: last})
			return c.gossips(2, again)
		}, digest(4)},
		{"a stranger", func() []protocol.Effect {
			return c.effects(protocol.Receive{From: "z:5000", Message: gossip.Gossip{Digest: gossip.Digest{stranger}}})
		}, digest(1)},
		{"once more, while the answer is under way", func() []protocol.Effect {
			return c.effects(protocol.Receive{From: "z:5000", Message: gossip.Gossip{Digest: gossip.Digest{stranger}}})
		}, ""},
		{"the stranger has answered", func() []protocol.Effect {
			return c.effects(protocol.Delivered{ID: last})
		}, digest(5)},
	} {
		if got := said(step.effects()); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

// A status that a peer has told of is told on, until the peer tells of another.
func TestStatusIsToldOn(t *testing.T) {
	c := newLone(t, "rr", 3, nil, nil)
	for i, status := range []string{"Leaving", gossip.StatusNormal} {
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Ack{States: gossip.StateMap{{
			Address: numbered(2), AppVersion: 1, Generation: int32(began.Unix()), Heartbeat: int32(i + 1),
			Status: status, Updated: began,
		}}}})
		c.now = c.now.Add(time.Minute)
		reports := only[protocol.ReportStates](c.effects(protocol.Tick{}))
		if len(reports) == 0 {
			t.Fatal("no states reported")
		}
		for a, want := range map[gossip.Address]string{numbered(2): status, numbered(3): gossip.StatusNormal} {
			if s, ok := reports[0].States.Get(a); !ok || s.Status != want {
				t.Errorf("%s is said to be %q, want %q", a, s.Status, want)
			}
		}
	}
}

// What comes in a node's own name is nothing to it.
func TestOwnNameIsNoPeer(t *testing.T) {
	c := newLone(t, "rr", 3, nil, nil)
	before := c.node.Messages()
	for _, m := range []gossip.Message{
		gossip.Gossip{Digest: gossip.Digest{entry(2, 9)}},
		gossip.Syn{Digest: gossip.Digest{entry(2, 9)}},
		gossip.Ack{},
		gossip.Ack2{},
	} {
		effects := c.effects(protocol.Receive{From: numbered(1), Message: m})
		if e, _ := c.node.Digest().Get(numbered(2)); len(effects) > 0 || e.Heartbeat != 0 || c.node.Messages() != before {
			t.Errorf("%s: %v, and has heard of %v", m.Kind(), effects, e)
		}
	}
}

// Nobody tells a node how it is itself.
func TestOwnStatusIsOnesOwn(t *testing.T) {
	c := newLone(t, "rr", 2, nil, nil)
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Ack{States: gossip.StateMap{
		{Address: numbered(1), Status: "Leaving"}, {Address: numbered(2), Status: "Leaving"},
	}}})
	for _, s := range c.node.States("") {
		if own := s.Address == numbered(1); (s.Status == gossip.StatusNormal) != own {
			t.Errorf("%s is %q", s.Address, s.Status)
		}
	}
}

// A digest tells an original nothing of a member that it has no state of: what the node learns
// while the digest is under way is owed to the original as before.
func TestADigestSettlesNothingWithAnOriginal(t *testing.T) {
	c := newLone(t, "rr", 2, map[int]int32{2: 57_600}, nil)
	c.at(c.rounds/2 - time.Second)
	c.hear(2)
	c.pass(time.Second)
	if len(c.calls) != 1 || c.calls[0].Message.Kind() != "gossip" {
		t.Fatalf("calls %v, want a digest to the original", c.calls)
	}
	digest := c.calls[0].ID
	c.hear(3) // of whom nobody knew
	c.step(protocol.Delivered{ID: digest})
	for range 3 {
		c.now = c.now.Add(c.rounds - time.Second)
		c.hear(2)
		c.pass(time.Second)
		for _, call := range c.calls {
			if call.To != numbered(2) {
				continue
			}
			if kind := call.Message.Kind(); kind != "syn" {
				t.Errorf("the original is sent %s, want a SYN", kind)
			}
			return
		}
	}
	t.Error("the original is not called")
}

// Who has been found by somebody else meanwhile does not go on looking for a seed.
func TestWhoIsFoundLooksForNoSeed(t *testing.T) {
	c := newLone(t, "rr", 1, nil, func(c *protocol.Config) { c.Seed = numbered(9) })
	fail := func() {
		t.Helper()
		if len(c.calls) != 1 || c.calls[0].Message.Kind() != "syn" {
			t.Fatalf("calls %v, want a SYN", c.calls)
		}
		c.step(protocol.Failed{ID: c.calls[0].ID})
	}
	fail()
	c.step(protocol.Members{List: numbers(1, 2, 3, 4)})
	joining := c.calls
	c.step(protocol.Receive{From: numbered(3), Message: gossip.Syn{Digest: gossip.Digest{entry(3, 1)}}})
	c.answerAll()
	c.calls = joining
	fail()
	if len(c.calls) > 0 {
		t.Errorf("calls %v", c.calls)
	}
}

// Where the provider's list is not the ring, it is asked for once in T_fail.
func TestHowOftenTheListIsAskedFor(t *testing.T) {
	for name, want := range map[string]int{"rr": 9, "random": 9, "scrr": 30} { // the first time was before
		c := newLone(t, name, 4, nil, func(c *protocol.Config) { c.Timing.Fail = 3 * c.Timing.Gossip })
		asked := 0
		for end := c.now.Add(10 * 3 * c.rounds); c.now.Before(end); c.now = c.node.Deadline() {
			asked += len(only[protocol.FetchMembers](c.effects(protocol.Tick{})))
		}
		if asked != want {
			t.Errorf("%s: asks %d times in ten T_fail of three rounds, want %d", name, asked, want)
		}
	}
}
