package protocol

import (
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// receive takes one message in. Each is heard from its sender, and the sender's
// slot is kept by any of them (docs/DECISIONS.md, decision 5).
func (n *Node) receive(from gossip.Address, m gossip.Message) {
	if from == n.self || !n.admit(from) {
		return
	}
	switch m := m.(type) {
	case gossip.Gossip:
		n.merge(from, m.Digest)
		n.heardFrom(from)
		n.returnFirst(from, m.Digest)
	case gossip.Syn:
		n.receiveSyn(from, m)
	case gossip.Ack:
		n.receiveAck(from, m)
	case gossip.Ack2:
		n.receiveAck2(from, m)
	}
}

// admit notes that a peer has spoken, and learns of one that is unknown; false if there is no room for it.
func (n *Node) admit(from gossip.Address) bool {
	if n.find(from) == nil {
		if !n.makeRoom() {
			n.sayFull()
			return false
		}
		n.insert(gossip.Digest{{Address: from, AppVersion: gossip.AppVersion}}, false)
	}
	e := n.find(from)
	e.spoke = true
	n.exchanged(e)
	return true
}

// receiveSyn answers with the state of all endpoints but the sender, which an
// original node would overwrite itself with, and asks for what the sender is
// ahead on. An unconfirmed sender may not be where its SYN says, so it is answered
// with hardly more than it has sent, and told the rest once it has answered.
func (n *Node) receiveSyn(from gossip.Address, m gossip.Syn) {
	n.count()
	wanted := n.behind(m.Digest)
	n.merge(from, m.Digest)
	n.heardFrom(from)
	n.start()
	if !n.mayAnswer(from, kindAck) {
		return
	}
	states, whole := n.statesFor(from, len(m.Digest))
	n.offered[from] = offer{n.growth, n.clock}
	if !whole {
		n.offered[from], n.partial[from] = offer{unheeded, n.clock}, true
	}
	n.send(from, gossip.Ack{Wanted: wanted, States: states})
	n.keep(from, m.Digest)
}

// unheeded is the growth as of which a peer that has been told part of the states
// knows them.
const unheeded = 1

// statesFor is what a peer that has just told of so many endpoints is answered with;
// false if that is not all. A state takes about as much as four entries of a digest.
func (n *Node) statesFor(to gossip.Address, told int) (states gossip.StateMap, whole bool) {
	states = n.States(to)
	most := max(1, told/4)
	if n.believes(to) || len(states) <= most {
		return states, true
	}
	own := slices.IndexFunc(states, func(s gossip.EndpointState) bool { return s.Address == n.self })
	if own >= most {
		states[most-1] = states[own]
	}
	return slices.Clip(states[:most]), false
}

// maxAnswers bounds the answers under way to unconfirmed peers, and maxProofs those beyond
// which returnFirst leaves them alone; so many calls are left of those that a process makes at
// once, beside those of its rounds.
const (
	maxAnswers = 32
	maxProofs  = 16
)

// mayAnswer tells whether a peer is sent an answer of a kind: not while the last one is
// still under way, and not while too many unconfirmed peers are being answered.
func (n *Node) mayAnswer(to gossip.Address, kind string) bool {
	strangers := 0
	for _, c := range n.calls {
		switch {
		case c.to == to && c.kind == kind:
			return false
		case c.kind != kindSyn && !n.believes(c.to):
			strangers++
		}
	}
	most := maxAnswers
	if kind == kindGossip {
		most = maxProofs
	}
	return n.believes(to) || strangers < most
}

// returnFirst answers the first gossip of a peer's life with the node's own, so that two that
// meet for the first time tell each other what they know, as by a handshake: the answer is a
// first one too. A peer that is not confirmed is told of the node alone, and of the rest once
// that has been answered. Originals shake hands. While answers are late nobody is told of the
// rest: the next gossip is answered instead, as two that are both busy would meet no sooner.
//
// In a crowded cluster the names that a stranger has told of are learnt once it has answered. Where
// all are busy for long, and rounds seldom come back to the same peer, newcomers would else learn of nobody.
func (n *Node) returnFirst(from gossip.Address, told gossip.Digest) {
	switch e := n.find(from); {
	case e.original() || e.returned || e.confirmed && n.busy():
	case e.confirmed:
		e.returned = true
		n.count()
		n.calls[n.send(from, n.greeting(from))] = call{to: from, kind: kindGossip, returns: true, at: n.clock}
	case !n.called(from) && n.mayAnswer(from, kindGossip):
		if !n.busy() {
			n.partial[from] = true
		}
		n.count()
		n.sendAlone(from)
		if n.Crowded() {
			n.held[from] = told
		}
	}
}

// learnHeld learns the names that a peer has told of before it was confirmed by an answer to a call.
func (n *Node) learnHeld(from gossip.Address) {
	told := n.held[from]
	delete(n.held, from)
	if !n.believes(from) {
		return
	}
	n.learn(n.unknown(told))
}

// unknown is what of a digest is about names that the node does not know, and not of the future.
func (n *Node) unknown(told gossip.Digest) (fresh gossip.Digest) {
	limit := n.now.Add(maxAhead).Unix()
	i := 0
	for _, e := range told {
		var known bool
		if i, known = n.seek(i, e.Address); !known && int64(e.Generation) <= limit {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

// tellRest tells a peer that has been confirmed by an answer to a call what it was not told
// before.
func (n *Node) tellRest(to gossip.Address) {
	if !n.partial[to] || n.shaking(to) || !n.believes(to) {
		return
	}
	delete(n.partial, to)
	n.count()
	n.send(to, n.greeting(to))
}

func (n *Node) receiveAck(from gossip.Address, m gossip.Ack) {
	n.count()
	n.mergeStates(from, m.States)
	n.heardFrom(from)
	n.start()
	n.keep(from, digestOf(m.States))
	if !n.mayAnswer(from, kindAck2) {
		return
	}
	states, whole := n.statesFor(from, 4*len(m.States))
	e := n.find(from)
	e.shaken, e.returned = unheeded, true
	if whole {
		e.shaken = n.growth
	}
	n.send(from, gossip.Ack2{States: states})
}

// receiveAck2 ends a handshake. The peer now knows what it was offered and what
// it has told; what was learnt from others in between it does not.
func (n *Node) receiveAck2(from gossip.Address, m gossip.Ack2) {
	n.count()
	offered := n.offered[from].growth
	upToDate := offered == n.growth
	delete(n.offered, from)
	n.mergeStates(from, m.States)
	n.heardFrom(from)
	n.keep(from, digestOf(m.States))
	n.start()
	e := n.find(from)
	e.returned = true
	switch {
	case upToDate:
		e.shaken = n.growth
	case offered > 0:
		e.shaken = offered
	}
	n.tellRest(from)
}

// offer is what a peer was answered with and when, until its ACK2.
type offer struct {
	growth uint32
	at     time.Duration // on the node's clock
}

// shaking tells whether a handshake that a peer began is under way. One that has lasted
// for T_fail is over, whatever came of it: the peer does not answer an ACK while its last
// ACK2 is still on its way, and an original may have been restarted.
func (n *Node) shaking(peer gossip.Address) bool {
	o, open := n.offered[peer]
	return open && n.clock-o.at < n.timing.Fail
}

// behind lists the endpoints that a digest knows in a newer version, or knows
// alone.
func (n *Node) behind(d gossip.Digest) []gossip.Address {
	var wanted []gossip.Address
	i := 0
	for _, e := range d {
		var known bool
		i, known = n.seek(i, e.Address)
		if !known || i != n.place && e.NewerThan(n.endpoints[i].generation, n.endpoints[i].heartbeat) {
			wanted = append(wanted, e.Address)
		}
	}
	return wanted
}

// greeting is the message a round has for a peer: the digest, or a SYN to an original that is
// owed a handshake. An original that has been quiet for a round gets a SYN too, because it
// must answer that: its own rounds are lost when their targets are dead, and under brr it has
// so few targets that it may fall silent though it lives. A stranger may be an original, but not
// in a crowded cluster: there a digest does, which costs both sides less than a handshake.
func (n *Node) greeting(to gossip.Address) gossip.Message {
	e := n.find(to)
	stranger := e == nil || e.generation == 0
	if stranger && n.Crowded() || e != nil && (!e.original() || !n.owesHandshake(e) && n.clock-e.heard < n.timing.Gossip) {
		return gossip.Gossip{Digest: n.Digest()}
	}
	n.count()
	return gossip.Syn{ClusterID: n.clusterID, Digest: n.Digest()}
}

// owesHandshake: a peer of ours has to be sent one digest (see returnFirst); whoever joins
// later is in every digest, and an entry there is enough. An original times only endpoints
// whose state a handshake brought it, so it is owed another one whenever the node has learnt
// of a member. So is a peer of unknown kind, whose generation is 0 until its first digest
// comes.
func (n *Node) owesHandshake(e *endpoint) bool {
	if e.original() {
		return e.shaken != n.growth
	}
	return e.shaken == 0
}

// call is a message under way.
type call struct {
	to      gossip.Address
	kind    string
	returns bool // it answers a first gossip
	alone   bool // it tells of the node alone
	at      time.Duration
}

// The kinds of messages.
var (
	kindGossip = gossip.Gossip{}.Kind()
	kindSyn    = gossip.Syn{}.Kind()
	kindAck    = gossip.Ack{}.Kind()
	kindAck2   = gossip.Ack2{}.Kind()
)

// keep learns of the names that an unconfirmed peer tells of in a handshake, while a
// call to it is under way: that it was reached may become known only after its answer.
func (n *Node) keep(from gossip.Address, told gossip.Digest) {
	if n.believes(from) || !n.called(from) {
		return
	}
	fresh := n.unknown(told)
	most := maxUnconfirmed/2 - (n.Known() - n.confirmed) // the rest is for members' words
	fresh = fresh[:min(len(fresh), max(most, 0))]
	n.insert(fresh, false)
	for _, e := range fresh {
		n.early[from] = append(n.early[from], e.Address)
	}
}

// called tells whether a call to a peer is under way.
func (n *Node) called(peer gossip.Address) bool {
	for _, c := range n.calls {
		if c.to == peer {
			return true
		}
	}
	return false
}

// vouch has the names that a peer told of before it was confirmed be a member's word.
func (n *Node) vouch(from gossip.Address, told []gossip.Address) {
	if !n.believes(from) || !n.young() {
		return
	}
	for _, a := range told {
		if e := n.find(a); e != nil {
			n.takeOnWord(e)
		}
	}
	n.fillTrial()
}

// callOver settles a call. An ACK2 that was not delivered means that its handshake did
// not happen.
func (n *Node) callOver(id uint64, delivered bool) {
	c, underWay := n.calls[id]
	delete(n.calls, id)
	if underWay && delivered {
		n.noteAnswer(n.clock - c.at)
	}
	e, early := n.find(c.to), n.early[c.to]
	delete(n.early, c.to)
	if !delivered {
		delete(n.held, c.to)
	}
	switch {
	case e == nil && delivered:
		n.greeted[c.to] = true
	case e == nil:
	case delivered:
		e.reached = true
		n.exchanged(e)
		n.vouch(c.to, early)
		if c.kind == kindGossip && !c.alone && !e.original() && !n.partial[c.to] {
			e.shaken = n.growth
		}
		n.learnHeld(c.to)
		n.tellRest(c.to)
		n.introduce(c)
	case c.kind == kindAck2:
		e.shaken = 0
	case c.kind == kindGossip:
		e.introduced = false
		e.returned = e.returned && !c.returns
	}
}

// introduce sends an original the digest after their first handshake of this life. An
// original goes by heartbeats alone in what handshakes tell it, and by generations in
// digests: of a node that was restarted, whose heartbeats are lower than those it has, it
// would hear only for the moment of each handshake.
func (n *Node) introduce(c call) {
	switch e := n.find(c.to); {
	case c.kind == kindGossip:
		e.introduced = true
	case c.kind != kindSyn && e.original() && !e.introduced:
		e.introduced = true
		n.send(c.to, gossip.Gossip{Digest: n.Digest()})
	}
}
