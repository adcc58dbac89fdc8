package registry_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/provider/registry"
)

// A node joins, and asks who is there.
func ExampleProvider_Step() {
	provider, err := registry.NewProvider(registry.Config{Protocol: "scrr"})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, request := range []machine.Request{machine.Join{Node: "node1:5000"}, machine.Members{}} {
		for _, effect := range provider.Step(now, machine.Called{Request: request}) {
			switch e := effect.(type) {
			case machine.Reply:
				fmt.Printf("%T: protocol %d, %v\n", request, e.Answer.Protocol, e.Answer.Addresses)
			case machine.Log:
				fmt.Println("log:", e.Text, e.Fields[0].Value)
			}
		}
	}
	// Output:
	// machine.Join: protocol 3, []
	// log: joined node1:5000
	// machine.Members: protocol 0, [node1:5000]
}

func newProvider(t *testing.T) *registry.Provider {
	t.Helper()
	p, err := registry.NewProvider(registry.Config{Protocol: "RR"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// call has the provider take a call, and returns its effects: the reply first.
func call(t *testing.T, p *registry.Provider, r machine.Request) (machine.Reply, []machine.Effect) {
	t.Helper()
	effects := p.Step(time.Time{}, machine.Called{Request: r})
	if len(effects) == 0 {
		t.Fatalf("%T: no reply", r)
	}
	return effects[0].(machine.Reply), effects[1:]
}

func TestAListThatWasHandedOutStays(t *testing.T) {
	p := newProvider(t)
	call(t, p, machine.Join{Node: "n2:1"})
	before, _ := call(t, p, machine.Members{})
	if _, more := call(t, p, machine.Join{Node: "n1:1"}); len(more) != 1 {
		t.Errorf("a new node: %v, want a line for the log", more)
	}
	if _, more := call(t, p, machine.Join{Node: "n2:1"}); len(more) != 0 {
		t.Errorf("a known node: %v, want nothing for the log", more)
	}
	after, _ := call(t, p, machine.Members{})
	if !cmp.Equal(before.Answer.Addresses, []gossip.Address{"n2:1"}) ||
		!cmp.Equal(after.Answer.Addresses, []gossip.Address{"n2:1", "n1:1"}) {
		t.Errorf("%v, then %v", before.Answer.Addresses, after.Answer.Addresses)
	}
}

func TestWhatAProviderRefuses(t *testing.T) {
	p := newProvider(t)
	for _, r := range []machine.Request{machine.Register{Node: "n1:1"}, machine.Mapping{}} {
		if reply, _ := call(t, p, r); reply.Fault == "" {
			t.Errorf("%T was taken", r)
		}
	}
	if effects := p.Step(time.Time{}, machine.Line{Text: "stop"}); effects != nil {
		t.Errorf("a line: %v", effects)
	}
	if _, err := registry.NewProvider(registry.Config{}); err == nil || !strings.Contains(err.Error(), "want one of random") {
		t.Errorf("no protocol: %v", err)
	}
}

func TestConfigReadsBackFromJSON(t *testing.T) {
	c := registry.Config{Protocol: "brr"}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got registry.Config
	if err := json.Unmarshal(text, &got); err != nil || got != c {
		t.Errorf("%s reads back as %+v, %v", text, got, err)
	}
}
