package registry

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
)

func TestJoinOrder(t *testing.T) {
	var r Registry
	if got := r.Members(); len(got) != 0 {
		t.Errorf("a new registry has %v", got)
	}
	for _, step := range []struct {
		join gossip.Address
		new  bool
	}{
		{"node2:5000", true},
		{"node1:5000", true},
		{"node2:5000", false},
		{"node1:5001", true},
		{"node1:5000", false},
	} {
		if got := r.Join(step.join); got != step.new {
			t.Errorf("Join(%s) = %t, want %t", step.join, got, step.new)
		}
	}
	want := []gossip.Address{"node2:5000", "node1:5000", "node1:5001"}
	if d := cmp.Diff(want, r.Members()); d != "" {
		t.Error(d)
	}
}

func TestMembersIsACopy(t *testing.T) {
	var r Registry
	r.Join("node1:5000")
	r.Members()[0] = "changed:1"
	r.Join("node2:5000")
	if d := cmp.Diff([]gossip.Address{"node1:5000", "node2:5000"}, r.Members()); d != "" {
		t.Error(d)
	}
}

func TestFull(t *testing.T) {
	var r Registry
	for i := range Most {
		r.Join(gossip.Address(fmt.Sprintf("node%d:1", i)))
	}
	for _, a := range []gossip.Address{"more:1", "another:1"} {
		if !r.Join(a) {
			t.Errorf("%s is not new", a)
		}
		got := r.Members()
		if len(got) != 1<<14 || got[Most-1] != a || got[Most-2] != "node16382:1" {
			t.Errorf("%d members, the last %v, want %s after node16382:1", len(got), got[len(got)-2:], a)
		}
	}
	if r.Join("node0:1") {
		t.Error("a known one is new")
	}
	if !r.Join("more:1") {
		t.Error("a displaced one is not new")
	}
}
