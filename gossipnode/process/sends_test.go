package process_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// greet has the node answer a stranger's SYN.
func (r *rig) greet(i int) {
	from := gossip.Address(fmt.Sprintf("stranger%d:5000", i))
	r.step(machine.Called{Request: machine.Message{From: from, Message: gossip.Syn{ClusterID: gossip.ClusterID}}})
}

// A call that has ended, well or not, makes room for another.
func TestEndedSendsMakeRoom(t *testing.T) {
	r := joined(t, nil)
	r.answer(take[machine.Message](r), machine.Answer{}) // the SYN to the seed
	for i := range 300 {
		r.greet(i)
		ack := take[machine.Message](r)
		if i%2 == 0 {
			r.answer(ack, machine.Answer{})
		} else {
			r.refuse(ack)
		}
	}
	if n := r.said("too many calls"); n != 0 {
		t.Errorf("%d calls are dropped, though one at most was under way", n)
	}
}

// At most 160 calls to peers are under way, whatever they are: here digests to originals,
// which come on top of the answers to their SYNs.
func TestSendsAreBounded(t *testing.T) {
	r := joined(t, nil)
	r.answer(take[machine.Message](r), machine.Answer{}) // the SYN to the seed
	under := func(kind string) (calls []machine.Call) {
		for _, c := range r.calls {
			if m, ok := c.Request.(machine.Message); ok && m.Message.Kind() == kind {
				calls = append(calls, c)
			}
		}
		return calls
	}
	for i := range 200 {
		from := gossip.Address(fmt.Sprintf("original%d:5000", i))
		r.step(machine.Called{Request: machine.Message{From: from, Message: gossip.Syn{
			ClusterID: gossip.ClusterID, Digest: gossip.Digest{{Address: from, AppVersion: 1, Generation: 57_600}},
		}}})
		for _, ack := range under("ack") {
			r.calls = slices.DeleteFunc(r.calls, func(c machine.Call) bool { return c.ID == ack.ID })
			r.answer(ack, machine.Answer{})
		}
	}
	if n := len(under("gossip")); n != 160 {
		t.Errorf("%d digests are under way, want 160", n)
	}
	if r.said("too many calls") == 0 {
		t.Error("nothing is said of those that were dropped")
	}
}

// A node that cannot learn of more names says so.
func TestTooManyNamesAreToldOf(t *testing.T) {
	r := joined(t, nil)
	r.answer(take[machine.Message](r), machine.Answer{}) // the peer is there
	var many []gossip.DigestEntry
	for i := range 1<<14 + 1 {
		many = append(many, gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("n%05d:5000", i)), AppVersion: 1})
	}
	r.hear(peer)
	r.step(machine.Called{Request: machine.Message{From: peer, Message: gossip.Gossip{Digest: gossip.NewDigest(many)}}})
	if n := r.said("too many names, the node learns of no more"); n != 1 {
		t.Errorf("said %d times, want once", n)
	}
}

// The protocol is told of the failure of each send that could not begin, in the
// same step, and of the outcome of all others.
func TestEverySendHasAnOutcome(t *testing.T) {
	r := joined(t, crowded)
	sent, ended := map[uint64]bool{}, map[uint64]string{}
	r.node.Observe(func(_ time.Time, ev protocol.Event, effects []protocol.Effect) {
		switch e := ev.(type) {
		case protocol.Failed:
			ended[e.ID] = "failed"
		case protocol.Delivered:
			ended[e.ID] = "delivered"
		}
		for _, e := range effects {
			if s, ok := e.(protocol.Send); ok {
				sent[s.ID] = true
			}
		}
	})
	for i := range 200 {
		r.step(machine.Called{Request: machine.Message{From: member(i), Message: gossip.Syn{ClusterID: gossip.ClusterID}}})
	}
	if len(sent) != 200 || len(ended) != 200-64 {
		t.Fatalf("%d sends, %d ended; want 200, of which those beyond 64 have", len(sent), len(ended))
	}
	calls := r.calls
	r.calls = nil
	for i, c := range calls {
		if _, ok := c.Request.(machine.Message); !ok {
			continue
		}
		if i%2 == 0 {
			r.answer(c, machine.Answer{})
		} else {
			r.refuse(c)
		}
	}
	for id := range sent {
		if ended[id] == "" {
			t.Errorf("send %d has no outcome", id)
		}
	}
}

// Calls to peers may take a gossip interval, others T_fail or five seconds.
func TestCallsMayTakeSoLong(t *testing.T) {
	for speed, server := range map[float64]time.Duration{1: 10 * time.Second, 5: 5 * time.Second} {
		r := newRig(t, func(c *process.Config) { c.Timing = c.Timing.Scaled(speed) })
		r.step(machine.Start{})
		c := take[machine.Register](r)
		if c.Timeout != server || c.To != monitor {
			t.Errorf("speed %g: registering at %s may take %v, want %v", speed, c.To, c.Timeout, server)
		}
		r.answer(c, machine.Answer{})
		join := take[machine.Join](r)
		if join.Timeout != server || join.To != provider {
			t.Errorf("speed %g: joining %s may take %v, want %v", speed, join.To, join.Timeout, server)
		}
		r.answer(join, machine.Answer{Protocol: 2})
		if c := take[machine.Message](r); c.Timeout != protocol.DefaultTiming().Scaled(speed).Gossip {
			t.Errorf("speed %g: a message may take %v, want a gossip interval", speed, c.Timeout)
		}
	}
}

// Why a peer was not reached is in the log, and so is a peer whose heartbeats come
// at another interval.
func TestWhatIsLoggedOfPeers(t *testing.T) {
	r := joined(t, nil)
	r.refuse(take[machine.Message](r))
	if n := r.said("peer not reached"); n != 1 {
		t.Errorf("told of a peer that was not reached %d times, want once", n)
	}
	for i := range int32(30) { // a heartbeat every three seconds
		r.step(machine.Called{Request: machine.Message{From: peer, Message: gossip.Gossip{Digest: gossip.Digest{
			{Address: peer, AppVersion: 1, Generation: 1_800_000_000, Heartbeat: i},
		}}}})
		r.pass(3 * time.Second)
	}
	if n := r.said("a peer's heartbeats show another interval"); n != 1 {
		t.Errorf("told of another interval %d times, want once", n)
	}
	if n := r.said("more calls to peers failed than are logged"); n != 0 {
		t.Errorf("told %d times that lines were held back, which none was", n)
	}
}

// An answer is waited for as long as a round, and in a large cluster as two.
func TestHowLongAnswersAreWaitedFor(t *testing.T) {
	for others, rounds := range map[int]time.Duration{63: 1, 64: 2} {
		r := joined(t, knowing(others))
		for range 3 {
			r.pass(protocol.DefaultTiming().Gossip)
			if c := take[machine.Message](r); c.Timeout != rounds*protocol.DefaultTiming().Gossip {
				t.Errorf("%d others: waits for %v, want %d rounds", others, c.Timeout, rounds)
			}
		}
	}
}
