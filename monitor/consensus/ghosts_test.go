package consensus_test

import (
	"fmt"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// TestGhostsMakeNoWaitLonger: a monitor that was deaf waits for the detection bound of the
// nodes that it hears, and of those of whom half of them have an opinion. Names that nobody
// knows are no part of it, or that all have forgotten, or a liar could have it wait for ever;
// nor are nodes that the monitor was told to forget. Here the bound is a second for each node.
func TestGhostsMakeNoWaitLonger(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := consensus.New(10 * time.Second)
	s.SetBound(func(nodes, _ int) time.Duration { return time.Duration(nodes) * time.Second })
	at := func(second int) time.Time { return start.Add(time.Duration(second) * time.Second) }
	alive := func(second int, suspected bool, nodes ...gossip.Address) {
		for _, a := range nodes {
			s.Step(at(second), consensus.Heartbeat{Node: a})
			s.Step(at(second), consensus.Suspects{Node: a, Vector: gossip.FaultVector{
				{Address: "n1:1"}, {Address: "n2:1"}, {Address: "n3:1", Suspected: suspected},
			}})
		}
	}
	var ghosts []gossip.Suspicion
	for i := range 20 {
		ghost := gossip.Address(fmt.Sprintf("ghost%d:1", i))
		s.Step(at(0), consensus.Register{Node: ghost})
		s.Step(at(0), consensus.Heartbeat{Node: ghost})
		if i%2 == 0 {
			ghosts = append(ghosts, gossip.Suspicion{Address: ghost})
		}
	}
	for _, a := range []gossip.Address{"n1:1", "n2:1", "n3:1"} {
		s.Step(at(0), consensus.Heartbeat{Node: a})
		s.Step(at(0), consensus.Suspects{Node: a, Vector: gossip.NewFaultVector(ghosts)})
	}
	s.Step(at(0), consensus.Register{Node: "n4:1"})
	s.Step(at(0), consensus.Heartbeat{Node: "n1:1"})
	s.Step(at(0), consensus.Suspects{Node: "n1:1", Vector: gossip.FaultVector{{Address: "n4:1"}}})
	s.Step(at(0), consensus.Forget{Node: "n4:1"})
	alive(0, false, "n1:1", "n2:1", "n3:1")
	s.Step(at(25), consensus.Tick{})
	if !s.Hearing().Deaf {
		t.Fatalf("after 25 s of silence it %v", s.Hearing())
	}
	alive(30, true, "n1:1", "n2:1")
	for second := 31; second <= 33; second++ {
		s.Step(at(second), consensus.Tick{})
		if n, _ := s.Node("n3:1"); n.Failed != (second == 33) {
			t.Errorf("%d s: n3 is failed: %v, the monitor %v", second, n.Failed, s.Hearing())
		}
	}
}
