package consensus

import (
	"time"

	"gossiprpc/internal/gossip"
)

// node is all that is known of one address, as observer and as observed.
type node struct {
	address     gossip.Address
	index       int
	incarnation uint32
	since       time.Time // when the incarnation began

	registeredAt, heartbeatAt, reportedAt time.Time
	fresh, silent, eligible               bool
	young                                 bool      // it registered less than T_fail ago
	silentSince                           time.Time // when it last fell silent
	deadline                              time.Time
	slot                                  int // in the heap of deadlines, -1 when not there

	row        []cell      // what it holds of each node
	bits       gossip.Bits // whom it suspects by that; nil: to be made anew
	suspecters int         // eligible others that suspect it
	vouchers   int         // eligible others that have said that they do not
	accusers   int         // other voices that suspect it
	defenders  int         // other voices that have said that they do not
	stranger   bool        // its last vector named somebody whom the monitor did not know

	voice    bool      // its words count: it is eligible, or has just ceased to be
	ceasedAt time.Time // when it last ceased to be eligible, zero if never
	accordAt time.Time // since when the other voices agree that it has failed, zero if they do not

	standing                             []suspicion // since its last heartbeat, the first first
	failed                               bool
	failedAt, failedSuspicion, clearedAt time.Time
	failedIncarnation                    uint32
	reportedOn                           bool // some other observer has ever said anything of it
	named                                bool // some other that beats has ever said anything of it

	life            int  // rises with each certain restart
	unconfirmed     bool // it registered again, and whether it restarted is not known yet
	repeated        bool // the same, and that was no news: see register
	own             version
	messages, bytes counter
	trafficReported bool
	states          gossip.StateMap

	hash, rowHash, statesHash uint64
	counted                   bool // it is in the count of views, under view
	view                      uint64
}

// Node is what the monitor holds of one address at an instant.
type Node struct {
	Address     gossip.Address
	Index       int       // place in the join order, row and column of the matrix
	Incarnation uint32    // from 1
	Since       time.Time // when the incarnation began

	HeartbeatAt time.Time // last heartbeat, zero if there was none
	Fresh       bool      // the last heartbeat is under T_fail old
	Beating     bool      // Fresh, and a heartbeat of this incarnation
	Silent      bool      // neither heartbeat nor registration within T_fail
	SilentSince time.Time // when it last fell silent, zero if never
	Eligible    bool      // its opinion counts: it beats, reports, and others have named it

	Failed            bool      // the verdict
	FailedAt          time.Time // of the last verdict of failure, zero if there was none
	FailedIncarnation uint32    // the incarnation that verdict was about
	FirstSuspicion    time.Time // the first of those that led to it: see SuspectedAt
	ClearedAt         time.Time // when the last verdict of failure was taken back, zero if never
	ReportedOn        bool      // some other observer has ever reported on it

	Suspecting int // eligible other observers that suspect it
	Observers  int // eligible other observers
	Opinions   int // those of them that have said anything of it, or copied a verdict
	// SuspectedAt is the first suspicion since its last heartbeat that still stands: an
	// earlier one cannot be of its end. Zero if there is none.
	SuspectedAt time.Time

	Generation      int32 // by its own state map
	Heartbeat       int32 // by its own state map
	TrafficReported bool  // it has ever reported its traffic
}

func (s *State) describe(n *node) Node {
	return Node{
		Address: n.address, Index: n.index, Incarnation: n.incarnation, Since: n.since,
		HeartbeatAt: n.heartbeatAt, Fresh: n.fresh, Silent: n.silent, SilentSince: n.silentSince, Eligible: n.eligible,
		Beating: n.fresh && !n.heartbeatAt.Before(n.since),
		Failed:  n.failed, FailedAt: n.failedAt, FailedIncarnation: n.failedIncarnation,
		FirstSuspicion: n.failedSuspicion, ClearedAt: n.clearedAt, ReportedOn: n.reportedOn,
		Suspecting: n.suspecters, Observers: s.others(n), Opinions: n.suspecters + n.vouchers,
		SuspectedAt: n.suspectedAt(),
		Generation:  n.own.generation, Heartbeat: n.own.heartbeat, TrafficReported: n.trafficReported,
	}
}

// Len is how many nodes are known.
func (s *State) Len() int { return len(s.nodes) }

// Node describes one node.
func (s *State) Node(a gossip.Address) (Node, bool) {
	n, ok := s.index[a]
	if !ok {
		return Node{}, false
	}
	return s.describe(n), true
}

// Known is the monitor's own copy of a node's address; false if it knows none.
func (s *State) Known(a gossip.Address) (gossip.Address, bool) {
	n, ok := s.index[a]
	if !ok {
		return "", false
	}
	return n.address, true
}

// At describes the node at a place in the join order, 0 to Len()-1.
func (s *State) At(i int) Node { return s.describe(s.nodes[i]) }

// Nodes describes all, in join order.
func (s *State) Nodes() []Node {
	out := make([]Node, len(s.nodes))
	for i, n := range s.nodes {
		out[i] = s.describe(n)
	}
	return out
}

// Suspects tells whether the observer at place i suspects the node at place j.
func (s *State) Suspects(i, j int) bool { return s.nodes[i].row[j].suspects() }

// Row is whom the i-th node suspects: a bit for each node, both in join order. It is
// read-only, and stays as it is when the state goes on.
func (s *State) Row(i int) gossip.Bits {
	n := s.nodes[i]
	if n.bits == nil {
		n.bits = gossip.NewBits(len(n.row))
		for j, c := range n.row {
			if c.suspects() {
				n.bits.Add(j)
			}
		}
	}
	return n.bits
}

// States is the last state map that a node sent; read-only.
func (s *State) States(a gossip.Address) gossip.StateMap {
	if n, ok := s.index[a]; ok {
		return n.states
	}
	return nil
}

// Totals are the running sums.
func (s *State) Totals() Totals { return s.totals }

// Fail is T_fail.
func (s *State) Fail() time.Duration { return s.fail }

// Revision rises with every Step that changed anything but a counter, a
// heartbeat's time or a state map.
func (s *State) Revision() uint64 { return s.revision }
