package registry

import (
	"errors"
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
		if got := join(t, &r, step.join); got != step.new {
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
	join(t, &r, "node1:5000")
	r.Members()[0] = "changed:1"
	join(t, &r, "node2:5000")
	if d := cmp.Diff([]gossip.Address{"node1:5000", "node2:5000"}, r.Members()); d != "" {
		t.Error(d)
	}
}

func TestFull(t *testing.T) {
	var r Registry
	for i := range Most {
		join(t, &r, gossip.Address(fmt.Sprintf("node%d:1", i)))
	}
	if _, err := r.Join("more:1"); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v, want %v", err, ErrFull)
	}
	if fresh, err := r.Join("node0:1"); fresh || err != nil {
		t.Errorf("a known one: %t, %v", fresh, err)
	}
}

func join(t *testing.T, r *Registry, a gossip.Address) bool {
	t.Helper()
	fresh, err := r.Join(a)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}
