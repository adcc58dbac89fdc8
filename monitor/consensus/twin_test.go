package consensus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	_ "gossiprpc/internal/property"
)

// twin is the rule of verdicts written down plainly: after every instant it
// looks at all n^2 cells again.
type twin struct {
	fail  time.Duration
	bound func(nodes, deaths int) time.Duration
	now   time.Time
	order []gossip.Address
	nodes map[gossip.Address]*twinNode
	gone  map[gossip.Address]uint32

	hearing time.Time // since when it hears at least half
	deaf    bool
	ever    bool // it has been deaf

	falseFailures, falseSuspicions int64
}

type twinNode struct {
	heartbeat, registered, reported time.Time
	failedAt, firstly, cleared      time.Time
	reportedOn, named               bool
	row                             map[gossip.Address]twinCell
	failed                          bool
	was                             bool      // eligible at the last instant
	ceased                          time.Time // when it last ceased to be
	accord                          time.Time // since when the voices agree that it has failed
	incarnation, failedIn           uint32
	unconfirmed, repeated           bool
	stranger                        bool      // named in its last vector
	since                           time.Time // when the incarnation began
	generation                      int32
}

type twinCell struct {
	suspected bool
	said      bool      // by the observer itself
	in        uint32    // the incarnation it was suspected in, 0 for a copy
	at        time.Time // since when it is suspected, zero if a heartbeat came since
}

// firstly is when the first suspicion of a began that stands.
func (w *twin) firstly(a gossip.Address) time.Time {
	var first time.Time
	for _, i := range w.order {
		if at := w.nodes[i].row[a].at; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

func newTwin(fail time.Duration, bound func(nodes, deaths int) time.Duration, start time.Time) *twin {
	return &twin{
		fail: fail, bound: bound, now: start,
		nodes: map[gossip.Address]*twinNode{}, gone: map[gossip.Address]uint32{},
	}
}

func (w *twin) young(t time.Time) bool { return !t.IsZero() && w.now.Before(t.Add(w.fail)) }

func (w *twin) eligible(a gossip.Address) bool {
	n := w.nodes[a]
	return n.named && w.young(n.heartbeat) && (w.young(n.reported) || w.young(n.registered))
}

func (w *twin) silent(a gossip.Address) bool {
	return !w.young(w.nodes[a].heartbeat) && !w.young(w.nodes[a].registered)
}

// suspected tells whether the eligible observers but those left out agree that a has
// failed.
func (w *twin) suspected(a gossip.Address, without ...gossip.Address) bool {
	return w.agree(a, func(i gossip.Address) bool { return w.eligible(i) && !slices.Contains(without, i) })
}

// agree: of some observers of a, at least half suspect it, at least one does, and the
// rest have no opinion though they registered T_fail ago.
func (w *twin) agree(a gossip.Address, counts func(gossip.Address) bool) bool {
	suspect, all := 0, 0
	for _, i := range w.order {
		if i == a || !counts(i) {
			continue
		}
		all++
		switch c := w.nodes[i].row[a]; {
		case c.suspected:
			suspect++
		case c.said || w.young(w.nodes[i].registered):
			return false
		}
	}
	return suspect > 0 && 2*suspect >= all
}

// voice: an eligible observer, or one that ceased to be less than half of T_fail
// ago, is not declared failed, and does not look dead.
func (w *twin) voice(a gossip.Address) bool {
	n := w.nodes[a]
	lingers := !n.ceased.IsZero() && w.now.Before(n.ceased.Add(w.fail/2))
	return w.eligible(a) || lingers && !n.failed && (!w.silent(a) || !w.suspected(a))
}

// count counts the eligible, those that were and are neither that nor failed, and
// those of the latter that do not look dead.
func (w *twin) count() (eligible, unheard, lost int) {
	for _, a := range w.order {
		switch n := w.nodes[a]; {
		case w.eligible(a):
			eligible++
		case n.failed || n.ceased.IsZero() || !w.missed(a):
		default:
			unheard++
			if w.vouched(a) {
				lost++
			}
		}
	}
	return eligible, unheard, lost
}

// missed: at least half of the eligible have an opinion of a, which is none of them.
func (w *twin) missed(a gossip.Address) bool {
	eligible, opinions := 0, 0
	for _, i := range w.order {
		if i == a || !w.eligible(i) {
			continue
		}
		eligible++
		if c := w.nodes[i].row[a]; c.said || c.suspected {
			opinions++
		}
	}
	return 2*opinions >= eligible
}

// vouched: an eligible observer has said that it does not suspect a.
func (w *twin) vouched(a gossip.Address) bool {
	for _, i := range w.order {
		if c := w.nodes[i].row[a]; i != a && w.eligible(i) && c.said && !c.suspected {
			return true
		}
	}
	return false
}

func (w *twin) patience() time.Duration {
	eligible, dead := 0, 0
	for _, a := range w.order {
		if w.eligible(a) {
			eligible++
		} else if w.missed(a) {
			dead++
		}
	}
	return w.bound(eligible+dead, dead)
}

// wait is how long it must have heard.
func (w *twin) wait() time.Duration {
	long := w.ever
	for _, a := range w.order {
		long = long || w.nodes[a].stranger
	}
	if long {
		return w.patience()
	}
	return w.fail
}

// judge judges all by the same voices until nothing changes any more.
func (w *twin) judge() {
	for _, a := range w.order {
		n, now := w.nodes[a], w.eligible(a)
		if n.was && !now {
			n.ceased = w.now
		}
		n.was = now
	}
	for w.round() {
	}
}

func (w *twin) round() bool {
	eligible, unheard, lost := w.count()
	patience := w.patience()
	w.deaf = eligible < unheard
	w.ever = w.ever || w.deaf
	if eligible == 0 || w.deaf {
		w.hearing = time.Time{}
	} else if w.hearing.IsZero() {
		w.hearing = w.now
	}
	var failed, alive []gossip.Address
	for _, j := range w.order {
		n := w.nodes[j]
		others, accusers, together := 0, 0, true
		for _, i := range w.order {
			if i == j {
				continue
			}
			if w.eligible(i) {
				others++
			}
			if w.voice(i) && w.nodes[i].row[j].suspected {
				accusers++
			}
		}
		switch {
		case n.failed:
			if w.vouched(j) {
				alive = append(alive, j)
			}
			continue
		case others == 0 || !w.agree(j, w.voice):
			n.accord = time.Time{}
			continue
		case n.accord.IsZero():
			n.accord = w.now
		}
		for _, i := range w.order {
			heard := w.nodes[i].reported
			if w.nodes[i].registered.After(heard) {
				heard = w.nodes[i].registered
			}
			if i != j && w.voice(i) && heard.Before(n.accord.Add(-w.fail/2)) && !w.suspected(i, j) {
				together = false
			}
		}
		hears := !w.hearing.IsZero() && !w.now.Before(w.hearing.Add(w.wait()))
		waited := w.silent(j) && !w.now.Before(n.accord.Add(patience))
		if together && lost <= max(1, eligible/2) && (hears || waited) && (accusers > 1 || w.silent(j)) {
			failed = append(failed, j)
		}
	}
	for _, j := range failed {
		n := w.nodes[j]
		n.failed, n.failedIn, n.accord = true, n.incarnation, time.Time{}
		n.failedAt, n.firstly = w.now, w.firstly(j)
		if n.firstly.IsZero() {
			n.firstly = w.now
		}
	}
	for _, j := range alive {
		n := w.nodes[j]
		n.failed, n.cleared = false, w.now
		if n.failedIn == n.incarnation {
			w.falseFailures++
		}
	}
	return len(failed)+len(alive) > 0
}

// due is the next instant, not after now, at which something may change.
func (w *twin) due(now time.Time) (next time.Time) {
	consider := func(t time.Time, d time.Duration) {
		if due := t.Add(d); !t.IsZero() && due.After(w.now) && !due.After(now) &&
			(next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	patience := w.patience()
	for _, n := range w.nodes {
		for _, t := range []time.Time{n.heartbeat, n.reported, n.registered} {
			consider(t, w.fail)
		}
		consider(n.ceased, w.fail/2)
		consider(n.accord, patience)
	}
	consider(w.hearing, w.wait())
	return next
}

func (w *twin) step(now time.Time, in Input) {
	for next := w.due(now); !next.IsZero(); next = w.due(now) {
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
		if w.young(n.heartbeat) && !n.heartbeat.Before(n.since) && n.generation != 0 {
			n.repeated = !n.unconfirmed // no news, until it is known to have restarted
			break
		}
		n.incarnation++
		n.since, n.unconfirmed = now, true
		w.enroll(in.Node)
	case Heartbeat:
		n := w.take(in.Node)
		n.heartbeat = now
		for _, i := range w.order {
			if c, ok := w.nodes[i].row[in.Node]; ok {
				c.at = time.Time{}
				w.nodes[i].row[in.Node] = c
			}
		}
	case States:
		n := w.take(in.Node)
		own, _ := in.Map.Get(in.Node)
		rose := n.generation != 0 && own.Generation > n.generation
		if rose && !n.unconfirmed {
			n.incarnation++
			n.since = now
		}
		if rose && n.repeated {
			w.enroll(in.Node)
		}
		if n.generation != 0 {
			n.unconfirmed, n.repeated = false, false
		}
		n.generation = own.Generation
	case Suspects:
		n := w.take(in.Node)
		n.stranger = false
		for _, c := range in.Vector {
			j := w.nodes[c.Address]
			n.stranger = n.stranger || j == nil
			was := n.row[c.Address]
			if j == nil || c.Address == in.Node {
				continue
			}
			was.said, j.reportedOn = true, true
			j.named = j.named || w.young(n.heartbeat)
			n.row[c.Address] = was
			if c.Suspected == was.suspected {
				continue
			}
			if c.Suspected {
				n.row[c.Address] = twinCell{true, true, j.incarnation, now}
				continue
			}
			n.row[c.Address] = twinCell{said: true}
			if was.in == j.incarnation {
				w.falseSuspicions++
			}
		}
		for a, c := range n.row {
			if c.said && !slices.ContainsFunc(in.Vector, func(s gossip.Suspicion) bool { return s.Address == a }) {
				delete(n.row, a)
			}
		}
		n.reported = now
	case Forget:
		n := w.nodes[in.Node]
		if n == nil {
			break
		}
		if !n.heartbeat.IsZero() || !n.failedAt.IsZero() {
			w.gone[in.Node] = n.incarnation
		}
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
		w.nodes[a] = &twinNode{incarnation: w.gone[a] + 1, since: w.now}
		w.order = append(w.order, a)
		w.enroll(a)
	}
	return w.nodes[a]
}

func (w *twin) enroll(a gossip.Address) {
	n := w.nodes[a]
	n.registered, n.repeated, n.stranger = w.now, false, false
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
			states := slices.Clone(s.States(i))
			for k := range states {
				states[k].Heartbeat = 0 // no part of a view
			}
			views = append(views, fmt.Sprint(states, row))
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
		bound := func(nodes, deaths int) time.Duration { return time.Duration(10+nodes+3*deaths) * time.Second }
		s.SetBound(bound)
		w := newTwin(fail, bound, start)
		now := start
		for range rapid.IntRange(1, 120).Draw(t, "events") {
			now = now.Add(
				rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, time.Second, 4 * time.Second, fail, 3 * fail}).
					Draw(t, "wait"),
			)
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
		return States{
			Node: a,
			Map: gossip.StateMap{
				{Address: a, Generation: rapid.Int32Range(1, 3).Draw(t, "generation"), Heartbeat: 1},
			},
		}
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
		suspecting, observers, opinions, young := 0, 0, 0, 0
		for j, o := range w.order {
			if s.Suspects(i, j) != want.row[o].suspected {
				t.Fatalf("%s: %s suspects %s: %t", at, a, o, s.Suspects(i, j))
			}
			if s.Row(i).Has(j) != s.Suspects(i, j) || len(s.Row(i)) != (s.Len()+7)/8 {
				t.Fatalf("%s: the row of %s is %b", at, a, s.Row(i))
			}
			if o != a && w.eligible(o) {
				observers++
				c := w.nodes[o].row[a]
				if c.suspected {
					suspecting++
				}
				if c.suspected || c.said {
					opinions++
				} else if w.young(w.nodes[o].registered) {
					young++
				}
			}
		}
		heard := want.heartbeat
		if want.registered.After(heard) {
			heard = want.registered
		}
		reason, _ := s.Reason(a)
		needed := observers // of the eligible: who suspects it, or does not and is missing
		if 2*opinions >= observers {
			needed = opinions + young
		}
		switch {
		case got.Address != a, got.Index != i, got.Incarnation != want.incarnation:
			t.Fatalf("%s: %+v, want %s at %d in incarnation %d", at, got, a, i, want.incarnation)
		case got.Failed != want.failed, got.ReportedOn != want.reportedOn:
			t.Fatalf("%s: %+v, want failed %t, reported on %t", at, got, want.failed, want.reportedOn)
		case got.Eligible != w.eligible(a), got.Fresh != w.young(want.heartbeat), got.Silent == w.young(heard):
			t.Fatalf(
				"%s: %+v, want eligible %t, fresh %t, silent %t",
				at,
				got,
				w.eligible(a),
				w.young(want.heartbeat),
				!w.young(heard),
			)
		case !got.SuspectedAt.Equal(w.firstly(a)), !got.FailedAt.Equal(want.failedAt),
			!got.FirstSuspicion.Equal(want.firstly), !got.ClearedAt.Equal(want.cleared):
			t.Fatalf("%s: %+v, want suspected at %v, failed at %v, firstly suspected at %v, cleared at %v",
				at, got, w.firstly(a), want.failedAt, want.firstly, want.cleared)
		case got.Suspecting != suspecting, got.Observers != observers, got.Opinions != opinions:
			t.Fatalf("%s: %s: %d of %d suspect it, %d have an opinion, want %d of %d, and %d", at, a,
				got.Suspecting, got.Observers, got.Opinions, suspecting, observers, opinions)
		case len(reason.Suspecting) != suspecting,
			len(reason.Suspecting)+len(reason.Missing) != needed,
			needed+len(reason.Mute) != len(w.order)-1:
			t.Fatalf("%s: reason %+v, want %d of %d", at, reason, suspecting, observers)
		}
	}
	if got := s.Totals(); got.FalseFailures != w.falseFailures || got.FalseSuspicions != w.falseSuspicions {
		t.Fatalf(
			"%s: %+v, want %d false failures and %d false suspicions",
			at,
			got,
			w.falseFailures,
			w.falseSuspicions,
		)
	}
	eligible, unheard, _ := w.count()
	if got := s.Hearing(); got.Hears != eligible || got.Of != eligible+unheard || got.Deaf != w.deaf {
		t.Fatalf("%s: %+v, want %d of %d, deaf %t", at, got, eligible, eligible+unheard, w.deaf)
	}
	if _, got := s.Unanimous(); got != w.unanimous(s) {
		t.Fatalf("%s: unanimous %t", at, got)
	}
	if next, ok := s.NextDeadline(); ok && !next.After(w.now) {
		t.Fatalf("%s: next deadline %s is not to come", at, next)
	}
}
