package protocol

import "math"

// sequenceCheck is round robin over the provider's list, in which a node also
// knows whose message each round must bring it (report, "Sequence Check Round
// Robin"). A sender that misses its slot is suspected at once, and a suspected
// node comes back only by a message from itself.
var sequenceCheck = Spec{
	Number:  3,
	Name:    "scrr",
	Title:   "Sequence Check Round Robin",
	Ring:    ListRing,
	Offset:  inTurn,
	Period:  func(n int) int { return n - 1 },
	Spread:  spreadInTurn,
	Hearsay: func(suspected bool) bool { return !suspected },
	Slots:   true,
}

// originalGenerations is above those of all original nodes, which are the hour
// of the day in seconds. Such a node keeps no slots: its cycles start when they
// like.
const originalGenerations = 86_400

func (e *endpoint) original() bool { return e.generation < originalGenerations }

// judgeSlot runs at the start of round and looks at the slot of two rounds ago:
// clocks differ, so a message one round early or late still counts (docs/DECISIONS.md,
// decision 3). A sender is suspected only if it kept its slot in the cycle
// before, so never while it, or the ring, is new.
func (n *Node) judgeSlot(round int64) {
	slot := round - 2
	ring, ok := n.ring()
	if !ok || slot < n.slotsSince {
		return
	}
	sender := ring.before(n.spec.Offset(slot, ring.size))
	e := n.find(sender)
	if e == nil {
		return
	}
	kept := e.directRound >= n.sinceFirstRound(slot-1)
	missed := !kept && e.keptSlot
	e.keptSlot = kept
	if missed && !e.suspected && !e.original() {
		n.suspect(sender, e, MissedSlot)
	}
}

// neverDirect is before all rounds.
const neverDirect = math.MinInt32

// sinceFirstRound is a round's number counted from the node's first, which an
// endpoint has room for. Beyond that (a wall clock that was decades off) all
// rounds are one, and every slot counts as kept.
func (n *Node) sinceFirstRound(round int64) int32 {
	return int32(min(max(round-n.firstRound, neverDirect+1), math.MaxInt32))
}

// forgetSlots starts the sequence check anew: after a change of the ring, or
// when the node itself has missed rounds, earlier slots say nothing.
func (n *Node) forgetSlots(round int64) {
	n.slotsSince = round
	for i := range n.endpoints {
		n.endpoints[i].keptSlot = false
	}
}
