package protocol

import "gossiprpc/internal/gossip"

// receive takes one message in. Each is heard from its sender, and the sender's
// slot is kept by any of them (docs/DECISIONS.md, decision 5).
func (n *Node) receive(from gossip.Address, m gossip.Message) {
	if from == n.self || n.find(from) == nil && n.Known() >= maxKnown {
		return
	}
	switch m := m.(type) {
	case gossip.Gossip:
		n.merge(from, m.Digest)
		n.heardFrom(from)
	case gossip.Syn:
		n.receiveSyn(from, m)
	case gossip.Ack:
		n.receiveAck(from, m)
	case gossip.Ack2:
		n.receiveAck2(from, m)
	}
}

// receiveSyn answers with the state of all endpoints but the sender, which an
// original node would overwrite itself with, and asks for what the sender is
// ahead on.
func (n *Node) receiveSyn(from gossip.Address, m gossip.Syn) {
	n.count()
	wanted := n.behind(m.Digest)
	n.merge(from, m.Digest)
	n.heardFrom(from)
	n.start()
	n.offered[from] = n.growth
	n.send(from, gossip.Ack{Wanted: wanted, States: n.States(from)})
}

func (n *Node) receiveAck(from gossip.Address, m gossip.Ack) {
	n.count()
	n.mergeStates(from, m.States)
	n.heardFrom(from)
	n.start()
	n.find(from).shaken = n.growth
	id := n.send(from, gossip.Ack2{States: n.States(from)})
	n.handshakes[id] = from
}

// receiveAck2 ends a handshake. The peer now knows what it was offered and what
// it has told; what was learnt from others in between it does not.
func (n *Node) receiveAck2(from gossip.Address, m gossip.Ack2) {
	n.count()
	offered := n.offered[from]
	upToDate := offered == n.growth
	delete(n.offered, from)
	n.mergeStates(from, m.States)
	n.heardFrom(from)
	n.start()
	switch e := n.find(from); {
	case upToDate:
		e.shaken = n.growth
	case offered > 0:
		e.shaken = offered
	}
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

// greeting is the message a round has for a peer: the digest, or a SYN if they owe
// each other a handshake. An original that has been quiet for a round gets a SYN
// too, because it must answer that: its own rounds are lost when their targets are
// dead, and under brr it has so few targets that it may fall silent though it lives.
func (n *Node) greeting(to gossip.Address) gossip.Message {
	e := n.find(to)
	if e != nil && !n.owesHandshake(e) && (!e.original() || n.clock-e.heard < n.timing.Gossip) {
		return gossip.Gossip{Digest: n.Digest()}
	}
	n.count()
	return gossip.Syn{ClusterID: gossip.ClusterID, Digest: n.Digest()}
}

// owesHandshake: a peer of ours and the node shake hands once, to exchange states;
// whoever joins later is in every digest, and an entry there is enough. An original
// times only endpoints whose state a handshake brought it, so it is owed another one
// whenever the node has learnt of a member. So is a peer of unknown kind, whose
// generation is 0 until its first digest comes.
func (n *Node) owesHandshake(e *endpoint) bool {
	if e.original() {
		return e.shaken != n.growth
	}
	return e.shaken == 0
}

// handshakeOver settles an ACK2: undelivered, its handshake did not happen.
func (n *Node) handshakeOver(id uint64, delivered bool) {
	peer, ok := n.handshakes[id]
	if !ok {
		return
	}
	delete(n.handshakes, id)
	if e := n.find(peer); e != nil && !delivered {
		e.shaken = 0
	}
}
