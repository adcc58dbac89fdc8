package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// caller is one node that knows n in all; the test answers its calls.
type caller struct {
	t      testing.TB
	node   *protocol.Node
	now    time.Time
	rounds time.Duration
	calls  []protocol.Send // of the last step
}

// newCaller stands at a round boundary whose round has the given offset. Under random
// gossip, which has none, it draws otherwise for each.
func newCaller(t testing.TB, name string, n, offset int) *caller {
	t.Helper()
	spec, _ := protocol.ByName(name)
	timing := protocol.DefaultTiming()
	round := int64(600_000_000)
	if spec.Offset != nil {
		for spec.Offset(round, n) != offset {
			round++
		}
	}
	start := time.Unix(0, (round-1)*int64(timing.Gossip)).Add(timing.Gossip / 2)
	var known []gossip.DigestEntry
	for i := range n {
		known = append(known, gossip.DigestEntry{
			Address: numbered(i + 1), AppVersion: gossip.AppVersion, Generation: int32(start.Unix()),
		})
	}
	node, err := protocol.New(protocol.Config{
		Self: numbered(1), Parameters: protocol.Parameters{Protocol: spec, Timing: timing, Aligned: true}, Generation: int32(start.Unix()),
		Random: rand.New(rand.NewPCG(1, uint64(offset))), Known: protocol.NewAcquaintance(gossip.NewDigest(known)),
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t: t, node: node, now: start, rounds: timing.Gossip}
	c.step(protocol.Connect{})
	c.pass(timing.Gossip / 2)
	return c
}

// numbered has the order of numbers in that of addresses.
func numbered(i int) gossip.Address { return gossip.Address(fmt.Sprintf("node%03d:5000", i)) }

func (c *caller) step(ev protocol.Event) {
	c.calls = nil
	effects := c.node.Step(c.now, ev)
	if due := c.node.Deadline(); !due.After(c.now) {
		c.t.Errorf("after %T at %v the next tick is due at %v", ev, c.now, due)
	}
	for _, e := range effects {
		if s, ok := e.(protocol.Send); ok {
			c.calls = append(c.calls, s)
		}
	}
}

func (c *caller) pass(d time.Duration) {
	c.now = c.now.Add(d)
	c.step(protocol.Tick{})
}

// targets is whom the last step has called, by number.
func (c *caller) targets() []string {
	var to []string
	for _, s := range c.calls {
		to = append(to, s.To.Name()[len("node"):])
	}
	return to
}

func (c *caller) want(what string, targets ...string) {
	c.t.Helper()
	if got := c.targets(); !slices.Equal(got, targets) {
		c.t.Errorf("%s: called %v, want %v", what, got, targets)
	}
}

// hear is a message of a node's own.
func (c *caller) hear(i int) {
	c.step(protocol.Receive{From: numbered(i), Message: gossip.Gossip{}})
}

// A round that nobody answers calls more and more targets, never one twice, and
// never more than can be under way together with those of the round before.
func TestUnansweredRoundWidens(t *testing.T) {
	for _, s := range protocol.All() {
		c := newCaller(t, s.Name, 100, 1)
		once := map[gossip.Address]bool{}
		var waves []int
		for range 4 {
			waves = append(waves, len(c.calls))
			for _, call := range c.calls {
				if once[call.To] {
					t.Errorf("%s called %s twice in a round", s.Name, call.To)
				}
				once[call.To] = true
			}
			c.pass(c.rounds / 4)
		}
		if !slices.Equal(waves, []int{1, 2, 8, 29}) {
			t.Errorf("%s: waves of %v calls, want 1, 2, 8, 29", s.Name, waves)
		}
	}
}

// A round whose scheduled target is mute has one call more, but no more than may be.
func TestCallsOfARoundAreBounded(t *testing.T) {
	for _, s := range protocol.All() {
		if s.Offset == nil {
			continue // the next draw is not a mute one
		}
		for nodes, most := range map[int]int{150: 40, 200: 30, 1000: 6, 2500: 3} {
			c := newCaller(t, s.Name, nodes, 1)
			c.passUnanswered(4)
			if calls := c.passUnanswered(4); calls != most {
				t.Errorf("%s, %d nodes: %d calls in the second round, want %d", s.Name, nodes, calls, most)
			}
		}
	}
}

// Silence is waited for a quarter of the interval, not less.
func TestWavesAreAQuarterApart(t *testing.T) {
	c := newCaller(t, "rr", 100, 1)
	for _, wave := range []int{2, 8, 29} {
		c.pass(c.rounds/4 - 1)
		c.want("just before a quarter has passed")
		c.pass(1)
		if len(c.calls) != wave {
			t.Errorf("after a quarter %d calls, want %d", len(c.calls), wave)
		}
	}
}

// Answers that come late make a node patient, by twice as long as the slowest of late; each quick
// one takes a quarter off that. After a round without answers half of the interval is enough.
func TestPatienceIsLearntFromAnswers(t *testing.T) {
	const never = -1
	for _, c := range []struct {
		took  []time.Duration // of the rounds before, in twelfths of a round
		waits time.Duration   // the next one, of the same
	}{
		{nil, 3},
		{[]time.Duration{1}, 3},
		{[]time.Duration{2}, 4},
		{[]time.Duration{4}, 8},
		{[]time.Duration{4, 2}, 6},
		{[]time.Duration{4, 0, 0, 0}, 3},
		{[]time.Duration{4, 0, 0, 0, 0}, 3},
		{[]time.Duration{8}, 12},
		{[]time.Duration{8, 0, 0}, 9},
		{[]time.Duration{8, 8, 0, 0}, 9},
		{[]time.Duration{8, never}, 6},
		{[]time.Duration{8, never, never}, 6},
		{[]time.Duration{8, never, 1}, 12},
		{[]time.Duration{2, never}, 4},
		{[]time.Duration{never}, 3},
	} {
		n := newCaller(t, "rr", 100, 1)
		twelfth := n.rounds / 12
		for _, took := range c.took {
			if took == never {
				n.passUnanswered(4)
				continue
			}
			first := n.calls[0]
			n.pass(took * twelfth)
			for _, call := range append(n.calls, first) { // those to whom the round has gone on, too
				n.step(protocol.Delivered{ID: call.ID})
			}
			n.pass((12 - took) * twelfth)
		}
		waits := time.Duration(0)
		for n.calls = nil; len(n.calls) == 0; waits++ {
			n.pass(twelfth)
		}
		if waits < c.waits || waits > c.waits+1 { // twelfths that are not whole come up to the next
			t.Errorf("after answers that took %v twelfths (-1: none came) a round waits for %d, want %d", c.took, waits, c.waits)
		}
	}
}

// A patient node takes a call that has timed out for silence, not for a refusal, whereupon it
// would call somebody else; and it has only one call out, even to a target that was mute.
func TestPatientNodeMakesOneCall(t *testing.T) {
	c := newCaller(t, "rr", 8, 1)
	patient := func() {
		first := c.calls[0].ID
		c.pass(c.rounds * 11 / 12)
		c.step(protocol.Delivered{ID: first})
		c.pass(c.rounds - time.Duration(c.now.UnixNano())%c.rounds)
	}
	for i := range 7 {
		patient()
		c.want("a patient round", c.targets()[0])
		call := c.calls[0].ID
		c.pass(c.rounds / time.Duration(3+i%2))
		c.step(protocol.Failed{ID: call})
		c.want("after a call has timed out")
		c.pass(c.rounds - time.Duration(c.now.UnixNano())%c.rounds)
	}
}

// While answers are late a node answers no first gossip and looks for no listed stranger.
func TestBusyPeersAreSparedOfWhatMayWait(t *testing.T) {
	const quarter = 750 * time.Millisecond // of a round
	for took, busy := range map[time.Duration]bool{quarter - 1: false, quarter: false, quarter + 1: true} {
		c := newCaller(t, "rr", 8, 1)
		first := c.calls[0].ID
		c.pass(took)
		c.step(protocol.Delivered{ID: first})

		c.tell(8, 5, 1, 0) // it was restarted
		c.hear(5)
		if answers := len(c.calls); answers != 1 && !busy || answers != 0 && busy {
			t.Errorf("busy %v: the first gossip of a peer is answered by %v", busy, c.targets())
		}
		list := numbers(1, 2, 3, 4, 5, 6, 7, 8, 9)
		c.step(protocol.Members{List: list})
		c.now = c.now.Add(protocol.DefaultTiming().Fail)
		c.step(protocol.Members{List: list})
		met := slices.Contains(c.targets(), "009")
		if met == busy {
			t.Errorf("busy %v: a listed stranger is sent a SYN: %v", busy, met)
		}
	}
}

// passUnanswered lets quarters of a round pass, and counts their calls.
func (c *caller) passUnanswered(quarters int) int {
	calls := 0
	for range quarters {
		calls += len(c.calls)
		c.pass(c.rounds / 4)
	}
	return calls
}

// Whoever left a call unanswered is still called first when its turn comes, but not
// waited for, and passed by in going on.
func TestMuteTargetIsNotWaitedFor(t *testing.T) {
	c := newCaller(t, "rr", 8, 1)
	c.want("first round", "002")
	c.pass(c.rounds / 4)
	c.want("after a quarter", "003", "004")
	c.step(protocol.Delivered{ID: c.calls[1].ID}) // node004 answers, 003 does not
	c.pass(c.rounds * 3 / 4)
	c.want("second round, to a mute one", "003", "004")
	c.step(protocol.Delivered{ID: c.calls[1].ID})
	c.pass(c.rounds)
	c.want("third round, to one that answered", "004")
}

// What ends being mute: an answer in time, a refusal, a message of its own, a later
// start. News of it from others does not.
func TestWhatEndsBeingMute(t *testing.T) {
	for _, ends := range []struct {
		name string
		mute bool
		do   func(c *caller)
	}{
		{"nothing", true, func(*caller) {}},
		{"a message of its own", false, func(c *caller) { c.hear(2) }},
		{"news of it", true, func(c *caller) { c.tell(8, 2, 0, 1) }},
		{"news of a later start", false, func(c *caller) { c.tell(8, 2, 1, 0) }},
		{"an answer to the next call", false, func(c *caller) {
			c.passCycle()
			c.step(protocol.Delivered{ID: c.calls[0].ID})
		}},
		{"a refusal of the next call", false, func(c *caller) {
			c.passCycle()
			c.step(protocol.Failed{ID: c.calls[0].ID})
		}},
	} {
		c := newCaller(t, "rr", 8, 1)
		c.pass(c.rounds / 4) // 002 is mute now
		ends.do(c)
		c.passCycle()
		if ends.mute {
			c.want(ends.name, "002", "003")
		} else {
			c.want(ends.name, "002")
		}
	}
}

// passCycle goes once around 8 nodes. All but node002 answer.
func (c *caller) passCycle() {
	for range 7 {
		for _, call := range c.calls {
			if call.To != numbered(2) {
				c.node.Step(c.now, protocol.Delivered{ID: call.ID})
			}
		}
		c.pass(c.rounds)
	}
}

// tell has one node tell of another's version, so much after what is known.
func (c *caller) tell(from, of int, later, beats int32) {
	e, _ := c.node.Digest().Get(numbered(of))
	e.Generation += later
	e.Heartbeat += beats
	c.step(protocol.Receive{From: numbered(from), Message: gossip.Gossip{Digest: gossip.Digest{e}}})
}

// A refusal is an answer: the next target is called at once, as many as refuse, and
// nobody is mute. One that comes late is silence.
func TestRefusalsAreAnswers(t *testing.T) {
	c := newCaller(t, "rr", 8, 1)
	c.step(protocol.Failed{ID: c.calls[0].ID})
	c.want("after a refusal", "003")
	c.pass(c.rounds / 4)
	c.want("after a quarter", "004", "005")
	second := c.calls
	c.step(protocol.Failed{ID: second[0].ID})
	c.want("after a refusal within a wave", "006")
	c.now = c.now.Add(c.rounds / 4)
	c.step(protocol.Failed{ID: second[1].ID})
	c.want("with a late failure, after another quarter", "007", "008")
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	c.pass(c.rounds / 2)
	c.want("to one that was late", "003", "004") // 003 is mute; 004 had refused
	c.step(protocol.Failed{ID: c.calls[1].ID})
	c.pass(c.rounds)
	c.want("to one that refused", "004")
}

// Whoever has only mute and suspected nodes left calls the suspected first, which
// may refuse at once, and then the mute.
func TestMuteOnesComeLast(t *testing.T) {
	c := newCaller(t, "rr", 6, 1)
	c.pass(c.rounds / 4) // 002 is mute
	for range 4 {
		for _, call := range c.calls {
			c.node.Step(c.now, protocol.Delivered{ID: call.ID})
		}
		c.tell(6, 2, 0, 1) // so that 002 and 006 do not get suspected
		c.pass(c.rounds)
	}
	for _, next := range []string{"006", "003", "004", "005", "002"} {
		c.want("one after the other", next)
		c.step(protocol.Failed{ID: c.calls[0].ID})
	}
	c.want("after all")
}

// Under random gossip the next draw leaves out the mute while there are others, be it
// one that has been called lately.
func TestNextDrawPassesByTheMute(t *testing.T) {
	for draws := range 10 {
		c := newCaller(t, "random", 6, draws)
		mute := c.targets()
		c.pass(c.rounds / 4)
		mute = append(mute, c.targets()[0])
		c.step(protocol.Delivered{ID: c.calls[1].ID})
		c.pass(c.rounds * 3 / 4)
		var order []string
		for len(c.calls) > 0 {
			order = append(order, c.targets()...)
			c.step(protocol.Failed{ID: c.calls[0].ID})
		}
		last := order[len(order)-len(mute):]
		slices.Sort(last)
		slices.Sort(mute)
		if len(order) != 5 || !slices.Equal(last, mute) {
			t.Errorf("draws %d: called %v, want the mute last: %v", draws, order, mute)
		}
	}
}

// A round goes on past a suspected target, while there is one that is not.
func TestGoingOnPassesTheSuspectedBy(t *testing.T) {
	c := newLone(t, "rr", 6, nil, nil)
	for range 20 {
		c.pass(c.rounds)
		calls, targets := c.calls, c.targets()
		for i := 3; i <= 6; i++ {
			c.hear(i)
		}
		if c.now.Sub(began) > protocol.DefaultTiming().Fail && slices.Equal(targets, []string{"006"}) {
			c.step(protocol.Failed{ID: calls[0].ID})
			c.want("after node6, with node2 suspected", "003")
			return
		}
		for _, call := range calls {
			c.step(protocol.Delivered{ID: call.ID})
		}
	}
	t.Error("no round has begun with node6")
}
