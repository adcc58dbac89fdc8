package chaos

import (
	"fmt"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// definition is decision 7 written down plainly: after every instant it looks at
// all n^2 cells again. It is what the monitor's incremental consensus must equal.
type definition struct {
	fail  time.Duration
	now   time.Time
	order []gossip.Address
	nodes map[gossip.Address]*observer
}

type observer struct {
	heartbeat, registered, reported time.Time
	row                             map[gossip.Address]bool
	failed, reportedOn              bool
}

func newDefinition(fail time.Duration) *definition {
	return &definition{fail: fail, nodes: map[gossip.Address]*observer{}}
}

func (d *definition) young(t time.Time) bool { return !t.IsZero() && d.now.Sub(t) < d.fail }

func (d *definition) eligible(a gossip.Address) bool {
	n := d.nodes[a]
	return d.young(n.heartbeat) && (d.young(n.reported) || d.young(n.registered))
}

// silent: neither heartbeat nor registration within T_fail.
func (d *definition) silent(a gossip.Address) bool {
	n := d.nodes[a]
	return !d.young(n.heartbeat) && !d.young(n.registered)
}

func (d *definition) judge() {
	// All are judged by the same eligible observers.
	for _, j := range d.order {
		failed, others := true, 0
		for _, i := range d.order {
			if i != j && d.eligible(i) {
				others++
				failed = failed && d.nodes[i].row[j]
			}
		}
		if others > 0 {
			d.nodes[j].failed = failed
		}
	}
}

func (d *definition) step(now time.Time, in consensus.Input) {
	for {
		next := time.Time{}
		for _, n := range d.nodes {
			for _, t := range []time.Time{n.heartbeat, n.reported, n.registered} {
				if due := t.Add(d.fail); !t.IsZero() && due.After(d.now) && !due.After(now) && (next.IsZero() || due.Before(next)) {
					next = due
				}
			}
		}
		if next.IsZero() {
			break
		}
		d.now = next
		d.judge()
	}
	d.now = now
	switch in := in.(type) {
	case consensus.Register:
		d.enroll(in.Node)
	case consensus.Heartbeat:
		d.known(in.Node).heartbeat = now
	case consensus.States:
		d.known(in.Node)
	case consensus.Traffic:
		d.known(in.Node)
	case consensus.Forget:
		d.drop(in.Node)
	case consensus.Suspects:
		n := d.known(in.Node)
		n.reported = now
		for _, c := range in.Vector {
			if j := d.nodes[c.Address]; j != nil && c.Address != in.Node {
				n.row[c.Address] = c.Suspected
				j.reportedOn = true
			}
		}
	}
	d.judge()
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
		n = &observer{}
		d.nodes[a] = n
		d.order = append(d.order, a)
	}
	n.row, n.registered = map[gossip.Address]bool{}, d.now
	for _, j := range d.order {
		if j != a && d.nodes[j].failed {
			n.row[j] = true
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
