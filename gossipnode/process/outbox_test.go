package process_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// hear lets the node hear of peers by a message of the first one.
func (r *rig) hear(peers ...gossip.Address) {
	var d []gossip.DigestEntry
	for _, a := range peers {
		d = append(d, gossip.DigestEntry{Address: a, AppVersion: 1, Generation: 1_800_000_000, Heartbeat: 1})
	}
	r.step(machine.Called{Request: machine.Message{
		From: peers[0], Message: gossip.Gossip{Digest: gossip.NewDigest(d)},
	}})
}

// said counts the lines of the log that hold a text.
func (r *rig) said(text string) int {
	n := 0
	for _, e := range r.out {
		if l, ok := e.(machine.Log); ok && strings.Contains(l.Text, text) {
			n++
		}
	}
	return n
}

// A vector that waits behind a call gives way to the next one, whether the call
// succeeds or fails.
func TestTheVectorSentIsTheLatest(t *testing.T) {
	for name, end := range map[string]func(*rig, machine.Call){
		"answered": func(r *rig, c machine.Call) { r.answer(c, machine.Answer{}) },
		"refused":  (*rig).refuse,
	} {
		r := joined(t, nil)
		r.hear(peer)
		sent := await[machine.Suspects](r) // the peer is alive
		r.pass(12 * time.Second)           // and suspected by now
		end(r, sent)
		got := await[machine.Suspects](r).Request.(machine.Suspects).Vector
		if suspected, known := got.Get(peer); !suspected || !known {
			t.Errorf("%s: the next vector is %v, want the peer suspected", name, got)
		}
	}
}

// One that is taken makes the next one whole again.
func TestAVectorIsCutOnce(t *testing.T) {
	r := joined(t, nil)
	const stranger gossip.Address = "node3:5000"
	r.answer(take[machine.Message](r), machine.Answer{})
	r.hear(peer, stranger)
	r.pass(20 * time.Second) // both are suspected by now
	r.answer(await[machine.Suspects](r), machine.Answer{})
	r.fault(await[machine.Suspects](r))
	r.answer(take[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{self, peer}})
	r.answer(take[machine.Suspects](r), machine.Answer{})
	next := await[machine.Suspects](r).Request.(machine.Suspects).Vector
	if _, known := next.Get(stranger); !known {
		t.Errorf("the next vector %v lacks %s", next, stranger)
	}
}

// untilCall lets time pass until a call to the monitor is under way, at most d.
func (r *rig) untilCall(d time.Duration) (machine.Call, time.Duration) {
	r.t.Helper()
	for since := r.now; r.now.Sub(since) <= d; {
		for i, c := range r.calls {
			if c.To == monitor {
				r.calls = append(r.calls[:i:i], r.calls[i+1:]...)
				return c, r.now.Sub(since)
			}
		}
		r.pass(50 * time.Millisecond)
	}
	r.t.Fatalf("no call to the monitor within %v", d)
	return machine.Call{}, 0
}

// While the monitor is away the waits grow to five heartbeats, whatever there is
// to report. Its absence is told of once, and so is its return, after which the
// waits begin anew.
func TestWaitsForTheMonitor(t *testing.T) {
	r := joined(t, nil)
	c := await[machine.Heartbeat](r)
	var wait time.Duration
	for range 10 {
		r.refuse(c)
		c, wait = r.untilCall(7 * time.Second)
		if _, asks := c.Request.(machine.Mapping); !asks {
			t.Fatalf("the first call after a failure is %T, want the question who is known", c.Request)
		}
	}
	if wait < 3500*time.Millisecond || wait > 6500*time.Millisecond {
		t.Errorf("the tenth wait takes %v, want about five heartbeats", wait)
	}
	if n := r.said("the monitor does not answer"); n != 1 {
		t.Errorf("said %d times that the monitor is away, want once", n)
	}
	r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
	for range 20 {
		c, _ = r.untilCall(3 * time.Second)
		r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
	}
	if n := r.said("the monitor answers again"); n != 1 {
		t.Errorf("said %d times that the monitor is back, want once", n)
	}
	c, _ = r.untilCall(3 * time.Second)
	r.refuse(c)
	if _, wait = r.untilCall(7 * time.Second); wait > time.Second {
		t.Errorf("the first wait of the next absence takes %v, want half a heartbeat", wait)
	}
	if n := r.said("the monitor does not answer"); n != 2 {
		t.Errorf("said %d times that the monitor is away, want once for each absence", n)
	}
}

// Bytes follow the states, with the largest count that any call has brought.
func TestTrafficFollowsTheStates(t *testing.T) {
	r := joined(t, nil)
	r.step(machine.Ended{ID: take[machine.Message](r).ID, Sent: 700})
	r.step(machine.Ended{ID: take[machine.Members](r).ID, Sent: 300})
	r.answer(await[machine.States](r), machine.Answer{})
	want := machine.Traffic{Node: self, Bytes: 700}
	if d := cmp.Diff(want, take[machine.Traffic](r).Request); d != "" {
		t.Errorf("after the states:\n%s", d)
	}
}

// A node that a monitor still knows reports on without registering.
func TestKnownAfterAFailureIsNotRegisteredAgain(t *testing.T) {
	r := joined(t, nil)
	r.refuse(await[machine.Heartbeat](r))
	r.answer(await[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{peer, self}})
	for range 30 {
		c, _ := r.untilCall(3 * time.Second)
		if _, again := c.Request.(machine.Register); again {
			t.Fatal("registered again")
		}
		if _, asks := c.Request.(machine.Mapping); asks {
			t.Fatal("asked again")
		}
		r.answer(c, machine.Answer{})
	}
}

// A refused heartbeat or state map is not sent again; the node asks whether it is
// known, and goes on.
func TestARefusedReportIsNotRepeated(t *testing.T) {
	r := joined(t, nil)
	states := await[machine.States](r)
	r.fault(states)
	r.answer(take[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{self}})
	if under := r.under(); strings.Contains(under, "States") {
		t.Errorf("under way %s, want no states", under)
	}
	if n := r.said("the monitor refused a report"); n != 1 {
		t.Errorf("told of it %d times, want once\n%s", n, fmt.Sprint(r.out))
	}
}

// What could not be sent goes again as soon as the monitor answers.
func TestNothingIsLostByAFailure(t *testing.T) {
	lost := func(r *rig, c machine.Call) string {
		r.refuse(c)
		asks, _ := r.untilCall(time.Second)
		r.answer(asks, machine.Answer{Addresses: []gossip.Address{self}})
		for range 3 {
			again, waited := r.untilCall(0)
			if waited > 0 {
				break
			}
			r.answer(again, machine.Answer{})
			if fmt.Sprintf("%T", again.Request) == fmt.Sprintf("%T", c.Request) {
				return ""
			}
		}
		return fmt.Sprintf("%T is lost", c.Request)
	}
	r := joined(t, nil)
	for _, why := range []string{
		lost(r, await[machine.Heartbeat](r)), lost(r, await[machine.Suspects](r)), lost(r, await[machine.States](r)),
	} {
		if why != "" {
			t.Error(why)
		}
	}
}

// A heartbeat that waits behind a call is not lost when that fails.
func TestAWaitingHeartbeatOutlivesAFailure(t *testing.T) {
	r := joined(t, nil)
	r.answer(await[machine.Heartbeat](r), machine.Answer{})
	c := await[machine.Suspects](r)
	_, before := r.node.Node().Version()
	for beat := before; beat == before; _, beat = r.node.Node().Version() {
		r.pass(10 * time.Millisecond)
	}
	r.refuse(c)
	asks, _ := r.untilCall(700 * time.Millisecond)
	r.answer(asks, machine.Answer{Addresses: []gossip.Address{self}})
	take[machine.Heartbeat](r)
}

// A heartbeat goes at once, whatever else there is to report.
func TestHeartbeatsGoAtOnce(t *testing.T) {
	r := joined(t, nil)
	at := map[time.Time]bool{}
	for end := r.now.Add(10 * time.Second); r.now.Before(end); r.pass(100 * time.Millisecond) {
		for len(r.calls) > 0 {
			c := r.calls[0]
			r.calls = r.calls[1:]
			if _, beats := c.Request.(machine.Heartbeat); beats {
				at[r.now] = true
			}
			r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
		}
	}
	if len(at) < 9 {
		t.Errorf("%d heartbeats in ten seconds, want one a second", len(at))
	}
}

// A monitor that refuses to register the node is tried again after a wait.
func TestARefusedRegistrationIsNotRepeatedAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Start{})
	r.fault(take[machine.Register](r))
	again, wait := r.untilCall(time.Second)
	if _, registers := again.Request.(machine.Register); !registers || wait < 300*time.Millisecond {
		t.Errorf("after %v comes %T, want registering after about half a heartbeat", wait, again.Request)
	}
}

// A monitor that has registered the node is not asked whether it knows it; nor is
// one that refuses traffic, which an original does not have.
func TestNothingIsAskedWithoutNeed(t *testing.T) {
	r := joined(t, nil)
	for range 40 {
		c, _ := r.untilCall(3 * time.Second)
		switch c.Request.(type) {
		case machine.Mapping, machine.Register:
			t.Fatalf("%T after the node was registered", c.Request)
		case machine.Traffic:
			r.fault(c)
		default:
			r.answer(c, machine.Answer{})
		}
	}
}

// A failure does not make bytes due: they follow states that have arrived.
func TestNoTrafficAfterAFailure(t *testing.T) {
	r := joined(t, nil)
	r.refuse(await[machine.Heartbeat](r))
	for range 10 {
		c, _ := r.untilCall(3 * time.Second)
		r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
		switch c.Request.(type) {
		case machine.States:
			return
		case machine.Traffic:
			t.Fatal("bytes before states")
		}
	}
	t.Fatal("no states")
}

// toMonitor answers all calls to the monitor for a while, and tells what they were.
func (r *rig) toMonitor(d time.Duration, answer func(machine.Call)) (requests []machine.Request) {
	for end := r.now.Add(d); r.now.Before(end); r.pass(100 * time.Millisecond) {
		for i := 0; i < len(r.calls); i++ {
			if c := r.calls[i]; c.To == monitor {
				r.calls = append(r.calls[:i:i], r.calls[i+1:]...)
				requests = append(requests, c.Request)
				answer(c)
				i = -1
			}
		}
	}
	return requests
}

// What a node of a large cluster has to tell goes in one call, with its heartbeat; of a cluster
// that originals can make, each thing goes by itself.
func TestReportsOfLargeClusters(t *testing.T) {
	for _, others := range []int{63, 64} {
		r := joined(t, knowing(others))
		kinds := map[string]int{}
		traffic, states := int64(-1), 0
		requests := r.toMonitor(time.Minute, func(c machine.Call) { r.step(machine.Ended{ID: c.ID, Sent: 12345}) })
		for _, request := range requests {
			kinds[strings.TrimPrefix(fmt.Sprintf("%T", request), "machine.")]++
			all, ok := request.(machine.Report)
			if !ok {
				continue
			}
			if all.Node != self || all.Suspects == nil || len(all.Suspects.Vector) > others+1 {
				t.Errorf("reported %+v", all)
			}
			if (all.States != nil) != (all.Traffic != nil) {
				t.Errorf("states %v and traffic %v do not come together", all.States, all.Traffic)
			}
			if all.States != nil {
				states++
				traffic = all.Traffic.Bytes
			}
		}
		large := others > 63
		if (kinds["Report"] > 10) != large || (kinds["Suspects"] > 10) == large || (kinds["States"] > 10) == large {
			t.Errorf("%d others: told %v", others, kinds)
		}
		if large && (traffic != 12345 || states < 10 || kinds["Report"]+kinds["Heartbeat"] < 59) {
			t.Errorf("%d state maps, the last with a traffic of %d; told %v", states, traffic, kinds)
		}
	}
}

// A monitor that refuses to take all at once is told each thing by itself, once; it may have
// refused a part.
func TestAReportThatIsRefused(t *testing.T) {
	r := joined(t, knowing(100))
	r.answer(await[machine.Report](r), machine.Answer{})
	c := await[machine.Report](r)
	whole := c.Request.(machine.Report)
	r.fault(c)
	for _, part := range whole.Parts() {
		next := take[machine.Request](r)
		for next.To != monitor {
			next = take[machine.Request](r)
		}
		if diff := cmp.Diff(part, next.Request); diff != "" {
			t.Errorf("after the refusal (-want +got):\n%s", diff)
		}
		r.answer(next, machine.Answer{})
	}
	if whole.Suspects == nil {
		t.Error("the report had no vector")
	}
	await[machine.Report](r)
}

// What a report could not bring goes with the next one.
func TestAReportThatIsLost(t *testing.T) {
	r := joined(t, knowing(100))
	lost := await[machine.Report](r)
	for lost.Request.(machine.Report).States == nil {
		r.answer(lost, machine.Answer{})
		lost = await[machine.Report](r)
	}
	r.refuse(lost)
	r.answer(await[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{self}})
	next := await[machine.Report](r).Request.(machine.Report)
	if next.States == nil || next.Suspects == nil || next.Traffic == nil {
		t.Errorf("the next report is %+v, want all that was lost", next)
	}
}
