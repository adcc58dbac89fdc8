package process_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// fetches counts the fetches of the list under way.
func (r *rig) fetches() int {
	n := 0
	for _, c := range r.calls {
		if _, ok := c.Request.(machine.Members); ok {
			n++
		}
	}
	return n
}

// One fetch of the list is under way at most; the next may begin when it has ended,
// well or not.
func TestOneFetchOfTheListAtATime(t *testing.T) {
	r := joined(t, nil)
	r.pass(35 * time.Second) // three times due
	if n := r.fetches(); n != 1 {
		t.Fatalf("%d fetches under way, want 1", n)
	}
	r.refuse(take[machine.Members](r))
	r.pass(15 * time.Second)
	if n := r.fetches(); n != 1 {
		t.Fatalf("after a failure %d fetches under way, want 1", n)
	}
	r.answer(take[machine.Members](r), machine.Answer{Addresses: []gossip.Address{self}})
	r.pass(15 * time.Second)
	if n := r.fetches(); n != 1 {
		t.Errorf("after an answer %d fetches under way, want 1", n)
	}
}

// A list without the node has it join again. It keeps the protocol that it began
// with, and says so if the provider has another by now.
func TestJoiningAgain(t *testing.T) {
	for number, want := range map[gossip.ProtocolNumber]string{
		2: "registered again", 3: "the node keeps its own",
	} {
		r := joined(t, nil)
		r.answer(take[machine.Members](r), machine.Answer{Addresses: []gossip.Address{peer}})
		again := take[machine.Join](r)
		if again.To != provider || again.Request != (machine.Join{Node: self}) {
			t.Errorf("joins again by %+v", again)
		}
		node := r.node.Node()
		r.answer(again, machine.Answer{Protocol: number})
		if r.said(want) != 1 || r.node.Node() != node {
			t.Errorf("protocol %d: want the same node and %q, said %v", number, want, r.out)
		}
	}
	r := joined(t, nil)
	r.answer(take[machine.Members](r), machine.Answer{Addresses: []gossip.Address{peer}})
	r.refuse(take[machine.Join](r))
	if r.said("registered again") != 0 || r.said("keeps its own") != 0 {
		t.Errorf("a failure is told of as success: %v", r.out)
	}
}

// That the provider is away is told of once, and so is its return.
func TestTheProvidersAbsenceIsToldOfOnce(t *testing.T) {
	r := started(t, nil)
	for range 5 {
		r.refuse(take[machine.Join](r))
		r.now, _ = r.node.Deadline()
		r.step(machine.Tick{})
	}
	r.answer(take[machine.Join](r), machine.Answer{Protocol: 2})
	r.answer(take[machine.Members](r), machine.Answer{Addresses: []gossip.Address{self}})
	if away, back := r.said("the provider does not answer"), r.said("the provider answers again"); away != 1 || back != 1 {
		t.Errorf("said %d times that it is away and %d times that it is back, want once", away, back)
	}
}

// A node asks to join before anything has told it the time of a tick, and has
// nothing due until it is answered.
func TestNothingIsDueWhileJoining(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Start{})
	if at, due := r.node.Deadline(); due {
		t.Errorf("due at %v while it registers", at)
	}
	r.answer(take[machine.Register](r), machine.Answer{})
	if at, due := r.node.Deadline(); due {
		t.Errorf("due at %v while it joins", at)
	}
	r.refuse(take[machine.Join](r))
	joining, due := r.node.Deadline()
	if !due || !joining.After(r.now) {
		t.Fatalf("after a refusal due %t at %v, want later than %v", due, joining, r.now)
	}
	r.now = joining.Add(-time.Nanosecond)
	r.step(machine.Tick{})
	if len(r.calls) != 0 {
		t.Errorf("before it is due there are %s under way", r.under())
	}
	r.now = joining
	r.step(machine.Tick{})
	take[machine.Join](r)
	r.step(machine.Tick{})
	if at, due := r.node.Deadline(); due || len(r.calls) != 0 {
		t.Errorf("due %t at %v, under way %s; want joining once for each wait", due, at, r.under())
	}
	for _, e := range r.out {
		if _, ends := e.(machine.Exit); ends {
			t.Errorf("%+v: a provider that is away ends nothing", e)
		}
	}
}

// The earliest of what is due counts: a wait for the monitor, and the node's own
// instants.
func TestTheEarliestDeadlineCounts(t *testing.T) {
	r := joined(t, nil)
	own := r.node.Node().Deadline()
	if at, due := r.node.Deadline(); !due || !at.Equal(own) {
		t.Errorf("due at %v, the node's own is %v", at, own)
	}
	r.refuse(await[machine.Heartbeat](r))
	if at, _ := r.node.Deadline(); !at.Before(r.now.Add(time.Second)) || at.After(r.node.Node().Deadline()) {
		t.Errorf("due at %v: not the earliest of the node's %v and a wait of half a second", at, r.node.Node().Deadline())
	}
}

// Nodes with equal seeds draw differently, or all would wait alike.
func TestNodesWaitDifferently(t *testing.T) {
	waits := map[time.Duration]bool{}
	for _, name := range []gossip.Address{"a:1", "b:1", "c:1", "d:1"} {
		r := started(t, func(c *process.Config) { c.Self = name })
		r.refuse(take[machine.Join](r))
		at, _ := r.node.Deadline()
		waits[at.Sub(r.now)] = true
	}
	if len(waits) != 4 {
		t.Errorf("four nodes wait %v", waits)
	}
}

// A node of a simulated cluster that has joined already begins with its place in
// it, and without a handshake.
func TestKnownFromTheStart(t *testing.T) {
	const generation = 1_700_000_000
	r := joined(t, func(c *process.Config) {
		c.Known = protocol.NewAcquaintance(gossip.Digest{
			{Address: self, AppVersion: 1, Generation: generation}, {Address: peer, AppVersion: 1, Generation: 1},
		})
	})
	if g, _ := r.node.Node().Version(); g != generation || r.node.Node().Known() != 1 {
		t.Errorf("generation %d and %d others known, want %d and 1", g, r.node.Node().Known(), generation)
	}
	for _, c := range r.calls {
		if _, ok := c.Request.(machine.Message); ok {
			t.Errorf("calls %s at once, with nobody to join by", c.To)
		}
	}
}

// Of two waits the shorter one is due first, whichever it is.
func TestTheShorterWaitIsDueFirst(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Start{})
	r.refuse(take[machine.Register](r))
	for range 6 { // the provider's waits grow
		r.refuse(take[machine.Join](r))
		for !strings.Contains(r.under(), "Join") {
			r.now, _ = r.node.Deadline()
			r.step(machine.Tick{})
		}
	}
	r.refuse(take[machine.Join](r))
	long, _ := r.node.Deadline()
	r.refuse(take[machine.Register](r))
	if at, _ := r.node.Deadline(); !at.Before(long) {
		t.Errorf("due at %v, want the monitor's second wait, which ends before %v", at, long)
	}
}

// A node that cannot be made ends the process and says why.
func TestANodeThatCannotBe(t *testing.T) {
	r := started(t, func(c *process.Config) {
		c.Known = protocol.NewAcquaintance(gossip.Digest{{Address: peer, AppVersion: 1, Generation: 1}})
	})
	r.answer(take[machine.Join](r), machine.Answer{Protocol: 2})
	exit, ok := r.out[len(r.out)-1].(machine.Exit)
	if !ok || exit.Error == "" || r.node.Node() != nil {
		t.Errorf("last effect %+v, want an exit that says why", r.out[len(r.out)-1])
	}
}

// What the protocol says for logs is in the log, with its numbers.
func TestWhatTheProtocolSaysIsLogged(t *testing.T) {
	r := joined(t, nil)
	if r.said("joined the provider") != 1 {
		t.Errorf("said %+v, want once that it has joined", r.out)
	}
	generation, _ := r.node.Node().Version()
	r.step(machine.Called{Request: machine.Message{From: peer, Message: gossip.Gossip{Digest: gossip.Digest{
		{Address: self, AppVersion: 1, Generation: generation, Heartbeat: 4711},
	}}}})
	want := machine.Log{Level: machine.Info, Text: "stepped over an earlier incarnation", Fields: []machine.Field{
		{Key: "node", Value: string(self)}, {Key: "generation", Value: "1800000000"}, {Key: "heartbeat", Value: "4712"},
	}}
	logged := false
	for _, e := range r.out {
		logged = logged || cmp.Equal(e, machine.Effect(want))
	}
	if !logged {
		t.Errorf("said %+v, want %+v", r.out, want)
	}
	r.pass(20 * time.Second)
	if r.said("opinion changed") != 1 {
		t.Errorf("said %+v, want one changed opinion: the peer is silent", r.out)
	}
}

// A long wait for the monitor does not keep the node from its own instants.
func TestTheNodesInstantsBeforeALongWait(t *testing.T) {
	r := joined(t, nil)
	c := await[machine.Heartbeat](r)
	for range 10 {
		r.refuse(c)
		c, _ = r.untilCall(7 * time.Second)
	}
	r.refuse(c) // for about five seconds now
	if at, _ := r.node.Deadline(); !at.Equal(r.node.Node().Deadline()) || at.After(r.now.Add(time.Second)) {
		t.Errorf("due in %v, want the node's next heartbeat", at.Sub(r.now))
	}
}

// Every call has exactly one answer, in the step that takes it.
func TestEveryCallHasOneAnswer(t *testing.T) {
	r := joined(t, nil)
	for _, request := range []machine.Request{
		machine.Message{From: peer, Message: gossip.Gossip{}},
		machine.Message{From: peer, Message: gossip.Syn{}},
		machine.Heartbeat{Node: peer},
	} {
		r.out = nil
		r.step(machine.Called{Request: request})
		var replies []machine.Reply
		for _, e := range r.out {
			if reply, ok := e.(machine.Reply); ok {
				replies = append(replies, reply)
			}
		}
		_, message := request.(machine.Message)
		if len(replies) != 1 || (replies[0].Fault == "") != message {
			t.Errorf("%+v is answered by %+v", request, replies)
		}
	}
}
