package replay

import (
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// hearing is a message by which a node learnt something of an endpoint.
type hearing struct {
	at         time.Duration // when the message came in
	from       gossip.Address
	kind       string // of the message
	generation int32  // of the endpoint, from then on
	heartbeat  int32
	renewed    bool // it counted as having heard of the endpoint
}

// opinion is what a node holds of an endpoint from then on.
type opinion struct {
	at        time.Duration
	suspected bool
	reason    protocol.Reason
}

// listener watches one life of a node while it is played, and keeps by which
// message the node learnt what it knows.
type listener struct {
	about gossip.Address // only this endpoint; empty: all
	node  *process.Process
	when  func(time.Time) time.Duration // since the run's start
	known map[gossip.Address]protocol.Endpoint

	heard    func(gossip.Address, hearing)
	believed func(gossip.Address, opinion)
}

// attach has the listener watch a node of the run.
func (l *listener) attach(r *Run, of *life, node *process.Process) {
	l.node, l.known = node, map[gossip.Address]protocol.Endpoint{}
	l.when = func(t time.Time) time.Duration { return r.at(of, t) }
	node.Observe(l.observe)
}

func (l *listener) observe(now time.Time, ev protocol.Event, effects []protocol.Effect) {
	if r, ok := ev.(protocol.Receive); ok {
		l.compare(l.when(now), r)
	}
	for _, e := range effects {
		o, ok := e.(protocol.OpinionChanged)
		if ok && (l.about == "" || l.about == o.Peer) {
			l.believed(o.Peer, opinion{at: l.when(now), suspected: o.Suspected, reason: o.Reason})
		}
	}
}

// compare finds what a message has changed.
func (l *listener) compare(now time.Duration, r protocol.Receive) {
	for e := range l.node.Node().Endpoints() {
		if l.about != "" && l.about != e.Address {
			continue
		}
		before, knew := l.known[e.Address]
		l.known[e.Address] = e
		renewed := !knew || !e.Heard.Equal(before.Heard)
		if renewed || e.Generation != before.Generation || e.Heartbeat != before.Heartbeat {
			l.heard(e.Address, hearing{
				at: now, from: r.From, kind: r.Message.Kind(),
				generation: e.Generation, heartbeat: e.Heartbeat, renewed: renewed,
			})
		}
	}
}
