package protocol_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// began is half an interval after a round boundary.
var began = time.Unix(1_800_000_001, 5e8)

// newLone is one of n nodes that know each other, of which the test plays all
// others. Generations of some may be given; 57,600 is an original's. Its rounds have
// begun, and the next one is half an interval away.
func newLone(t testing.TB, name string, n int, generations map[int]int32, change func(*protocol.Config)) *caller {
	t.Helper()
	spec, ok := protocol.ByName(name)
	if !ok {
		t.Fatalf("no protocol %s", name)
	}
	var known gossip.Digest
	for i := 1; i <= n; i++ {
		generation, given := generations[i]
		if !given {
			generation = int32(began.Unix())
		}
		known = append(known, gossip.DigestEntry{Address: numbered(i), AppVersion: 1, Generation: generation})
	}
	c := protocol.Config{
		Self: numbered(1), Parameters: protocol.DefaultParameters(spec), Generation: int32(began.Unix()),
		Random: rand.New(rand.NewPCG(1, 1)), Known: protocol.NewAcquaintance(known),
	}
	if change != nil {
		change(&c)
	}
	node, err := protocol.New(c, began)
	if err != nil {
		t.Fatal(err)
	}
	l := &caller{t: t, node: node, now: began, rounds: c.Timing.Gossip}
	l.step(protocol.Connect{})
	return l
}

// effects are those of an event.
func (c *caller) effects(ev protocol.Event) []protocol.Effect { return c.node.Step(c.now, ev) }

// only picks the effects of one kind.
func only[T protocol.Effect](effects []protocol.Effect) []T {
	var some []T
	for _, e := range effects {
		if e, ok := e.(T); ok {
			some = append(some, e)
		}
	}
	return some
}

// answerAll lets all calls of the last step arrive.
func (c *caller) answerAll() {
	for _, call := range c.calls {
		c.node.Step(c.now, protocol.Delivered{ID: call.ID})
	}
}

// entry is news of a node in its first incarnation.
func entry(i int, heartbeat int32) gossip.DigestEntry {
	return gossip.DigestEntry{Address: numbered(i), AppVersion: 1, Generation: int32(began.Unix()), Heartbeat: heartbeat}
}

// gossips is a message of a node with some news.
func (c *caller) gossips(from int, news ...gossip.DigestEntry) []protocol.Effect {
	return c.effects(protocol.Receive{From: numbered(from), Message: gossip.Gossip{Digest: gossip.NewDigest(news)}})
}

// at sets the clock to so long after the node began.
func (c *caller) at(d time.Duration) { c.now = began.Add(d) }

// Who has been gone to is gone to again after T_fail, not later.
func TestADrawComesBackAfterTFail(t *testing.T) {
	c := newLone(t, "random", 4, nil, func(c *protocol.Config) { c.Timing.Fail = 3 * c.Timing.Gossip })
	c.pass(c.rounds / 2)
	var to []string
	for range 30 {
		to = append(to, c.targets()...)
		c.answerAll()
		for i := 2; i <= 4; i++ {
			c.hear(i)
		}
		c.pass(c.rounds)
	}
	for i := 3; i < len(to); i++ {
		if to[i] != to[i-3] {
			t.Fatalf("rounds of three peers go to %v, want always the same three in turn", to)
		}
	}
	if len(to) != 30 {
		t.Errorf("%d calls in 30 rounds", len(to))
	}
}

// An original that speaks after it has refused a call can be called again: it comes first once
// it has been quiet.
func TestAnOriginalThatSpeaksAgainIsGreeted(t *testing.T) {
	c := newLone(t, "random", 8, map[int]int32{8: 57_600}, nil)
	c.at(c.rounds/2 - time.Second)
	var rounds []int // that go to it
	for round := range 30 {
		for i := 2; i <= 7; i++ {
			c.hear(i)
		}
		c.pass(time.Second)
		for _, call := range c.calls {
			if call.To != numbered(8) {
				c.effects(protocol.Delivered{ID: call.ID})
				continue
			}
			c.effects(protocol.Failed{ID: call.ID})
			c.hear(8)
			rounds = append(rounds, round)
		}
		c.now = c.now.Add(c.rounds - time.Second)
	}
	for i := 1; i < len(rounds); i++ {
		if rounds[i]-rounds[i-1] != 3 {
			t.Fatalf("rounds %v go to it, want one in three: it is quiet for longer than T_fail less a round then", rounds)
		}
	}
	if len(rounds) < 9 {
		t.Errorf("rounds %v go to it", rounds)
	}
}
