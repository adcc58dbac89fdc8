package protocol_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// grown is one of n nodes that know each other, and has begun its rounds long enough
// ago to know what is new.
func grown(t testing.TB, name string, n int) *caller {
	t.Helper()
	c := newLone(t, name, n, nil, nil)
	c.pass(protocol.DefaultTiming().Fail)
	return c
}

func ghost(i int) gossip.Address { return gossip.Address(fmt.Sprintf("ghost%04d:5000", i)) }

// ghosts are entries of invented names.
func ghosts(n int, heartbeat int32) gossip.Digest {
	var d []gossip.DigestEntry
	for i := range n {
		d = append(d, gossip.DigestEntry{Address: ghost(i + 1), AppVersion: 1, Generation: int32(began.Unix()), Heartbeat: heartbeat})
	}
	return gossip.NewDigest(d)
}

// told counts the ghosts in the digest, in the fault vector and in a cycle's targets.
func (c *caller) told() (digest, vector, targets int) {
	for _, e := range c.node.Digest() {
		digest += strings.Count(string(e.Address), "ghost")
	}
	for _, s := range c.node.FaultVector() {
		vector += strings.Count(string(s.Address), "ghost")
	}
	called := map[gossip.Address]bool{}
	for range 24 {
		c.pass(c.rounds)
		for _, call := range c.calls {
			called[call.To] = called[call.To] || strings.Contains(string(call.To), "ghost")
		}
	}
	for _, is := range called {
		if is {
			targets++
		}
	}
	return digest, vector, targets
}

// Names that somebody has invented cost the members nothing, whoever says them.
func TestInventedNamesDoNotCount(t *testing.T) {
	for _, name := range protocol.Names() {
		for _, attack := range []struct {
			what                    string
			do                      func(*caller)
			digest, vector, targets int // at most
		}{
			{"a stranger's gossip", func(c *caller) {
				c.step(protocol.Receive{From: ghost(1), Message: gossip.Gossip{Digest: ghosts(60, 1)}})
			}, 1, 1, 1},
			{"a stranger's ACK and ACK2", func(c *caller) {
				states := gossip.StateMap{{Address: ghost(1)}, {Address: ghost(2)}, {Address: ghost(3)}}
				c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack{States: states}})
				c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack2{States: states}})
			}, 3, 1, 3},
			{"SYNs in many names", func(c *caller) {
				for i := range 60 {
					c.step(protocol.Receive{From: ghost(i + 1), Message: gossip.Syn{Digest: ghosts(60, 1)[i : i+1]}})
				}
			}, 4, 4, 4},
			{"a member's gossip", func(c *caller) {
				c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: ghosts(60, 1)}})
			}, 4, 0, 4},
			{"the provider's list", func(c *caller) {
				list := []gossip.Address{numbered(1)}
				for i := range 8 {
					list = append(list, numbered(i+2))
				}
				for i := range 60 {
					list = append(list, ghost(i+1))
				}
				c.step(protocol.Members{List: list})
			}, 0, 0, 5}, // one of them is met, not gone to
		} {
			c := grown(t, name, 9)
			attack.do(c)
			if d, v, n := c.told(); d > attack.digest || v > attack.vector || n > attack.targets {
				t.Errorf("%s: after %s %d ghosts are in the digest, %d in the vector, and %d are called, want at most %d, %d and %d",
					name, attack.what, d, v, n, attack.digest, attack.vector, attack.targets)
			}
		}
	}
}

// counted tells whether the node relays a name.
func (c *caller) counted(a gossip.Address) bool {
	_, ok := c.node.Digest().Get(a)
	return ok
}

// crowd takes the places of unconfirmed names away with names that sort first.
func (c *caller) crowd() {
	for i := range 9 {
		c.step(protocol.Receive{From: gossip.Address(fmt.Sprintf("crowd%d:1", i)), Message: gossip.Gossip{}})
	}
}

// What confirms a name, and what does not, when there is no place for one more that
// is not confirmed.
func TestWhatConfirmsAName(t *testing.T) {
	syn := func(c *caller) uint64 {
		c.step(protocol.Receive{From: ghost(1), Message: gossip.Syn{Digest: ghosts(1, 1)}})
		return c.calls[0].ID
	}
	news := func(from gossip.Address, heartbeat int32) func(*caller) {
		return func(c *caller) {
			c.step(protocol.Receive{From: from, Message: gossip.Gossip{Digest: ghosts(1, heartbeat)}})
		}
	}
	for _, test := range []struct {
		what      string
		do        []func(*caller)
		confirmed bool
	}{
		{"a SYN whose answer is taken", []func(*caller){func(c *caller) { c.step(protocol.Delivered{ID: syn(c)}) }}, true},
		{"a SYN whose answer is not", []func(*caller){func(c *caller) { c.step(protocol.Failed{ID: syn(c)}) }}, false},
		{"a SYN and an ACK2, forged", []func(*caller){func(c *caller) {
			syn(c)
			c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack2{}})
		}}, false},
		{"its own word alone", []func(*caller){news(ghost(1), 1), news(ghost(1), 2)}, false},
		{"a member's word once", []func(*caller){news(numbered(2), 1)}, false},
		{"a member's word twice, of one heartbeat", []func(*caller){news(numbered(2), 1), news(numbered(2), 1)}, false},
		{"members' word of a risen heartbeat", []func(*caller){news(numbered(2), 1), news(numbered(3), 2)}, true},
		{"a stranger's word of a risen heartbeat", []func(*caller){news(numbered(2), 1), news("crowd8:1", 2)}, false},
	} {
		c := grown(t, "rr", 9)
		c.crowd()
		for _, do := range test.do {
			do(c)
		}
		if got := c.counted(ghost(1)); got != test.confirmed {
			t.Errorf("%s: counts %v, want %v", test.what, got, test.confirmed)
		}
	}
}

// Names that do not count leave the others where they are in the ring.
func TestRoundsGoOnBesideNamesThatDoNotCount(t *testing.T) {
	c := grown(t, "rr", 8)
	c.crowd()
	for range 7 {
		c.pass(c.rounds)
		if len(c.calls) == 0 {
			t.Fatal("a round goes to nobody")
		}
		c.answerAll()
	}
}

// A node that has forgotten its last member looks for the seed again.
func TestWhoForgetsAllHasFoundNobody(t *testing.T) {
	c := newLone(t, "rr", 2, nil, func(c *protocol.Config) { c.Seed = numbered(2) })
	c.pass(25 * time.Hour)
	c.pass(c.rounds)
	if awaits := c.node.Awaits(); c.node.Known() != 0 || awaits != "it has found nobody" {
		t.Errorf("knows %d after a day of silence, and awaits %q", c.node.Known(), awaits)
	}
}

// A newcomer takes the word of the first member that it meets.
func TestANewcomerBelievesItsFirstMember(t *testing.T) {
	c := newLone(t, "rr", 1, nil, nil)
	c.step(protocol.Receive{From: "seed:1", Message: gossip.Gossip{Digest: ghosts(20, 1)}})
	if n := c.node.Known(); n != 1 {
		t.Errorf("knows %d others by a stranger's word, want the stranger only", n)
	}
	c.step(protocol.Receive{From: "seed:1", Message: gossip.Syn{Digest: ghosts(20, 1)}})
	for _, call := range c.calls {
		c.step(protocol.Delivered{ID: call.ID})
	}
	if n := len(c.node.Digest()); n != 22 {
		t.Errorf("counts %d names, want 20, the seed and itself", n)
	}
}

// A SYN is answered with hardly more than it brought, and with the rest when its
// sender has shown that it is there.
func TestAStrangersSynIsAnsweredInPart(t *testing.T) {
	c := grown(t, "rr", 40)
	syn := protocol.Receive{From: ghost(1), Message: gossip.Syn{Digest: ghosts(1, 1)}}
	c.step(syn)
	ack := c.calls[0]
	states := ack.Message.(gossip.Ack).States
	if len(states) != 1 || states[0].Address != numbered(1) {
		t.Fatalf("a SYN of one entry is answered with %d states, want the node's own", len(states))
	}
	c.step(syn)
	if len(c.calls) != 0 {
		t.Errorf("a second SYN is answered while the first answer is under way: %v", c.calls)
	}
	c.step(protocol.Delivered{ID: ack.ID})
	before := c.node.Messages()
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack2{}})
	if n := c.node.Messages() - before; n != 2 {
		t.Errorf("%d messages are counted, want the ACK2 and the digest", n)
	}
	if len(c.calls) != 1 || len(c.calls[0].Message.(gossip.Gossip).Digest) != 41 {
		t.Errorf("after its ACK2 the newcomer is told %v, want the whole digest", c.calls)
	}
	c.step(protocol.Receive{From: ghost(2), Message: gossip.Syn{Digest: c.node.Digest()[1:9]}})
	if n := len(c.calls[0].Message.(gossip.Ack).States); n != 2 {
		t.Errorf("a stranger's SYN of 8 entries is answered with %d states, want 2", n)
	}
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Syn{Digest: ghosts(1, 1)}})
	if n := len(c.calls[0].Message.(gossip.Ack).States); n != 41 {
		t.Errorf("a member's SYN is answered with %d states, want those of all that count but it, 41", n)
	}
}

// However few states a stranger is answered with, the node's own is among them.
func TestAStrangerIsAnsweredWithTheNodesOwnState(t *testing.T) {
	for _, self := range []int{1, 5, 9} {
		c := newLone(t, "rr", 9, nil, func(c *protocol.Config) { c.Self = numbered(self) })
		for told := range 30 {
			stranger := gossip.Address(fmt.Sprintf("stranger%d:1", told))
			c.step(protocol.Receive{From: stranger, Message: gossip.Syn{Digest: ghosts(told, 1)}})
			states := c.calls[0].Message.(gossip.Ack).States
			named := map[gossip.Address]bool{}
			for _, s := range states {
				named[s.Address] = true
			}
			if !named[numbered(self)] || len(named) != len(states) {
				t.Errorf("node %d of 9 answers a SYN of %d entries with %d states, those of %v", self, told, len(states), named)
			}
			c.step(protocol.Failed{ID: c.calls[0].ID})
		}
	}
}

// A stranger that says what a handshake needs is not answered with more than it said.
func TestAStrangersAckIsAnsweredInPart(t *testing.T) {
	c := grown(t, "rr", 40)
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack{}})
	if n := len(c.calls[0].Message.(gossip.Ack2).States); n != 1 {
		t.Errorf("an empty ACK is answered with %d states, want 1", n)
	}
}

// Answers to strangers leave calls for the node's own rounds, and to members.
func TestAnswersToStrangersAreBounded(t *testing.T) {
	for _, kind := range []struct {
		name string
		of   func(from gossip.Address) gossip.Message
		most int
	}{
		{"syn", func(gossip.Address) gossip.Message { return gossip.Syn{} }, 32},
		{"gossip", func(from gossip.Address) gossip.Message {
			return gossip.Gossip{Digest: gossip.Digest{{Address: from, AppVersion: 1, Generation: int32(began.Unix())}}}
		}, 16},
	} {
		c := grown(t, "rr", 9)
		calls := func(from gossip.Address) []protocol.Send {
			c.step(protocol.Receive{From: from, Message: kind.of(from)})
			return c.calls
		}
		var answers []protocol.Send
		for i := range 3 * kind.most {
			answers = append(answers, calls(ghost(i+1))...)
		}
		if len(answers) != kind.most {
			t.Errorf("%s: %d answers are under way, want %d", kind.name, len(answers), kind.most)
		}
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Syn{}})
		if len(c.calls) != 1 {
			t.Errorf("%s: a member is not answered: %v", kind.name, c.calls)
		}
		c.step(protocol.Failed{ID: answers[0].ID})
		if again := calls(ghost(1)); len(again) != 1 {
			t.Errorf("%s: with one answer less under way a stranger is not answered: %v", kind.name, again)
		}
	}
}

// A list that is full of names that never lived takes the next one in.
func TestUnconfirmedNamesAreBounded(t *testing.T) {
	const most = 1 << 10
	c := grown(t, "rr", 9)
	for i := range most + 10 {
		c.now = c.now.Add(time.Millisecond)
		c.step(protocol.Receive{From: ghost(i + 1), Message: gossip.Gossip{}})
	}
	if n := c.node.Known(); n != 8+most {
		t.Errorf("knows %d others, want 8 and %d", n, most)
	}
	known := map[gossip.Address]bool{}
	for e := range c.node.Endpoints() {
		known[e.Address] = true
	}
	for i := range most + 10 {
		if want := i >= 10; known[ghost(i+1)] != want {
			t.Fatalf("%s is known: %v, want the oldest displaced", ghost(i+1), !want)
		}
	}
	for i := range 9 {
		if i > 0 && !known[numbered(i+1)] {
			t.Errorf("a member, %s, was displaced", numbered(i+1))
		}
	}
}

// In a full list a name that was never confirmed goes first, though the members that are
// suspected have been silent for longer.
func TestAFullListForgetsTheUnconfirmedFirst(t *testing.T) {
	const most = 1 << 14
	c := newLone(t, "rr", 1+most, nil, nil)
	c.pass(protocol.DefaultTiming().Fail)
	for i := 1; i <= 2; i++ {
		c.now = c.now.Add(time.Millisecond)
		c.step(protocol.Receive{From: ghost(i), Message: gossip.Gossip{}})
	}
	if c.node.Known() != most || c.knows(ghost(1)) || !c.knows(ghost(2)) {
		t.Errorf("knows %d, the first stranger: %v, the second: %v; want %d, and the second in place of the first",
			c.node.Known(), c.knows(ghost(1)), c.knows(ghost(2)), most)
	}
}

// A digest never grows beyond what peers take, and then a newcomer takes the place of
// who has been silent for longest.
func TestAFullListTakesTheLivingIn(t *testing.T) {
	const most = 1 << 14
	const oldest = "n0-500:1"
	c := newLone(t, "rr", 3, nil, nil)
	full := 0
	tell := func(batch int, heartbeat int32, but gossip.Address) {
		var d []gossip.DigestEntry
		for i := range 7000 {
			if a := gossip.Address(fmt.Sprintf("n%d-%d:1", batch, i)); a != but {
				d = append(d, gossip.DigestEntry{Address: a, Generation: 1, Heartbeat: heartbeat})
			}
		}
		full += len(only[protocol.Full](c.gossips(2, d...)))
	}
	for batch := range 3 {
		tell(batch, 0, "")
	}
	if n := len(c.node.Digest()); n != most || full != 1 {
		t.Errorf("the digest has %d entries, want %d, and a place left; said %d times that it is full, want once", n, most, full)
	}
	for _, stranger := range []gossip.Address{"a:1", "b:1", "c:1"} {
		c.step(protocol.Receive{From: stranger, Message: gossip.Gossip{}})
	}
	known := c.node.Known()
	c.now = c.now.Add(time.Second)
	for batch := range 3 {
		tell(batch, 1, oldest)
	}
	c.pass(protocol.DefaultTiming().Fail)                                   // now the names are suspected
	for _, newcomer := range []gossip.Address{"d:1", "e:1", "f:1", "g:1"} { // three of them in place of the strangers
		c.step(protocol.Receive{From: newcomer, Message: gossip.Syn{}})
		c.step(protocol.Delivered{ID: c.calls[0].ID})
	}
	if n := c.node.Known(); known != most || n != most || !c.counted("g:1") {
		t.Errorf("knows %d and then %d others, want %d; counts the newcomer: %v", known, n, most, c.counted("g:1"))
	}
	if c.knows(oldest) {
		t.Errorf("%s, heard of longest ago, is not the one that has made room", oldest)
	}
}

// A stranger that answers before it can have had the answer to its SYN is told nothing more.
func TestAForgedAck2IsToldNothing(t *testing.T) {
	c := grown(t, "rr", 40)
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Syn{Digest: ghosts(1, 1)}})
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack2{}})
	if len(c.calls) > 0 {
		t.Errorf("it is sent %v", c.calls)
	}
}

// The more members there are, the more names count that are not confirmed: at once, also when
// the members are taken by a member's word.
func TestMembersByWordMakeRoom(t *testing.T) {
	c := newLone(t, "rr", 1, nil, nil)
	for i := range 9 {
		c.step(protocol.Receive{From: ghost(900 + i), Message: gossip.Gossip{Digest: ghosts(900+i, 1)[899+i:]}})
	}
	before := len(c.node.Digest())
	c.step(protocol.Receive{From: "seed:1", Message: gossip.Syn{Digest: ghosts(20, 1)}})
	c.answerAll()
	if n := len(c.node.Digest()) - before; n != 21+2 {
		t.Errorf("%d names more count, want 20, the seed, and two of those that have waited", n)
	}
}

// What a stranger tells unasked is not kept until it has been reached, and of what others tell
// no more than there is room for.
func TestNamesThatAreNotKept(t *testing.T) {
	c := grown(t, "rr", 9)
	before := c.node.Messages()
	c.step(protocol.Receive{From: ghost(3), Message: gossip.Gossip{Digest: ghosts(3, 1)[2:]}})
	if n := c.node.Messages() - before; len(c.calls) != 1 || n != 1 {
		t.Errorf("a stranger's gossip is answered by %v, and %d messages are counted, want one", c.calls, n)
	}
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Ack{States: gossip.StateMap{{Address: ghost(2)}}}})
	if c.knows(ghost(2)) {
		t.Error("knows a name from an ACK that it has not asked for")
	}
	c.step(protocol.Receive{From: ghost(4), Message: gossip.Ack{States: make(gossip.StateMap, 4)}})
	if n := len(c.calls[0].Message.(gossip.Ack2).States); n != 4 {
		t.Errorf("a stranger's ACK of 4 states is answered with %d, want 4", n)
	}
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: ghosts(700, 1)}})
	c.step(protocol.Receive{From: "x:1", Message: gossip.Syn{Digest: gossip.Digest{{Address: "y:1", Generation: 100_000}}}})
	if !c.knows(ghost(700)) || c.knows("y:1") {
		t.Errorf("knows a member's 700 names: %v, and a stranger's beside them: %v", c.knows(ghost(700)), c.knows("y:1"))
	}
}

// A name that a member has told of twice, and that has spoken for itself, has not lived: no
// member goes on telling of it, and it is forgotten like any that was never reached.
func TestItsOwnWordDoesNotVouchForAName(t *testing.T) {
	c := newLone(t, "rr", 3, nil, nil)
	tell := func(from gossip.Address, d gossip.Digest) {
		c.step(protocol.Receive{From: from, Message: gossip.Gossip{Digest: d}})
		for _, call := range c.calls {
			c.step(protocol.Failed{ID: call.ID})
		}
	}
	tell(numbered(2), ghosts(1, 1))
	tell(numbered(2), ghosts(1, 1))
	for i := range 40 {
		tell(ghost(1), gossip.NewDigest([]gossip.DigestEntry{entry(2, 1), ghosts(1, int32(i+2))[0]}))
	}
	for i := range 40 {
		tell(numbered(2), gossip.Digest{entry(2, int32(i+2)), entry(3, int32(i+2))})
	}
	if !c.knows(ghost(1)) {
		t.Fatal("the name is not known at all")
	}
	c.pass(12 * protocol.DefaultTiming().Fail)
	c.pass(c.rounds)
	if c.knows(ghost(1)) {
		t.Error("the name is remembered as one that has lived")
	}
}

// Names that are known but do not count are not in a ring of the provider's list, however many
// others there is room for.
func TestTheListLetsNobodyIn(t *testing.T) {
	c := grown(t, "scrr", 9)
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: ghosts(60, 1)}})
	c.step(protocol.Members{List: append(numbers(1, 2, 3, 4, 5, 6, 7, 8, 9), ghost(58), ghost(59), ghost(60))})
	for range 24 {
		c.pass(c.rounds)
		for _, call := range c.calls {
			if strings.HasPrefix(string(call.To), "ghost") {
				t.Errorf("a round goes to %s", call.To)
			}
		}
		c.answerAll()
	}
}

// knows tells whether the node remembers a name.
func (c *caller) knows(a gossip.Address) bool {
	for e := range c.node.Endpoints() {
		if e.Address == a {
			return true
		}
	}
	return false
}

// Silent names are forgotten, those that have lived much later, and nobody is told of
// them in the meantime.
func TestSilentNamesAreForgotten(t *testing.T) {
	c := grown(t, "rr", 3)
	fail := protocol.DefaultTiming().Fail
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Gossip{}})
	heard := c.now
	until := func(d time.Duration) { c.pass(heard.Add(d).Sub(c.now)) }
	until(10*fail - time.Second)
	if !c.knows(ghost(1)) || c.counted(ghost(1)) {
		t.Errorf("before 10 T_fail: known %v, told %v, want known and not told", c.knows(ghost(1)), c.counted(ghost(1)))
	}
	for c.knows(ghost(1)) {
		if c.now.Sub(heard) > 11*fail+protocol.DefaultTiming().Gossip {
			t.Fatal("a name that never lived is known after 11 T_fail")
		}
		c.now = c.now.Add(100 * time.Millisecond)
		reports := only[protocol.ReportVector](c.effects(protocol.Tick{}))
		if !c.knows(ghost(1)) && len(reports) != 1 {
			t.Errorf("%d vectors are reported when a name is forgotten, want one", len(reports))
		}
	}
	jump := func(to time.Duration) {
		c.now = began.Add(to)
		c.step(protocol.Tick{})
	}
	jump(12*time.Hour - time.Minute)
	if !c.counted(numbered(2)) {
		t.Error("a member that died 12 hours ago is not told of")
	}
	jump(12*time.Hour + time.Minute)
	if c.counted(numbered(2)) || !c.knows(numbered(2)) {
		t.Error("a member that died more than 12 hours ago is told of, or forgotten")
	}
	jump(24*time.Hour + time.Minute)
	if c.knows(numbered(2)) {
		t.Error("a member that died more than 24 hours ago is not forgotten")
	}
}

// A dead node that members still tell of has lived, though this one never saw it. What they
// sent before it knew the name does not matter.
func TestADeadMemberIsConfirmedByThoseWhoTellOfIt(t *testing.T) {
	c := grown(t, "rr", 9)
	for i := range int32(40) {
		c.gossips(2, entry(2, i), entry(3, 0))
	}
	c.crowd()
	fail := protocol.DefaultTiming().Fail
	for i := range 13 {
		if i == 9 && c.counted(ghost(1)) {
			t.Error("a name is confirmed before it would have been forgotten by all")
		}
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: append(ghosts(1, 1), entry(2, 40))}})
		c.pass(fail)
	}
	if !c.counted(ghost(1)) {
		t.Error("a name that a member tells of all the time is not confirmed")
	}
}

// Who answers calls, and has never said a word, is forgotten like all that never lived.
func TestWhoOnlyAnswersIsNotConfirmed(t *testing.T) {
	fail, called := protocol.DefaultTiming().Fail, 0
	for wait := range 9 { // until the ring leads to it
		c := grown(t, "rr", 9)
		c.called(wait)
		c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: ghosts(1, 1)}})
		for range 3 {
			c.pass(c.rounds)
			for _, call := range c.calls {
				if call.To == ghost(1) {
					called++
				}
			}
			c.answerAll()
		}
		for range 13 {
			c.pass(fail)
		}
		if c.knows(ghost(1)) {
			t.Errorf("after %d rounds: a name that has never spoken is known after 13 T_fail", wait)
		}
	}
	if called == 0 {
		t.Error("it was never called")
	}
}

// What a stranger tells of in its handshake is a member's word to a newcomer only, and
// is kept in half the places that unconfirmed names have.
func TestANewMembersNamesAreNotBelieved(t *testing.T) {
	c := grown(t, "rr", 9)
	c.crowd()
	known := c.node.Known()
	c.step(protocol.Receive{From: "late:1", Message: gossip.Syn{Digest: ghosts(600, 1)}})
	for _, call := range c.calls {
		c.step(protocol.Delivered{ID: call.ID})
	}
	if !c.counted("late:1") || c.counted(ghost(1)) {
		t.Errorf("counts the newcomer: %v, and whom it told of: %v; want the newcomer only",
			c.counted("late:1"), c.counted(ghost(1)))
	}
	if n := c.node.Known() - (known - 9); n != 1<<9 {
		t.Errorf("knows %d names beside the members, want 512, the new one among them", n)
	}
}

// Of names that do not count the node has no opinion.
func TestNamesThatDoNotCountAreNotSuspected(t *testing.T) {
	c := grown(t, "rr", 9)
	c.crowd()
	c.step(protocol.Receive{From: ghost(1), Message: gossip.Gossip{}})
	c.now = c.now.Add(2 * protocol.DefaultTiming().Fail)
	suspected := only[protocol.OpinionChanged](c.effects(protocol.Tick{}))
	for _, o := range suspected {
		if o.Peer == ghost(1) {
			t.Errorf("an opinion of a name that does not count: %+v", o)
		}
	}
	if len(suspected) == 0 {
		t.Error("nobody is suspected, though all were silent for 2 T_fail")
	}
}

// As many unconfirmed names count as there are places, also when they come together.
func TestAllPlacesAreFilledAtOnce(t *testing.T) {
	c := grown(t, "rr", 9)
	c.step(protocol.Receive{From: numbered(2), Message: gossip.Gossip{Digest: ghosts(60, 1)}})
	ghosts := 0
	for _, e := range c.node.Digest() {
		ghosts += strings.Count(string(e.Address), "ghost")
	}
	if ghosts != 4 {
		t.Errorf("%d ghosts count, want 4: three, and one for eight members", ghosts)
	}
}

// Of listed names that nobody has heard of as many are in the ring.
func TestFewUnheardOfNamesAreInTheRing(t *testing.T) {
	for _, name := range []string{"scrr", "brr"} {
		c := grown(t, name, 9)
		var list []gossip.Address
		for i := range 9 {
			list = append(list, numbered(i+1))
		}
		for i := range 60 {
			list = append(list, ghost(i+1))
		}
		c.step(protocol.Members{List: list})
		targets := map[gossip.Address]bool{}
		for range 24 {
			next, _ := c.node.NextRound()
			targets[next.Target] = true
			c.pass(c.rounds)
			c.answerAll()
		}
		// The ring has 13 names. Under brr the offsets are 1, 2, 4 and 8.
		want := map[string][]gossip.Address{"scrr": {ghost(1), ghost(2), ghost(3), ghost(4)}, "brr": nil}[name]
		for i := range 60 {
			if a := ghost(i + 1); targets[a] != slices.Contains(want, a) {
				t.Errorf("%s: %s is a target: %v, want of ghosts %v", name, a, targets[a], want)
			}
		}
	}
}

// TestAWordIsNoLife: a name that a node has taken on a member's word as it began is suspected,
// but not told on when it is, and forgotten like one that was never confirmed; unless a member
// still tells of it. Otherwise a name that a liar had a member know for a moment would be in the
// ring of whoever began in that moment for a day, and by that node's word in all others'.
func TestAWordIsNoLife(t *testing.T) {
	for _, stillTold := range []bool{false, true} {
		c := newLone(t, "rr", 4, nil, nil)
		fail := protocol.DefaultTiming().Fail
		c.gossips(2, entry(2, 1), ghosts(1, 1)[0])
		for heartbeat := int32(2); c.now.Before(began.Add(14 * fail)); heartbeat++ {
			c.pass(fail / 2)
			news := []gossip.DigestEntry{entry(2, heartbeat)}
			if stillTold {
				news = append(news, ghosts(1, 1)[0])
			}
			c.gossips(2, news...)
			if c.now.Equal(began.Add(3 * fail)) {
				digest := c.node.Digest()
				suspected := slices.Contains(c.node.FaultVector(), gossip.Suspicion{Address: ghost(1), Suspected: true})
				if _, told := digest.Get(ghost(1)); told || !suspected {
					t.Errorf("after 3 T_fail: told of %v, suspected %v", told, suspected)
				}
			}
		}
		digest := c.node.Digest()
		if _, told := digest.Get(ghost(1)); told != stillTold || c.knows(ghost(1)) != stillTold {
			t.Errorf("a member still tells of it: %v; after 14 T_fail: known %v, told of %v", stillTold, c.knows(ghost(1)), told)
		}
	}
}

// TestAStrangersHeartbeatIsNotToldOn: by it the name would live by a member's word.
func TestAStrangersHeartbeatIsNotToldOn(t *testing.T) {
	c := grown(t, "rr", 4)
	says := func(from gossip.Address, heartbeat int32) int32 {
		c.step(protocol.Receive{From: from, Message: gossip.Gossip{Digest: ghosts(1, heartbeat)}})
		e, _ := c.node.Digest().Get(ghost(1))
		return e.Heartbeat
	}
	if got := says(ghost(1), 3); got != 3 {
		t.Errorf("its first heartbeat is told on as %d", got)
	}
	proof := c.calls[0].ID
	for _, from := range []gossip.Address{ghost(1), ghost(2)} {
		if got := says(from, 5); got != 3 {
			t.Errorf("said by %s, a later one is told on: %d", from, got)
		}
	}
	c.step(protocol.Delivered{ID: proof})
	if got := says(ghost(1), 7); got != 7 {
		t.Errorf("that of a member is told on as %d", got)
	}
}
