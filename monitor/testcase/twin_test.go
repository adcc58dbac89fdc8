package testcase_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	_ "gossiprpc/internal/property"
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

	disputed []gossip.Address
	due      time.Time // when it ends though a verdict is disputed; zero: not at all
}

func (p *plain) over(now time.Time, s *consensus.State) (victims []consensus.Node, over bool) {
	dead := 0
	p.disputed, p.due = nil, time.Time{}
	for _, n := range s.Nodes() {
		age, beaten := now.Sub(n.HeartbeatAt), !n.HeartbeatAt.IsZero()
		if n.Failed || n.Silent {
			dead++
		}
		fresh := beaten && age < s.Fail()
		judged := n.ReportedOn
		if n.Observers > 0 {
			judged = n.Opinions > 0
		}
		if n.Failed && fresh || !n.Failed && n.Silent && judged {
			p.disputed = append(p.disputed, n.Address)
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
	if len(p.disputed) > 0 {
		p.due = p.enough.Add(setup().Bound(s.Len(), dead))
	}
	return victims, !now.Before(p.due)
}

// compare holds a result against the victims and disputes of the plain rule.
func (p *plain) compare(t *rapid.T, now time.Time, victims []consensus.Node, got testcase.Result) {
	var addresses []gossip.Address
	var last, first *float64
	after := func(at time.Time) *float64 {
		seconds := at.Sub(p.began).Seconds()
		return &seconds
	}
	for _, n := range victims {
		addresses = append(addresses, n.Address)
		at := after(n.ClearedAt)
		if p.kind != testcase.Revival {
			at = after(n.FailedAt)
			if suspected := after(n.FirstSuspicion); first == nil || *suspected < *first {
				first = suspected
			}
		}
		if last == nil || *at > *last {
			last = at
		}
	}
	var disputed []gossip.Address
	for _, d := range got.Disputed {
		disputed = append(disputed, d.Node)
	}
	want := fmt.Sprint(addresses, p.disputed, *last, first == nil, now.Sub(p.began).Seconds())
	is := fmt.Sprint(got.Victims, disputed, *got.Verdict, got.FirstSuspicion == nil, got.Seconds)
	if is != want || first != nil && *first != *got.FirstSuspicion {
		t.Fatalf("%s after its start: %+v, want victims, disputes, verdict, end %s", now.Sub(p.began), got, want)
	}
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
				if due, ok := run.Next(); ok != !twin.due.IsZero() || ok && !due.Equal(twin.due) {
					t.Fatalf("at %s: to be checked again at %v, %v; want %v", now.Sub(start), due, ok, twin.due)
				}
				return
			}
			twin.compare(t, now, want, got)
			if got.Unanimous != nil && *got.Unanimous < *got.Verdict {
				t.Fatalf("at %s: unanimous at %g s, before the verdict at %g s", now.Sub(start), *got.Unanimous, *got.Verdict)
			}
			for _, n := range want {
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
				if run != nil && !twin.due.IsZero() && (!ok || twin.due.Before(next)) {
					next, ok = twin.due, true
				}
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
				twin.kind, twin.began = testcase.Case(rapid.IntRange(1, 3).Draw(t, "case")), now
				twin.enough, twin.due = time.Time{}, time.Time{}
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
