package consensus_test

import (
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// TestWhoIsAcquittedHoldsAView: n3 is held failed though it beats, so that the other two
// make up all views. When one of them clears it, its own view counts again.
func TestWhoIsAcquittedHoldsAView(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := consensus.New(10 * time.Second)
	nodes := []gossip.Address{"n1:1", "n2:1", "n3:1"}
	for _, a := range nodes {
		s.Step(now, consensus.Register{Node: a})
	}
	second := func(n3 bool) { // whether n1 and n2 suspect n3, and n3 suspects n2
		now = now.Add(time.Second)
		for _, a := range nodes {
			s.Step(now, consensus.Heartbeat{Node: a})
			own := a == "n3:1"
			s.Step(now, consensus.Suspects{Node: a, Vector: gossip.FaultVector{
				{Address: "n1:1"}, {Address: "n2:1", Suspected: own && n3}, {Address: "n3:1", Suspected: !own && n3},
			}})
		}
	}
	for range 15 {
		second(false)
	}
	second(true)
	if n, _ := s.Node("n3:1"); !n.Failed {
		t.Fatal("n3 is not failed, though the others suspect it")
	}
	now = now.Add(time.Second) // n3 says nothing more, and beats no more
	for _, a := range nodes[:2] {
		s.Step(now, consensus.Suspects{Node: a, Vector: gossip.FaultVector{
			{Address: "n1:1"}, {Address: "n2:1"}, {Address: "n3:1"},
		}})
	}
	if n, _ := s.Node("n3:1"); n.Failed {
		t.Fatal("n3 is failed, though nobody else suspects it")
	}
	if _, ok := s.Unanimous(); ok {
		t.Error("unanimous, though n3's view is another one")
	}
	second(false)
	if _, ok := s.Unanimous(); !ok {
		t.Error("not unanimous, though all views are equal")
	}
}

// TestANewLifeBeatsByItsOwn: heartbeats of the life before are none of this one.
func TestANewLifeBeatsByItsOwn(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := consensus.New(10 * time.Second)
	beats := func() bool {
		n, _ := s.Node("n1:1")
		return n.Beating
	}
	states := func(generation int32) consensus.States {
		return consensus.States{Node: "n1:1", Map: gossip.StateMap{{
			Address: "n1:1", Generation: generation, Heartbeat: 5, Status: gossip.StatusNormal,
		}}}
	}
	s.Step(start, consensus.Register{Node: "n1:1"})
	s.Step(start, states(1))
	s.Step(start, consensus.Heartbeat{Node: "n1:1"})
	if !beats() {
		t.Error("it has just beaten")
	}
	s.Step(start.Add(5*time.Second), states(2))
	if n, _ := s.Node("n1:1"); n.Incarnation != 2 || n.Beating {
		t.Errorf("incarnation %d, beating %v; want the second, without a heartbeat yet", n.Incarnation, n.Beating)
	}
	s.Step(start.Add(6*time.Second), consensus.Heartbeat{Node: "n1:1"})
	if !beats() {
		t.Error("its new life has beaten")
	}
}
