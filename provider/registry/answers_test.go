package registry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

func newProvider(t *testing.T, name string) *Provider {
	t.Helper()
	p, err := NewProvider(Config{Protocol: name})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask is the answer to a call, and what else comes of it.
func ask(t *testing.T, p *Provider, r machine.Request) (machine.Reply, []machine.Effect) {
	t.Helper()
	effects := p.Step(time.Unix(0, 0), machine.Called{Request: r})
	if len(effects) == 0 {
		t.Fatalf("%+v has no answer", r)
	}
	reply, ok := effects[0].(machine.Reply)
	if !ok {
		t.Fatalf("%+v: the first effect is %+v, want the answer", r, effects[0])
	}
	return reply, effects[1:]
}

func TestWhoJoinsIsInTheNextList(t *testing.T) {
	p := newProvider(t, "brr")
	var want []gossip.Address
	for _, a := range []gossip.Address{"node2:1", "node1:1", "node3:1"} {
		want = append(want, a)
		reply, more := ask(t, p, machine.Join{Node: a})
		if reply.Fault != "" || reply.Answer.Protocol != 4 {
			t.Errorf("%s joins: %+v, want protocol 4", a, reply)
		}
		logged := []machine.Effect{machine.Log{
			Level: machine.Info, Text: "joined", Fields: []machine.Field{{Key: "node", Value: string(a)}},
		}}
		if d := cmp.Diff(logged, more); d != "" {
			t.Error(d)
		}
		list, _ := ask(t, p, machine.Members{})
		if d := cmp.Diff(want, list.Answer.Addresses); d != "" {
			t.Errorf("after %s:\n%s", a, d)
		}
	}
}

// Who joins again is told the protocol and keeps its place.
func TestJoiningAgainChangesNothing(t *testing.T) {
	p := newProvider(t, "scrr")
	for _, a := range []gossip.Address{"node1:1", "node2:1"} {
		ask(t, p, machine.Join{Node: a})
	}
	reply, more := ask(t, p, machine.Join{Node: "node1:1"})
	if reply.Fault != "" || reply.Answer.Protocol != 3 || len(more) > 0 {
		t.Errorf("%+v and %v, want protocol 3 and nothing else", reply, more)
	}
	list, _ := ask(t, p, machine.Members{})
	if d := cmp.Diff([]gossip.Address{"node1:1", "node2:1"}, list.Answer.Addresses); d != "" {
		t.Error(d)
	}
}

// A monitor is no member, and may ask all the same.
func TestTheProtocolIsToldToAnybody(t *testing.T) {
	p := newProvider(t, "random")
	if reply, _ := ask(t, p, machine.Protocol{}); reply.Fault != "" || reply.Answer.Protocol != 1 {
		t.Errorf("%+v, want protocol 1", reply)
	}
	if list, _ := ask(t, p, machine.Members{}); len(list.Answer.Addresses) > 0 {
		t.Errorf("who asks is on the list: %v", list.Answer.Addresses)
	}
}

func TestAFullProviderTakesNewcomers(t *testing.T) {
	p := newProvider(t, "rr")
	for i := range Most {
		ask(t, p, machine.Join{Node: gossip.Address(fmt.Sprintf("node%d:1", i))})
	}
	if reply, more := ask(t, p, machine.Join{Node: "more:1"}); reply.Fault != "" || reply.Answer.Protocol != 2 || len(more) != 1 {
		t.Errorf("%+v and %v, want the protocol and a line for the log", reply, more)
	}
	if list, _ := ask(t, p, machine.Members{}); len(list.Answer.Addresses) != 1<<14 || list.Answer.Addresses[Most-1] != "more:1" {
		t.Errorf("%d on the list, want %d that end with more:1", len(list.Answer.Addresses), Most)
	}
}

func TestWhatAProviderIsNotAsked(t *testing.T) {
	p := newProvider(t, "rr")
	if reply, _ := ask(t, p, machine.Mapping{}); reply.Fault == "" {
		t.Errorf("%+v, want a fault", reply)
	}
	for _, ev := range []machine.Event{machine.Start{}, machine.Tick{}, machine.Line{Text: "stop"}} {
		if effects := p.Step(time.Unix(0, 0), ev); len(effects) > 0 {
			t.Errorf("%T: %v, want nothing", ev, effects)
		}
	}
	if at, due := p.Deadline(); due {
		t.Errorf("due at %v, want nothing due", at)
	}
}

func TestNoSuchProtocol(t *testing.T) {
	_, err := NewProvider(Config{Protocol: "gossip"})
	if err == nil || !strings.Contains(err.Error(), `"gossip"`) || !strings.Contains(err.Error(), "scrr") {
		t.Errorf("error %v, want one that names what it got and what there is", err)
	}
}
