package process

import (
	"math/rand/v2"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// maxSends bounds the calls to peers under way, and maxAnswers those of them that
// answer handshakes. The rest is for the node's own rounds, of which two have at most
// 80 calls under way; whoever makes the node answer faster than the named addresses can
// be reached takes none of it.
const (
	maxSends   = 160
	maxAnswers = 64
)

// notJoined is what peers are told while the node waits for the provider: it has
// no protocol yet, so their rounds must go on to somebody else.
const notJoined = "not in the cluster yet: waiting for the provider"

// joined makes the protocol's state once the provider has said which one it is.
func (p *Process) joined(s protocol.Spec) {
	c := protocol.Config{
		Parameters: protocol.Parameters{
			Protocol: s, Timing: p.config.Timing, Aligned: p.config.Aligned, Freshness: p.config.Freshness,
		},
		Self: p.config.Self, Seed: p.config.Seed, Generation: generation(p.now), Known: p.config.Known,
		Random: rand.New(rand.NewPCG(p.config.Random, nameHash(p.config.Self))), ClusterID: p.config.ClusterID,
	}
	if c.Known != nil {
		c.Seed, c.Generation = "", c.Known.Generation(c.Self)
	}
	node, err := protocol.New(c, p.now)
	if err != nil {
		p.emit(machine.Exit{Error: err.Error()})
		return
	}
	p.node = node
	p.log(machine.Info, "joined the provider", field("node", p.config.Self), field("protocol", s.Name))
	p.say("joined: %s runs %s", p.config.Self, s.Name)
	if p.connect {
		p.feed(protocol.Connect{})
	} else {
		p.feed(protocol.Tick{})
	}
}

// generation is the start in Unix seconds; XML-RPC's int ends in 2038.
func generation(start time.Time) int32 {
	return int32(min(max(start.Unix(), 0), gossip.MaxGeneration))
}

// called takes a peer's message.
func (p *Process) called(r machine.Request) {
	m, ok := r.(machine.Message)
	switch {
	case !ok:
		p.emit(machine.Reply{Fault: "a node takes messages of nodes only"})
	case p.node == nil:
		p.emit(machine.Reply{Fault: notJoined})
	default:
		p.emit(machine.Reply{})
		p.feed(protocol.Receive{From: m.From, Message: m.Message})
	}
}

// feed steps the protocol. A send that cannot even begin fails at once, which is
// an event of its own.
func (p *Process) feed(ev protocol.Event) {
	for {
		effects := p.node.Step(p.now, ev)
		for _, observe := range p.observe {
			observe(p.now, ev, effects)
		}
		for _, e := range effects {
			p.apply(e)
		}
		p.flush()
		if len(p.refused) == 0 {
			return
		}
		ev, p.refused = p.refused[0], p.refused[1:]
	}
}

func (p *Process) apply(e protocol.Effect) {
	self := p.config.Self
	switch e := e.(type) {
	case protocol.Send:
		p.send(e)
	case protocol.ReportHeartbeat, protocol.ReportStates, protocol.ReportVector:
		p.report(e)
	case protocol.FetchMembers:
		p.list()
	case protocol.Rejoin:
		p.call(toRejoin, p.config.Provider, machine.Join{Node: self})
	case protocol.OpinionChanged:
		p.log(machine.Info, "opinion changed", field("node", self), field("peer", e.Peer),
			field("suspected", strconv.FormatBool(e.Suspected)), field("reason", e.Reason))
		p.sayOpinion(e)
	case protocol.SteppedOver:
		p.log(machine.Info, "stepped over an earlier incarnation", field("node", self),
			number("generation", e.Generation), number("heartbeat", e.Heartbeat))
	case protocol.Full:
		p.log(machine.Warn, "too many names, the node learns of no more", field("node", self), number("known", e.Known))
	case protocol.PaceMismatch:
		p.log(machine.Warn, "a peer's heartbeats show another interval", field("node", self), field("peer", e.Peer),
			field("observed", e.Observed.Round(time.Millisecond).String()), field("own", p.config.Timing.Heartbeat.String()))
	}
}

func (p *Process) send(e protocol.Send) {
	answer := answers(e.Message)
	if p.sending >= maxSends || answer && len(p.answering) >= maxAnswers {
		p.logPeer(machine.Warn, "too many calls under way, one is dropped", field("node", p.config.Self), field("peer", e.To))
		p.refused = append(p.refused, protocol.Failed{ID: e.ID})
		return
	}
	p.sending++
	if answer {
		p.answering[e.ID] = true
	}
	p.emit(machine.Call{
		ID: e.ID<<kindBits | uint64(toPeer), To: e.To, Timeout: p.answerBy(),
		Request: machine.Message{From: p.config.Self, Message: e.Message},
	})
}

// answerBy is how long an answer of a peer is waited for: a round, or two in a cluster of more
// nodes than originals make. Where peers are so busy that answers take longer than a round, to
// give the calls up, and their connections with them, would make them busier.
func (p *Process) answerBy() time.Duration {
	if p.node.Crowded() {
		return 2 * p.config.Timing.Gossip
	}
	return p.config.Timing.Gossip
}

func answers(m gossip.Message) bool {
	switch m.(type) {
	case gossip.Ack, gossip.Ack2:
		return true
	}
	return false
}

// maxPeerLines is how many lines on calls to peers go to the log in a T_fail: whoever
// names addresses that nobody is at must not fill it.
const maxPeerLines = 16

// peerLines counts them.
type peerLines struct {
	until  time.Time
	logged int
	held   int
}

// logPeer logs a line on a call to a peer, or holds it back and says later how many
// were.
func (p *Process) logPeer(level machine.Level, text string, fields ...machine.Field) {
	l := &p.lines
	if !p.now.Before(l.until) {
		if l.held > 0 {
			p.log(machine.Warn, "more calls to peers failed than are logged", field("node", p.config.Self), number("lines", l.held))
		}
		*l = peerLines{until: p.now.Add(p.config.Timing.Fail)}
	}
	if l.logged == maxPeerLines {
		l.held++
		return
	}
	l.logged++
	p.log(level, text, fields...)
}

// delivered is the outcome of a call to a peer.
func (p *Process) delivered(e machine.Ended) {
	p.sending--
	id := e.ID >> kindBits
	delete(p.answering, id)
	if e.Error == nil {
		p.feed(protocol.Delivered{ID: id})
		return
	}
	p.logPeer(machine.Info, "peer not reached", field("node", p.config.Self), field("err", e.Error.Text))
	p.feed(protocol.Failed{ID: id})
}
