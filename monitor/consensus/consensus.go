// Package consensus decides which nodes have failed from what observers report
// of each other.
//
// In go the monitor's inputs (registrations, heartbeats, state maps, fault
// vectors, traffic, the passing of time); out come events (who joined, who
// suspects whom, verdicts with the observers that made them) and answers to
// questions about the present. It is pure: no clock, no network, no goroutine,
// and one State belongs to one goroutine.
//
// An observer is eligible while its last heartbeat is under T_fail old, it has
// reported a vector, or registered, within T_fail, and some other node that beats has
// ever named it in a vector: whom nobody knows has no vote. A node is failed when at
// least one other observer is eligible and all others suspect it: the eligible ones,
// and those that have ceased to be less than half of T_fail ago, unless all
// suspect them too. It is alive again when an eligible one does not. With no
// eligible other observer the last verdict stands. Heartbeats never make a
// verdict: they only decide whose opinion counts.
//
// A monitor that hears little must not conclude much. So the suspicions must be
// of one time (see simultaneous), the monitor must hear two thirds of the nodes
// that seem to live, and while it is deaf, that is hears fewer than half of those
// that are not declared failed, and for the detection bound after that, it only
// declares nodes failed that all have suspected for the bound (see proven).
//
// The suspect matrix is kept with one count per column, so that a report costs
// its own length; only when an observer becomes eligible, or ceases to be, are
// all columns looked at.
package consensus

import (
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// Input is one thing that the monitor has been told: Register, Heartbeat,
// States, Suspects, Traffic, Forget or Tick.
type Input interface{ input() }

type (
	// Register is a node that joins, or joins again.
	Register struct{ Node gossip.Address }
	// Heartbeat is a node's sign of life to the monitor.
	Heartbeat struct{ Node gossip.Address }
	// States is a node's state map and how many messages it has sent and
	// received since its start.
	States struct {
		Node     gossip.Address
		Map      gossip.StateMap
		Messages int32
	}
	// Suspects is an observer's fault vector. Nodes that it leaves out keep
	// the opinion that the observer had of them; unknown ones are skipped.
	Suspects struct {
		Node   gossip.Address
		Vector gossip.FaultVector
	}
	// Traffic is how many bytes of gossip a node has sent since its start.
	Traffic struct {
		Node  gossip.Address
		Bytes int64
	}
	// Forget drops a node that will not return. If it speaks again it is taken
	// in again, in a new incarnation if it ever lived.
	Forget struct{ Node gossip.Address }
	// Tick lets time pass: see NextDeadline.
	Tick struct{}
)

func (Register) input()  {}
func (Heartbeat) input() {}
func (States) input()    {}
func (Suspects) input()  {}
func (Traffic) input()   {}
func (Forget) input()    {}
func (Tick) input()      {}

// State is the suspect matrix and all that is concluded from it. It is not
// safe for use by several goroutines.
type State struct {
	fail  time.Duration
	bound func(nodes, deaths int) time.Duration
	now   time.Time
	nodes []*node // in join order
	order []place // in the order of addresses, which vectors have
	index map[gossip.Address]*node

	eligible  int     // how many nodes are eligible observers
	voices    int     // how many nodes' words count: see voice
	quiet     []*node // nodes that were eligible and are not now
	hearing   hearing
	changed   bool    // whose words count has changed at this instant
	touched   []*node // those of whom an opinion has
	pending   []*node // those about whom the voices agree, without a verdict yet
	deadlines deadlines
	views     viewCount
	totals    Totals
	revision  uint64

	// forgotten keeps the last incarnation of nodes that were dropped, so that
	// a returning one is not mistaken for the one that was forgotten.
	forgotten map[gossip.Address]uint32
	events    []Event
}

// Totals are running sums since the State was made. They never fall.
type Totals struct {
	Messages        int64 // growth of the nodes' counters, summed per incarnation
	Bytes           int64 // the same of reported traffic
	FalseFailures   int64 // verdicts of failure about nodes later heard of in the same incarnation
	FalseSuspicions int64 // single observers' suspicions of which the same is true
}

// New makes an empty State. fail is T_fail, more than zero. Until SetBound tells
// it better, the detection bound is four times as long.
func New(fail time.Duration) *State {
	return &State{
		fail:      fail,
		bound:     func(int, int) time.Duration { return 4 * fail },
		index:     map[gossip.Address]*node{},
		views:     viewCount{count: map[uint64]int{}},
		forgotten: map[gossip.Address]uint32{},
	}
}

// SetBound tells how long after a death a verdict may still be wrong, in a
// cluster of so many nodes of which so many are dead. A monitor that hears
// little waits for as long.
func (s *State) SetBound(bound func(nodes, deaths int) time.Duration) { s.bound = bound }

// Step lets time pass until now, applies in, and returns what changed, in
// order. A now before an earlier one counts as that one. What falls due on the
// way happens at its own instant, so late ticks change nothing.
func (s *State) Step(now time.Time, in Input) []Event {
	if now.Before(s.now) {
		now = s.now
	}
	s.advance(now)
	s.now = now
	s.apply(in)
	s.conclude()
	s.agree()
	events := s.events
	s.events = nil
	if len(events) > 0 {
		s.revision++
	}
	return events
}

func (s *State) apply(in Input) {
	switch in := in.(type) {
	case Register:
		s.register(in.Node)
	case Heartbeat:
		s.beat(s.known(in.Node))
	case States:
		s.receive(s.known(in.Node), in)
	case Suspects:
		s.report(s.known(in.Node), in.Vector)
	case Traffic:
		s.traffic(s.known(in.Node), in.Bytes)
	case Forget:
		s.forget(in.Node)
	case Tick:
	}
}

// register takes a new node in, or begins a new incarnation of a known one.
// Either way its row starts as a copy of the verdicts, so that its having no
// opinion yet holds no verdict up. A node that is heard, and has told of itself, must
// have restarted for that: its next state map shows it. Until then the call is no news,
// which anybody could repeat to take the node's opinions away.
func (s *State) register(a gossip.Address) {
	n, ok := s.index[a]
	if !ok {
		// Its counters go on from its first report: at a monitor that was restarted
		// nodes register that have been counting for long.
		s.join(a, Joined)
		return
	}
	if n.fresh && !n.heartbeatAt.Before(n.since) && n.own.known {
		n.repeated = !n.unconfirmed
		return
	}
	s.incarnate(n, "registered again")
	n.unconfirmed = true
	s.enroll(n)
}

// known finds the node that speaks; an unknown one is taken in.
func (s *State) known(a gossip.Address) *node {
	if n, ok := s.index[a]; ok {
		return n
	}
	return s.join(a, TakenIn)
}

func (s *State) join(a gossip.Address, kind Kind) *node {
	n := &node{address: a, index: len(s.nodes), incarnation: s.forgotten[a] + 1, since: s.now, hash: hashText(string(a)), slot: -1}
	s.order = slices.Insert(s.order, s.placeOf(a), place{a, n})
	for _, other := range s.nodes {
		other.row, other.bits = append(other.row, unsaid), nil
	}
	s.nodes = append(s.nodes, n)
	s.index[a] = n
	s.emit(Event{Kind: kind, Node: a, Incarnation: n.incarnation})
	s.enroll(n)
	return n
}

// enroll gives n a row copied from the verdicts and counts it as registered.
func (s *State) enroll(n *node) {
	s.weigh(n, -1)
	s.silence(n)
	n.row, n.bits = make([]cell, len(s.nodes)), nil
	n.rowHash = 0
	for j, other := range s.nodes {
		if other.failed && other != n {
			n.row[j] = copied
			n.rowHash += other.hash
		}
	}
	s.weigh(n, +1)
	s.changed = true
	s.views.update(n)
	n.registeredAt, n.reportedAt, n.repeated, n.stranger = s.now, s.now, false, false
	s.settle(n)
}

func (s *State) beat(n *node) {
	if n.heartbeatAt.Before(n.since) {
		s.revision++ // the first of this incarnation
	}
	// Their room goes too: kept for all nodes it would grow with the square of them.
	n.heartbeatAt, n.standing = s.now, nil
	s.settle(n)
}

func (s *State) forget(a gossip.Address) {
	n, ok := s.index[a]
	if !ok {
		return
	}
	if n.eligible {
		s.setEligible(n, false)
	}
	s.setVoice(n, false)
	s.silence(n)
	s.quiet = slices.DeleteFunc(s.quiet, func(o *node) bool { return o == n })
	s.pending = slices.DeleteFunc(s.pending, func(o *node) bool { return o == n })
	s.views.remove(n)
	s.deadlines.drop(n)
	delete(s.index, a)
	if !n.heartbeatAt.IsZero() || !n.failedAt.IsZero() { // names that never lived would pile up
		s.forgotten[a] = n.incarnation
	}
	at := s.placeOf(a)
	s.order = slices.Delete(s.order, at, at+1)
	s.nodes = append(s.nodes[:n.index:n.index], s.nodes[n.index+1:]...)
	for i, other := range s.nodes {
		if other.row[n.index].suspects() {
			other.rowHash -= n.hash
		}
		other.row, other.bits = slices.Delete(other.row, n.index, n.index+1), nil
		other.index = i
		s.views.update(other)
	}
	s.emit(Event{Kind: Forgotten, Node: a, Incarnation: n.incarnation})
	s.changed = true
}

func (s *State) emit(e Event) {
	e.At = s.now
	s.events = append(s.events, e)
}
