package process

import (
	"time"

	"gossiprpc/gossipnode/protocol"
)

// said is what the node has told whoever sits at its terminal.
type said struct {
	atPrompt bool      // the cursor stands behind the prompt
	known    int       // how many others it has last told of
	knownAt  time.Time // when
}

// say prints a line for people, if the node is to talk.
func (p *Process) say(format string, args ...any) {
	if !p.config.Talk {
		return
	}
	if p.said.atPrompt {
		p.said.atPrompt = false
		format = "\n" + format
	}
	p.print(format+"\n", args...)
}

// sayKnown tells how many others the node knows, when that has changed, and once in a
// gossip interval at most: in a large cluster it changes with each message.
func (p *Process) sayKnown() {
	if p.node == nil {
		return
	}
	known := p.node.Known()
	if known == p.said.known || p.now.Sub(p.said.knownAt) < p.config.Timing.Gossip {
		return
	}
	p.said.known, p.said.knownAt = known, p.now
	others := "others"
	if known == 1 {
		others = "other"
	}
	p.say("knows %d %s", known, others)
}

// sayOpinion tells whom the node begins or ceases to suspect.
func (p *Process) sayOpinion(e protocol.OpinionChanged) {
	switch why := map[protocol.Reason]string{
		protocol.Silent:     "silent for " + p.config.Timing.Fail.String(),
		protocol.MissedSlot: "its message did not come when it was due",
		protocol.Heard:      "heard of again",
	}[e.Reason]; {
	case e.Suspected:
		p.say("suspects %s: %s", e.Peer, why)
	default:
		p.say("clears %s: %s", e.Peer, why)
	}
}
