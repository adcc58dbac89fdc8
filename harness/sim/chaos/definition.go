package chaos

import (
	"fmt"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// definition is the rule of verdicts written down plainly: after every instant it
// looks at all n^2 cells again. It is what the monitor's incremental consensus
// must equal.
type definition struct {
	fail  time.Duration
	bound func(nodes, deaths int) time.Duration
	now   time.Time
	order []gossip.Address
	nodes map[gossip.Address]*observer

	hearing time.Time // since when the monitor hears at least half
	deaf    bool      // it has been deaf
}

type observer struct {
	heartbeat, registered, reported time.Time
	row                             map[gossip.Address]bool
	copied                          map[gossip.Address]bool // of the row, not said yet
	failed, reportedOn, named       bool
	was                             bool      // eligible at the last instant
	ceased                          time.Time // when it last ceased to be
	accord                          time.Time // since when the voices agree that it has failed
	stranger                        bool      // named in its last vector
	life                            life
}

// life is what a node's registrations and state maps tell of its restarts.
type life struct {
	since                 time.Time
	told, toldOfSelf      bool
	generation, heartbeat int32
	messages              int32
	unconfirmed           bool // it registered again: has it restarted?
	repeated              bool // the same while it was heard, which is no news
}

func newDefinition(fail time.Duration, bound func(nodes, deaths int) time.Duration) *definition {
	return &definition{fail: fail, bound: bound, nodes: map[gossip.Address]*observer{}}
}

func (d *definition) young(t time.Time) bool { return !t.IsZero() && d.now.Sub(t) < d.fail }

func (d *definition) eligible(a gossip.Address) bool {
	n := d.nodes[a]
	return n.named && d.young(n.heartbeat) && (d.young(n.reported) || d.young(n.registered))
}

// silent: neither heartbeat nor registration within T_fail.
func (d *definition) silent(a gossip.Address) bool {
	n := d.nodes[a]
	return !d.young(n.heartbeat) && !d.young(n.registered)
}

// suspected tells whether the eligible observers but those left out agree that a has
// failed.
func (d *definition) suspected(a gossip.Address, without ...gossip.Address) bool {
	return d.agree(a, func(i gossip.Address) bool { return d.eligible(i) && !slices.Contains(without, i) })
}

// agree: of some observers of a, at least half suspect it, at least one does, and the
// rest have no opinion though they registered T_fail ago.
func (d *definition) agree(a gossip.Address, counts func(gossip.Address) bool) bool {
	suspect, all := 0, 0
	for _, i := range d.order {
		if i == a || !counts(i) {
			continue
		}
		all++
		if suspected, said := d.nodes[i].row[a]; suspected {
			suspect++
		} else if said || d.young(d.nodes[i].registered) {
			return false
		}
	}
	return suspect > 0 && 2*suspect >= all
}

// voice: an eligible observer, or one that ceased to be less than half of T_fail
// ago, is not declared failed, and does not look dead.
func (d *definition) voice(a gossip.Address) bool {
	n := d.nodes[a]
	lingers := !n.ceased.IsZero() && d.now.Before(n.ceased.Add(d.fail/2))
	return d.eligible(a) || lingers && !n.failed && (!d.silent(a) || !d.suspected(a))
}

// count counts the eligible, those that were and are neither that nor failed, and
// those of the latter that do not look dead.
func (d *definition) count() (eligible, unheard, lost int) {
	for _, a := range d.order {
		switch n := d.nodes[a]; {
		case d.eligible(a):
			eligible++
		case n.failed || n.ceased.IsZero() || !d.missed(a):
		default:
			unheard++
			if d.vouched(a) {
				lost++
			}
		}
	}
	return eligible, unheard, lost
}

// judged: an eligible observer has an opinion of a, or nobody is eligible and somebody has
// ever had one.
func (d *definition) judged(a gossip.Address) bool {
	some := false
	for _, i := range d.order {
		if i == a || !d.eligible(i) {
			continue
		}
		if _, said := d.nodes[i].row[a]; said {
			return true
		}
		some = true
	}
	return !some && d.nodes[a].reportedOn
}

// missed: at least half of the eligible have an opinion of a, which is none of them.
func (d *definition) missed(a gossip.Address) bool {
	eligible, opinions := 0, 0
	for _, i := range d.order {
		if i == a || !d.eligible(i) {
			continue
		}
		eligible++
		if _, said := d.nodes[i].row[a]; said {
			opinions++
		}
	}
	return 2*opinions >= eligible
}

// vouched: an eligible observer has said that it does not suspect a.
func (d *definition) vouched(a gossip.Address) bool {
	for _, i := range d.order {
		if suspected, said := d.nodes[i].row[a]; i != a && d.eligible(i) && said && !suspected {
			return true
		}
	}
	return false
}

func (d *definition) patience() time.Duration {
	eligible, dead := 0, 0
	for _, a := range d.order {
		if d.eligible(a) {
			eligible++
		} else if d.missed(a) {
			dead++
		}
	}
	return d.bound(eligible+dead, dead)
}

// wait is how long it must have heard.
func (d *definition) wait() time.Duration {
	long := d.deaf
	for _, a := range d.order {
		long = long || d.nodes[a].stranger
	}
	if long {
		return d.patience()
	}
	return d.fail
}

// judge judges all by the same voices until nothing changes any more.
func (d *definition) judge() {
	for _, a := range d.order {
		n, now := d.nodes[a], d.eligible(a)
		if n.was && !now {
			n.ceased = d.now
		}
		n.was = now
	}
	for d.round() {
	}
}

func (d *definition) round() bool {
	eligible, unheard, lost := d.count()
	patience := d.patience()
	d.deaf = d.deaf || eligible < unheard
	if eligible == 0 || eligible < unheard {
		d.hearing = time.Time{}
	} else if d.hearing.IsZero() {
		d.hearing = d.now
	}
	var failed, alive []gossip.Address
	for _, j := range d.order {
		n := d.nodes[j]
		others, accusers, together := 0, 0, true
		for _, i := range d.order {
			if i == j {
				continue
			}
			if d.eligible(i) {
				others++
			}
			if d.voice(i) && d.nodes[i].row[j] {
				accusers++
			}
		}
		switch {
		case n.failed:
			if d.vouched(j) {
				alive = append(alive, j)
			}
			continue
		case others == 0 || !d.agree(j, d.voice):
			n.accord = time.Time{}
			continue
		case n.accord.IsZero():
			n.accord = d.now
		}
		for _, i := range d.order {
			heard := d.nodes[i].reported
			if d.nodes[i].registered.After(heard) {
				heard = d.nodes[i].registered
			}
			if i != j && d.voice(i) && heard.Before(n.accord.Add(-d.fail/2)) && !d.suspected(i, j) {
				together = false
			}
		}
		hears := !d.hearing.IsZero() && !d.now.Before(d.hearing.Add(d.wait()))
		waited := d.silent(j) && !d.now.Before(n.accord.Add(patience))
		if together && lost <= max(1, eligible/2) && (hears || waited) && (accusers > 1 || d.silent(j)) {
			failed = append(failed, j)
		}
	}
	for _, j := range failed {
		n := d.nodes[j]
		n.failed, n.accord = true, time.Time{}
	}
	for _, j := range alive {
		d.nodes[j].failed = false
	}
	return len(failed)+len(alive) > 0
}

// due is the next instant, not after now, at which something may change.
func (d *definition) due(now time.Time) (next time.Time) {
	consider := func(t time.Time, wait time.Duration) {
		if due := t.Add(wait); !t.IsZero() && due.After(d.now) && !due.After(now) && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	patience := d.patience()
	for _, n := range d.nodes {
		for _, t := range []time.Time{n.heartbeat, n.reported, n.registered} {
			consider(t, d.fail)
		}
		consider(n.ceased, d.fail/2)
		consider(n.accord, patience)
	}
	consider(d.hearing, d.wait())
	return next
}

func (d *definition) step(now time.Time, in consensus.Input) {
	for next := d.due(now); !next.IsZero(); next = d.due(now) {
		d.now = next
		d.judge()
	}
	d.now = now
	switch in := in.(type) {
	case consensus.Register:
		d.register(in.Node)
	case consensus.Heartbeat:
		d.known(in.Node).heartbeat = now
	case consensus.States:
		d.hear(in)
	case consensus.Traffic:
		d.known(in.Node)
	case consensus.Forget:
		d.drop(in.Node)
	case consensus.Suspects:
		n := d.known(in.Node)
		n.reported, n.stranger = now, false
		for _, c := range in.Vector {
			n.stranger = n.stranger || d.nodes[c.Address] == nil
			if j := d.nodes[c.Address]; j != nil && c.Address != in.Node {
				n.row[c.Address] = c.Suspected
				delete(n.copied, c.Address)
				j.reportedOn = true
				j.named = j.named || d.young(n.heartbeat)
			}
		}
		for a := range n.row {
			if !n.copied[a] && !slices.ContainsFunc(in.Vector, func(c gossip.Suspicion) bool { return c.Address == a }) {
				delete(n.row, a)
			}
		}
	}
	d.judge()
}

func (d *definition) register(a gossip.Address) {
	n := d.nodes[a]
	if n == nil {
		d.enroll(a)
		return
	}
	if l := &n.life; d.young(n.heartbeat) && !n.heartbeat.Before(l.since) && l.toldOfSelf {
		l.repeated = !l.unconfirmed
		return
	}
	n.life.since, n.life.unconfirmed = d.now, true
	d.enroll(a)
}

// hear finds whether a node has restarted.
func (d *definition) hear(in consensus.States) {
	l := &d.known(in.Node).life
	own, ok := in.Map.Get(in.Node)
	again := ok && l.toldOfSelf
	switch {
	case again && (own.Generation > l.generation || own.Heartbeat < l.heartbeat), l.told && in.Messages < l.messages:
		if !l.unconfirmed {
			l.since = d.now
		}
		if l.repeated {
			d.enroll(in.Node)
		}
		l.unconfirmed, l.toldOfSelf = false, false
	case again:
		l.unconfirmed, l.repeated = false, false
	}
	if ok {
		l.toldOfSelf, l.generation, l.heartbeat = true, own.Generation, own.Heartbeat
	}
	l.told, l.messages = true, in.Messages
}

func (d *definition) drop(a gossip.Address) {
	delete(d.nodes, a)
	d.order = slices.DeleteFunc(d.order, func(b gossip.Address) bool { return a == b })
	for _, n := range d.nodes {
		delete(n.row, a)
	}
}

func (d *definition) known(a gossip.Address) *observer {
	if n := d.nodes[a]; n != nil {
		return n
	}
	return d.enroll(a)
}

func (d *definition) enroll(a gossip.Address) *observer {
	n := d.nodes[a]
	if n == nil {
		n = &observer{life: life{since: d.now}}
		d.nodes[a] = n
		d.order = append(d.order, a)
	}
	n.row, n.copied = map[gossip.Address]bool{}, map[gossip.Address]bool{}
	n.registered, n.stranger, n.life.repeated = d.now, false, false
	for _, j := range d.order {
		if j != a && d.nodes[j].failed {
			n.row[j], n.copied[j] = true, true
		}
	}
	return n
}

// differs says where the monitor's state is not what the definition has.
func (d *definition) differs(s *consensus.State) error {
	if s.Len() != len(d.order) {
		return fmt.Errorf("the monitor knows %d nodes, by definition %d", s.Len(), len(d.order))
	}
	for i, a := range d.order {
		got, want := s.At(i), d.nodes[a]
		if got.Address != a || got.Failed != want.failed || got.Eligible != d.eligible(a) || got.Silent != d.silent(a) {
			return fmt.Errorf("%s: the monitor has %s failed %v, eligible %v, silent %v; by definition failed %v, eligible %v, silent %v",
				a, got.Address, got.Failed, got.Eligible, got.Silent, want.failed, d.eligible(a), d.silent(a))
		}
		for j, b := range d.order {
			if i != j && s.Suspects(i, j) != want.row[b] {
				return fmt.Errorf("%s suspects %s: %v at the monitor, by definition %v", a, b, s.Suspects(i, j), want.row[b])
			}
		}
	}
	return nil
}
