package consensus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
)

// twin is decision 7 written down plainly: after every instant it looks at all
// n^2 cells again.
type twin struct {
	fail  time.Duration
	now   time.Time
	order []gossip.Address
	nodes map[gossip.Address]*twinNode
	gone  map[gossip.Address]uint32

	falseFailures, falseSuspicions int64
}

type twinNode struct {
	heartbeat, registered, reported time.Time
	row                             map[gossip.Address]twinCell
	failed                          bool
	incarnation, failedIn           uint32
	unconfirmed                     bool
	generation                      int32
}

type twinCell struct {
	suspected bool
	in        uint32 // the incarnation it was suspected in, 0 for a copy
}

func (w *twin) young(t time.Time) bool { return !t.IsZero() && w.now.Before(t.Add(w.fail)) }

func (w *twin) eligible(a gossip.Address) bool {
	n := w.nodes[a]
	return w.young(n.heartbeat) && (w.young(n.reported) || w.young(n.registered))
}

func (w *twin) judge() {
	for _, j := range w.order {
		failed, others := true, 0
		for _, i := range w.order {
			if i != j && w.eligible(i) {
				others++
				failed = failed && w.nodes[i].row[j].suspected
			}
		}
		n := w.nodes[j]
		if others == 0 || failed == n.failed {
			continue
		}
		n.failed = failed
		if failed {
			n.failedIn = n.incarnation
		} else if n.failedIn == n.incarnation {
			w.falseFailures++
		}
	}
}

func (w *twin) step(now time.Time, in Input) {
	for {
		var next time.Time
		for _, n := range w.nodes {
			for _, t := range []time.Time{n.heartbeat, n.reported, n.registered} {
				if due := t.Add(w.fail); !t.IsZero() && due.After(w.now) && !due.After(now) && (next.IsZero() || due.Before(next)) {
					next = due
				}
			}
		}
		if next.IsZero() {
			break
		}
		w.now = next
		w.judge()
	}
	w.now = now
	switch in := in.(type) {
	case Register:
		n := w.nodes[in.Node]
		if n == nil {
			w.take(in.Node)
			break
		}
		n.incarnation++
		n.unconfirmed = true
		w.enroll(in.Node)
	case Heartbeat:
		w.take(in.Node).heartbeat = now
	case States:
		n := w.take(in.Node)
		own, _ := in.Map.Get(in.Node)
		rose := n.generation != 0 && own.Generation > n.generation
		if rose && !n.unconfirmed {
			n.incarnation++
		}
		if n.generation != 0 {
			n.unconfirmed = false
		}
		n.generation = own.Generation
	case Suspects:
		n := w.take(in.Node)
		n.reported = now
		for _, c := range in.Vector {
			j := w.nodes[c.Address]
			was := n.row[c.Address]
			if j == nil || c.Address == in.Node || c.Suspected == was.suspected {
				continue
			}
			if c.Suspected {
				n.row[c.Address] = twinCell{true, j.incarnation}
				continue
			}
			n.row[c.Address] = twinCell{}
			if was.in == j.incarnation {
				w.falseSuspicions++
			}
		}
	case Forget:
		n := w.nodes[in.Node]
		if n == nil {
			break
		}
		w.gone[in.Node] = n.incarnation
		delete(w.nodes, in.Node)
		w.order = slices.DeleteFunc(w.order, func(a gossip.Address) bool { return a == in.Node })
		for _, other := range w.nodes {
			delete(other.row, in.Node)
		}
	}
	w.judge()
}

func (w *twin) take(a gossip.Address) *twinNode {
	if w.nodes[a] == nil {
		w.nodes[a] = &twinNode{incarnation: w.gone[a] + 1}
		w.order = append(w.order, a)
		w.enroll(a)
	}
	return w.nodes[a]
}

func (w *twin) enroll(a gossip.Address) {
	n := w.nodes[a]
	n.registered = w.now
	n.row = map[gossip.Address]twinCell{}
	for _, j := range w.order {
		if j != a && w.nodes[j].failed {
			n.row[j] = twinCell{suspected: true}
		}
	}
}

// views compares every two live nodes' rows and state maps.
func (w *twin) unanimous(s *State) bool {
	var views []string
	for _, i := range w.order {
		if n := w.nodes[i]; w.young(n.heartbeat) && !n.failed {
			row := make([]bool, len(w.order))
			for k, j := range w.order {
				row[k] = n.row[j].suspected
			}
			views = append(views, fmt.Sprint(s.States(i), row))
		}
	}
	slices.Sort(views)
	return len(slices.Compact(views)) == 1
}

func TestStateAgreesWithPlainDefinition(t *testing.T) {
	const fail = 10 * time.Second
	all := []gossip.Address{"a:1", "b:1", "c:1", "d:1", "e:1"}
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		s := New(fail)
		w := &twin{fail: fail, now: start, nodes: map[gossip.Address]*twinNode{}, gone: map[gossip.Address]uint32{}}
		now := start
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, time.Second, 4 * time.Second, fail, 3 * fail}).Draw(t, "wait"))
			in := drawInput(t, all)
			s.Step(now, in)
			w.step(now, in)
			compare(t, s, w, fmt.Sprintf("after %T%v at %s", in, in, now.Sub(start)))
		}
	})
}

func drawInput(t *rapid.T, all []gossip.Address) Input {
	a := rapid.SampledFrom(all).Draw(t, "node")
	switch rapid.IntRange(0, 15).Draw(t, "kind") {
	case 0:
		return Register{a}
	case 1:
		return Forget{a}
	case 2:
		return Tick{}
	case 3:
		return States{Node: a, Map: gossip.StateMap{{Address: a, Generation: rapid.Int32Range(1, 3).Draw(t, "generation"), Heartbeat: 1}}}
	case 4, 5, 6, 7:
		return Heartbeat{a}
	}
	var v gossip.FaultVector
	for _, j := range all {
		if word := rapid.IntRange(0, 3).Draw(t, "cell"); word > 0 {
			v = append(v, gossip.Suspicion{Address: j, Suspected: word > 1})
		}
	}
	return Suspects{Node: a, Vector: v}
}

func compare(t *rapid.T, s *State, w *twin, at string) {
	if s.Len() != len(w.order) {
		t.Fatalf("%s: %d nodes, want %d", at, s.Len(), len(w.order))
	}
	for i, a := range w.order {
		got, want := s.At(i), w.nodes[a]
		suspecting, observers := 0, 0
		for j, o := range w.order {
			if s.Suspects(i, j) != want.row[o].suspected {
				t.Fatalf("%s: %s suspects %s: %t", at, a, o, s.Suspects(i, j))
			}
			if o != a && w.eligible(o) {
				observers++
				if w.nodes[o].row[a].suspected {
					suspecting++
				}
			}
		}
		heard := want.heartbeat
		if want.registered.After(heard) {
			heard = want.registered
		}
		reason, _ := s.Reason(a)
		switch {
		case got.Address != a, got.Index != i, got.Incarnation != want.incarnation:
			t.Fatalf("%s: %+v, want %s at %d in incarnation %d", at, got, a, i, want.incarnation)
		case got.Failed != want.failed:
			t.Fatalf("%s: %s failed %t, want %t", at, a, got.Failed, want.failed)
		case got.Eligible != w.eligible(a), got.Fresh != w.young(want.heartbeat), got.Silent == w.young(heard):
			t.Fatalf("%s: %+v, want eligible %t, fresh %t, silent %t", at, got, w.eligible(a), w.young(want.heartbeat), !w.young(heard))
		case got.Suspecting != suspecting, got.Observers != observers:
			t.Fatalf("%s: %s: %d of %d suspect it, want %d of %d", at, a, got.Suspecting, got.Observers, suspecting, observers)
		case len(reason.Suspecting) != suspecting, len(reason.Suspecting)+len(reason.Missing) != observers, observers+len(reason.Mute) != len(w.order)-1:
			t.Fatalf("%s: reason %+v, want %d of %d", at, reason, suspecting, observers)
		}
	}
	if got := s.Totals(); got.FalseFailures != w.falseFailures || got.FalseSuspicions != w.falseSuspicions {
		t.Fatalf("%s: %+v, want %d false failures and %d false suspicions", at, got, w.falseFailures, w.falseSuspicions)
	}
	if _, got := s.Unanimous(); got != w.unanimous(s) {
		t.Fatalf("%s: unanimous %t", at, got)
	}
	if next, ok := s.NextDeadline(); ok && !next.After(w.now) {
		t.Fatalf("%s: next deadline %s is not to come", at, next)
	}
}
