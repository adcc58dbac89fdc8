package testcase_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// plain is the rule of endings written down plainly: it looks at every node after every
// input, and trusts no revision.
type plain struct {
	kind   testcase.Case
	began  time.Time
	ended  map[gossip.Address]bool // victims of earlier cases, not heard of since
	back   map[gossip.Address]bool // revived in earlier cases, not declared failed since
	enough time.Time
}

func (p *plain) over(now time.Time, s *consensus.State) (victims []consensus.Node, over bool) {
	wrong, dead := false, 0
	for _, n := range s.Nodes() {
		age, beaten := now.Sub(n.HeartbeatAt), !n.HeartbeatAt.IsZero()
		if n.Failed || n.Silent {
			dead++
		}
		fresh := beaten && age < s.Fail()
		if n.Failed && fresh || !n.Failed && n.Silent && n.ReportedOn {
			wrong = true
		}
		switch p.kind {
		case testcase.Revival:
			turned := n.ClearedAt
			if !n.Failed && !turned.IsZero() && !turned.Before(p.began.Add(-s.Fail())) && n.Incarnation > n.FailedIncarnation &&
				fresh && !n.HeartbeatAt.Before(n.Since) && !p.back[n.Address] {
				victims = append(victims, n)
			}
		default:
			if n.Failed && n.Silent && !p.ended[n.Address] {
				victims = append(victims, n)
			}
		}
	}
	need := 1
	if p.kind == testcase.Simultaneous {
		need = 2
	}
	if len(victims) < need {
		p.enough = time.Time{}
		return nil, false
	}
	if p.enough.IsZero() {
		p.enough = now
	}
	return victims, !wrong || !now.Before(p.enough.Add(setup().Bound(s.Len(), dead)))
}

// hear forgets the episodes that are over: a victim that has been heard of again,
// and a revived node that is declared failed again, may count again.
func (p *plain) hear(events []consensus.Event) {
	for _, e := range events {
		switch e.Kind {
		case consensus.Beating:
			delete(p.ended, e.Node)
		case consensus.Failed:
			delete(p.back, e.Node)
		}
	}
}

func TestCasesEndWhenPlainDefinitionSays(t *testing.T) {
	all := []gossip.Address{"a:1", "b:1", "c:1", "d:1"}
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		s, memory := consensus.New(10*time.Second), &testcase.Memory{}
		twin := &plain{ended: map[gossip.Address]bool{}, back: map[gossip.Address]bool{}}
		var run *testcase.Run
		now := start
		check := func() {
			if run == nil {
				return
			}
			want, wantOver := twin.over(now, s)
			got, over := run.Check(now, s)
			if over != wantOver {
				t.Fatalf("at %s: over %t, want %t; %s", now.Sub(start), over, wantOver, run.Waiting(s))
			}
			if !over {
				run.Waiting(s)
				return
			}
			if len(got.Victims) != len(want) {
				t.Fatalf("at %s: victims %v, want %v", now.Sub(start), got.Victims, want)
			}
			for i, n := range want {
				if got.Victims[i] != n.Address {
					t.Fatalf("at %s: victims %v, want %v", now.Sub(start), got.Victims, want)
				}
				if twin.kind == testcase.Revival {
					twin.back[n.Address] = true
				} else {
					twin.ended[n.Address] = true
				}
			}
			run = nil
		}
		for range rapid.IntRange(1, 150).Draw(t, "events") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Second}).Draw(t, "wait"))
			for { // as the service does: wake at every deadline
				next, ok := s.NextDeadline()
				if !ok || next.After(now) {
					break
				}
				then := now
				now = next
				twin.hear(s.Step(now, consensus.Tick{}))
				check()
				now = then
			}
			if run == nil && rapid.Bool().Draw(t, "begin") {
				twin.hear(s.Step(now, consensus.Tick{}))
				twin.kind, twin.began, twin.enough = testcase.Case(rapid.IntRange(1, 3).Draw(t, "case")), now, time.Time{}
				run = testcase.Begin(now, twin.kind, s, memory, setup())
			}
			twin.hear(s.Step(now, draw(t, all)))
			check()
		}
	})
}

func draw(t *rapid.T, all []gossip.Address) consensus.Input {
	a := rapid.SampledFrom(all).Draw(t, "node")
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0:
		return consensus.Register{Node: a}
	case 1:
		return consensus.Tick{}
	case 2, 3, 4, 5:
		return consensus.Heartbeat{Node: a}
	}
	var v gossip.FaultVector
	for _, j := range all[1:] { // the first is mostly left in peace
		v = append(v, gossip.Suspicion{Address: j, Suspected: rapid.IntRange(0, 3).Draw(t, "cell") > 0})
	}
	return consensus.Suspects{Node: a, Vector: v}
}
