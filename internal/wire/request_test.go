package wire

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// TestEveryRequestHasItsCall: what a machine asks for reaches the other side.
func TestEveryRequestHasItsCall(t *testing.T) {
	r := &recorder{protocol: 4, members: []gossip.Address{"b:1"}, mapping: map[gossip.Address]int{"b:1": 0, "a:1": 1}}
	reports := NodeMethods(r)
	maps.Copy(reports, MonitorMethods(r))
	monitor, c := serve(t, reports)
	provider, _ := serve(t, ProviderMethods(r))
	for _, call := range []struct {
		request machine.Request
		told    string
		answer  machine.Answer
	}{
		{machine.Message{From: "n:1", Message: gossip.Ack2{}}, "ACK2 from n:1", machine.Answer{}},
		{machine.Register{Node: "n:1"}, "register n:1", machine.Answer{}},
		{machine.Heartbeat{Node: "n:1"}, "heartbeat n:1", machine.Answer{}},
		{machine.States{Node: "n:1", Messages: 3}, "states of n:1, 3 messages", machine.Answer{}},
		{machine.Suspects{Node: "n:1", Generation: 5}, "suspects of n:1, generation 5", machine.Answer{}},
		{machine.Traffic{Node: "n:1", Bytes: 7}, "traffic of n:1: 7", machine.Answer{}},
		{machine.Report{Node: "n:1"}, "report of n:1", machine.Answer{}},
		{machine.Mapping{}, "", machine.Answer{Addresses: []gossip.Address{"b:1", "a:1"}}},
		{machine.Join{Node: "n:1"}, "join n:1", machine.Answer{Protocol: 4}},
		{machine.Members{}, "", machine.Answer{Addresses: []gossip.Address{"b:1"}}},
		{machine.Protocol{}, "", machine.Answer{Protocol: 4}},
	} {
		r.told = nil
		to := monitor
		switch call.request.(type) {
		case machine.Join, machine.Members, machine.Protocol:
			to = provider
		}
		answer, err := Do(t.Context(), c, gossip.Address(to), call.request)
		told := strings.Join(r.told, "; ")
		if err != nil || !strings.EqualFold(told, call.told) || same(call.answer, answer) != "" {
			t.Errorf("%T: %v, told %q, answered %+v", call.request, err, told, answer)
		}
	}
	if _, err := Do(t.Context(), c, gossip.Address(monitor), nil); err == nil {
		t.Error("no error for no request")
	}
}

// TestStatusArrivesAsItWas, whole.
func TestStatusArrivesAsItWas(t *testing.T) {
	want := Status{
		Nodes: []NodeStatus{
			{Address: "a:1", Failed: true, HeartbeatAge: 90 * time.Second, Incarnation: 2, Suspecting: 3, Observers: 4},
			{Address: "b:1", Eligible: true, HeartbeatAge: -time.Second, Incarnation: 1},
		},
		Matrix: []gossip.Bits{{0b10}, {0}}, Running: "one", For: 1500 * time.Millisecond, Waiting: "w",
		Events: []string{"e", "f"}, Deaf: "deaf", Unwritten: "full",
	}
	got, err := askStatus(t, want)
	if err != nil || same(want, got) != "" {
		t.Errorf("%v%s", err, same(want, got))
	}
	want.Matrix = []gossip.Bits{{0b10}}
	if _, err := askStatus(t, want); err == nil || !strings.Contains(err.Error(), "matrix has 1 bytes, want 2 for 2 nodes") {
		t.Errorf("a matrix of one row for two nodes: %v", err)
	}
	want.Nodes, want.Matrix = []NodeStatus{{Address: "no port"}}, nil
	if _, err := askStatus(t, want); err == nil || !strings.Contains(err.Error(), `bad address "no port"`) {
		t.Errorf("%v", err)
	}
}

// shown is a monitor that shows a status.
type shown struct {
	*recorder
	status Status
}

func (s shown) Status(context.Context) (Status, error) { return s.status, nil }

func askStatus(t *testing.T, s Status) (Status, error) {
	t.Helper()
	hostport, c := serve(t, MonitorMethods(shown{&recorder{}, s}))
	return Monitor{c, hostport}.Status(t.Context())
}
