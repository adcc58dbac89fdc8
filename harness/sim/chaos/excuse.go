package chaos

import (
	"slices"
	"time"

	"gossiprpc/harness"
)

// Excuse is a reason for which a verdict may be wrong: one of failure about a node that runs,
// but for the last. Each lasts while its fault does, and for as long after as the
// cluster may take to get over it.
type Excuse string

// All excuses. In clusters of more than three nodes there is none for whatever happens
// to the monitor and the provider alone: cut off, paused or restarted, the monitor must
// not declare the living dead. Nor is there one for other nodes' deaths, however many
// and silent.
const (
	WasDown    Excuse = "the node itself was down or paused"
	WasCutOff  Excuse = "the node itself was cut off from the monitor's side, or from another node"
	WasSlow    Excuse = "the node itself was slow"
	ClockSet   Excuse = "a clock was set: rounds no longer agree"
	PeersLossy Excuse = "messages between nodes were lost or late"
	LinksLossy Excuse = "messages to the monitor were lost or late"
	Forgotten  Excuse = "an observer was forgotten at the menu"
	FewHear    Excuse = "rounds drawn at random went to nodes that were cut off, and those would have spoken for it"
	LoneVoice  Excuse = "three nodes or fewer were within the monitor's reach: a lone voice may judge"

	// Unremembered is for the other kind of wrong verdict: a dead node that is held alive.
	Unremembered Excuse = "a dead node is held alive: all who run have restarted since, and few know its name"
)

// excuses keeps who is excused, and until when.
type excuses struct {
	nodes  []string      // of the cluster, with those that have joined
	drawn  bool          // targets are drawn at random
	slots  bool          // the protocol judges by rounds, on which clocks must agree
	linger time.Duration // beyond a fault's end
	spells map[excused]*spell
	faults []*inflicted // that have not ended
}

// inflicted is a fault and what it excuses: others, once a node has joined.
type inflicted struct {
	fault   Fault
	excuses []excused
}

// excused is a reason and the node that it holds for; "" is all nodes.
type excused struct {
	why  Excuse
	node string
}

type spell struct {
	open  int
	until time.Duration // if open is 0
}

// of lists what a fault excuses.
func (e *excuses) of(f Fault) []excused {
	var out []excused
	each := func(why Excuse, names []string) {
		for _, name := range names {
			out = append(out, excused{why, name})
		}
	}
	switch f.Kind {
	case Crash, Unplug, Pause:
		each(WasDown, f.Who)
		if len(e.nodes) <= 3 {
			each(LoneVoice, e.nodes)
		}
	case Cut:
		nodes, within := onlyNodes(f.Who), len(e.nodes)
		if slices.Contains(f.Who, harness.Monitor) {
			within -= len(nodes)
		}
		if within <= 3 {
			each(LoneVoice, e.nodes)
		}
		if len(nodes) == 2 {
			each(WasCutOff, nodes)
		}
	case Partition:
		cut := e.beyond(f.Who)
		each(WasCutOff, cut)
		if e.drawn && len(cut) > 0 {
			each(FewHear, []string{""}) // observers are wrong most of the time: each voice matters
		}
		if len(e.nodes)-len(cut) <= 3 {
			each(LoneVoice, e.nodes)
		}
	case Forget:
		each(Forgotten, []string{""})
	case Slow:
		each(WasSlow, f.Who)
	case Clock:
		each(ClockSet, f.Who)
		if e.slots {
			each(ClockSet, []string{""})
		}
	case Lose, Reorder:
		each(map[Links]Excuse{Peers: PeersLossy, Servers: LinksLossy}[f.links()], []string{""})
	}
	return out
}

// beyond lists the nodes that a partition cuts off from the monitor, if it cuts
// nodes off from nodes at all.
func (e *excuses) beyond(group []string) []string {
	inside := onlyNodes(group)
	outside := slices.DeleteFunc(slices.Clone(e.nodes), func(n string) bool { return slices.Contains(inside, n) })
	if slices.Contains(group, harness.Monitor) {
		inside, outside = outside, inside
	}
	if len(outside) == 0 {
		return nil // all nodes are together: the monitor alone is cut off
	}
	if len(outside) == 1 {
		return e.nodes // the one on the monitor's side has lost all its observers
	}
	return inside
}

func onlyNodes(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == harness.Monitor || n == harness.Provider })
}

func (e *excuses) begin(f Fault) *inflicted {
	i := &inflicted{f, e.of(f)}
	e.faults = append(e.faults, i)
	e.open(i.excuses)
	return i
}

func (e *excuses) end(i *inflicted, now time.Duration) {
	e.faults = slices.DeleteFunc(e.faults, func(o *inflicted) bool { return o == i })
	e.close(i.excuses, now)
}

// join takes a node in, which faults that last may have put on the monitor's side.
func (e *excuses) join(name string, now time.Duration) {
	e.nodes = append(e.nodes, name)
	for _, i := range e.faults {
		was := i.excuses
		i.excuses = e.of(i.fault)
		e.open(i.excuses)
		e.close(was, now)
	}
}

func (e *excuses) open(all []excused) {
	for _, x := range all {
		if e.spells[x] == nil {
			e.spells[x] = &spell{}
		}
		e.spells[x].open++
	}
}

func (e *excuses) close(all []excused, now time.Duration) {
	for _, x := range all {
		if s := e.spells[x]; s != nil && s.open > 0 {
			s.open--
			s.until = now + e.linger
		}
	}
}

// endAll ends all faults.
func (e *excuses) endAll(now time.Duration) {
	e.faults = nil
	for _, s := range e.spells {
		if s.open > 0 {
			s.open, s.until = 0, now+e.linger
		}
	}
}

// find returns what excuses a verdict about a node; "" if nothing does.
func (e *excuses) find(node string, now time.Duration) Excuse {
	for _, why := range []Excuse{WasDown, WasCutOff, WasSlow, ClockSet, PeersLossy, LinksLossy, Forgotten, FewHear, LoneVoice} {
		for _, name := range []string{node, ""} {
			if s := e.spells[excused{why, name}]; s != nil && (s.open > 0 || now < s.until) {
				return why
			}
		}
	}
	return ""
}

// Tally counts what plans did and what had to be excused.
type Tally struct {
	Faults  map[Kind]int
	Excused map[Excuse]int
}

func newTally() Tally { return Tally{Faults: map[Kind]int{}, Excused: map[Excuse]int{}} }

// Add counts another run's.
func (t Tally) Add(o Tally) {
	for k, n := range o.Faults {
		t.Faults[k] += n
	}
	for k, n := range o.Excused {
		t.Excused[k] += n
	}
}
