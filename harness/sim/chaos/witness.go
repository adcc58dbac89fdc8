package chaos

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
)

// witness follows one life of a node from outside: whom it has heard of and when,
// by the messages it was given and the protocol's own words for what counts.
type witness struct {
	life      uint32
	spec      protocol.Spec
	freshness protocol.Freshness
	timing    protocol.Timing
	self      gossip.Address
	version   map[gossip.Address]version
	heard     map[gossip.Address]time.Time // or learnt of, by the node's clocks
	direct    map[gossip.Address]time.Time // the last message of its own
	suspected map[gossip.Address]bool
	reason    map[gossip.Address]protocol.Reason
	jumped    time.Time // when the node's wall clock was last seen to be set
	last      time.Time
}

type version struct{ generation, heartbeat int32 }

func (v version) less(o version) bool {
	return v.generation < o.generation || v.generation == o.generation && v.heartbeat < o.heartbeat
}

func newWitness(s sim.Step, spec protocol.Spec, p Plan) *witness {
	return &witness{
		life: s.Life, spec: spec, freshness: p.Freshness, timing: p.Timing, self: s.Node.Self(), last: s.Now,
		version: map[gossip.Address]version{}, heard: map[gossip.Address]time.Time{}, direct: map[gossip.Address]time.Time{},
		suspected: map[gossip.Address]bool{}, reason: map[gossip.Address]protocol.Reason{},
	}
}

// step checks one step of the node.
func (w *witness) step(s sim.Step) error {
	if d := s.Now.Round(0).Sub(w.last.Round(0)) - s.Now.Sub(w.last); d > time.Millisecond || d < -time.Millisecond {
		w.jumped = s.Now
	}
	w.last = s.Now
	if r, ok := s.Event.(protocol.Receive); ok {
		w.hear(s.Now, r)
	}
	for _, effect := range s.Effects {
		var err error
		switch e := effect.(type) {
		case protocol.OpinionChanged:
			err = w.opinion(s.Now, e)
		case protocol.ReportVector:
			err = w.vector(s.Now, e.Vector)
		case protocol.Send:
			if e.To == w.self {
				err = fmt.Errorf("sends %s to itself", e.Message.Kind())
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	if err := w.versions(s.Now, s.Node); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// hear notes whom a message makes the node hear of: its sender always, and others
// whose version rose where hearsay counts. scrr takes hearsay only about those it
// does not suspect.
func (w *witness) hear(now time.Time, r protocol.Receive) {
	if r.From == w.self {
		return
	}
	tell := func(a gossip.Address, v version) {
		was, known := w.version[a]
		switch {
		case a == w.self:
		case !known:
			if _, learnt := w.heard[a]; !learnt {
				w.heard[a] = now
			}
		case was.less(v) && a != r.From && w.spec.Hearsay(w.suspected[a]):
			w.heard[a] = now
		}
	}
	states := func(m gossip.StateMap) {
		for _, e := range m {
			tell(e.Address, version{e.Generation, e.Heartbeat})
		}
	}
	switch m := r.Message.(type) {
	case gossip.Gossip:
		for _, e := range m.Digest {
			tell(e.Address, version{e.Generation, e.Heartbeat})
		}
	case gossip.Syn:
		for _, e := range m.Digest {
			tell(e.Address, version{e.Generation, e.Heartbeat})
		}
	case gossip.Ack:
		states(m.States)
	case gossip.Ack2:
		states(m.States)
	}
	w.heard[r.From], w.direct[r.From] = now, now
}

// opinion checks a change of mind against what was heard.
func (w *witness) opinion(now time.Time, e protocol.OpinionChanged) error {
	age := now.Sub(w.heard[e.Peer])
	switch {
	case w.suspected[e.Peer] == e.Suspected:
		return fmt.Errorf("says twice that %s is suspected: %v", e.Peer, e.Suspected)
	case e.Peer == w.self:
		return fmt.Errorf("suspects itself")
	case !e.Suspected && age != 0:
		return fmt.Errorf("clears %s, of which it last heard %v ago", e.Peer, age)
	case e.Suspected && e.Reason == protocol.Silent && now.Sub(w.counted(e.Peer)) < w.timing.Fail:
		return fmt.Errorf("suspects %s of which it heard %v ago, within T_fail", e.Peer, age)
	case e.Suspected && e.Reason == protocol.MissedSlot:
		if err := w.slot(now, e.Peer); err != nil {
			return err
		}
	}
	w.suspected[e.Peer], w.reason[e.Peer] = e.Suspected, e.Reason
	return nil
}

// counted is the instant from which the node must count what it heard of a peer: by emission
// time news by way of others may be older than its arrival, messages of the
// peer's own may not.
func (w *witness) counted(a gossip.Address) time.Time {
	if w.freshness == protocol.Emission {
		return w.direct[a]
	}
	return w.heard[a]
}

// slot checks a suspicion by the sequence check: the slot judged is two rounds
// old, and a message one round early or late counts, so there has been none for
// two whole intervals at least. Rounds follow the wall clock: when that was set,
// nothing can be said.
func (w *witness) slot(now time.Time, peer gossip.Address) error {
	if !w.spec.Slots {
		return fmt.Errorf("suspects %s for a slot: its protocol has none", peer)
	}
	if !w.jumped.IsZero() && now.Sub(w.jumped) < 5*w.timing.Gossip {
		return nil
	}
	if since := now.Sub(w.direct[peer]); since < 2*w.timing.Gossip {
		return fmt.Errorf("suspects %s for a missed slot, though it had a message of its own %v ago", peer, since)
	}
	return nil
}

// vector checks a report: who is suspected was not heard of within T_fail, or has
// missed its slot since; who is not was.
func (w *witness) vector(now time.Time, v gossip.FaultVector) error {
	for _, c := range v {
		if c.Address == w.self {
			if c.Suspected {
				return fmt.Errorf("reports itself suspected")
			}
			continue
		}
		heard, known := w.heard[c.Address]
		age := now.Sub(heard)
		switch {
		case !known:
			return fmt.Errorf("has an opinion of %s, of which it never heard", c.Address)
		case c.Suspected && now.Sub(w.counted(c.Address)) < w.timing.Fail && w.reason[c.Address] != protocol.MissedSlot:
			return fmt.Errorf("reports %s suspected, of which it heard %v ago", c.Address, age)
		case !c.Suspected && age >= w.timing.Fail:
			return fmt.Errorf("reports %s as not suspected, of which it last heard %v ago", c.Address, age)
		case c.Suspected != w.suspected[c.Address]:
			return fmt.Errorf("reports %s suspected %v, its opinion is %v", c.Address, c.Suspected, w.suspected[c.Address])
		}
	}
	return nil
}

// forgotten is how long a node has been silent, in T_fail, before another may forget it:
// one that it has hardly met (docs/DECISIONS.md, decision 2).
const forgotten = 10

// versions checks that nothing known went back, and that nobody was forgotten too soon.
func (w *witness) versions(now time.Time, n *protocol.Node) error {
	for e := range n.Endpoints() {
		v := version{e.Generation, e.Heartbeat}
		if was, ok := w.version[e.Address]; ok && v.less(was) {
			return fmt.Errorf("what it knows of %s went back from %v to %v", e.Address, was, v)
		}
		w.version[e.Address] = v
		if _, ok := w.heard[e.Address]; !ok {
			return fmt.Errorf("knows %s, of which no message told", e.Address)
		}
	}
	if n.Known() == len(w.version) {
		return nil
	}
	known := map[gossip.Address]bool{}
	for e := range n.Endpoints() {
		known[e.Address] = true
	}
	for a := range w.version {
		if known[a] {
			continue
		}
		if silent := now.Sub(w.heard[a]); silent < forgotten*w.timing.Fail {
			return fmt.Errorf("forgot %s, of which it had heard %v before", a, silent)
		}
		delete(w.version, a)
		delete(w.heard, a)
		delete(w.suspected, a)
	}
	return nil
}
