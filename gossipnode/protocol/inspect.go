package protocol

import (
	"iter"
	"time"

	"gossiprpc/internal/gossip"
)

// Endpoint is what a node knows of another one, at the instant of its last event.
type Endpoint struct {
	Address    gossip.Address
	Generation int32
	Heartbeat  int32
	Heard      time.Time // when it was last heard of, or learnt of
	LearntOf   bool      // it was only learnt of: the node has no opinion of it yet
	Suspected  bool
	Due        time.Time // when its silence becomes a suspicion; zero while suspected
}

// Endpoints gives what the node knows of others, sorted by address. The node must
// not be stepped meanwhile.
func (n *Node) Endpoints() iter.Seq[Endpoint] {
	return func(yield func(Endpoint) bool) {
		for a, e := range n.others() {
			view := Endpoint{
				Address: a, Generation: e.generation, Heartbeat: e.heartbeat, Heard: n.instant(e.heard),
				LearntOf: !e.opinion, Suspected: e.suspected,
			}
			if !e.suspected {
				view.Due = n.instant(e.heard + n.timing.Fail)
			}
			if !yield(view) {
				return
			}
		}
	}
}

// instant is when the node's clock reads at.
func (n *Node) instant(at time.Duration) time.Time { return n.now.Add(at - n.clock) }

// Protocol is the one that the node runs.
func (n *Node) Protocol() Spec { return n.spec }

// Messages is the original's running count: see docs/DECISIONS.md, "What a node does".
func (n *Node) Messages() int32 { return n.messages }

// Round is a round that has not begun.
type Round struct {
	Number int64
	At     time.Time
	// Target is whom it will go to by the ring as it is now; empty: nobody, or
	// somebody drawn at random when it begins.
	Target gossip.Address
}

// NextRound is the node's next round; false before its rounds have started.
func (n *Node) NextRound() (Round, bool) {
	if !n.started {
		return Round{}, false
	}
	r := Round{Number: max(n.roundNumber(), n.round) + 1, At: n.now.Add(n.untilNextRound())}
	if n.spec.Offset != nil {
		if ring, ok := n.ring(); ok {
			r.Target = ring.after(n.spec.Offset(r.Number, ring.size))
		}
	}
	return r, true
}
