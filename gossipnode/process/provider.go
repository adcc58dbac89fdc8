package process

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/machine"
)

// provider is the node's side of the provider: it joins with growing waits, and
// fetches the list, one call at a time.
type provider struct {
	waits   machine.Waits
	retryAt time.Time // of joining; zero: not due
	asked   bool      // to let the node in, at least once
	listing bool      // a fetch of the list is under way
	away    bool
	number  int32 // of the protocol that the node runs
}

// join asks the provider in, which is how a node's life begins.
func (p *Process) join() {
	p.provider.asked = true
	p.call(toJoin, p.config.Provider, machine.Join{Node: p.config.Self})
}

// list fetches the provider's list, unless that is under way.
func (p *Process) list() {
	if !p.provider.listing {
		p.provider.listing = true
		p.call(toList, p.config.Provider, machine.Members{})
	}
}

// provided is the outcome of a call to the provider.
func (p *Process) provided(kind callKind, e machine.Ended) {
	p.noticeProvider(e.Error)
	switch kind {
	case toJoin:
		p.letIn(e)
	case toRejoin:
		p.letInAgain(e)
	case toList:
		p.provider.listing = false
		if e.Error == nil {
			p.feed(protocol.Members{List: e.Answer.Addresses})
		}
	}
}

// letIn ends the waiting for the provider. Only an answer that cannot be used
// ends the process.
func (p *Process) letIn(e machine.Ended) {
	if e.Error != nil {
		p.provider.retryAt = p.now.Add(p.provider.waits.Next(p.jitter))
		return
	}
	spec, err := protocol.ByNumber(e.Answer.Protocol)
	if err != nil {
		p.emit(machine.Exit{Error: fmt.Sprintf("provider %s: %v", p.config.Provider, err)})
		return
	}
	p.provider.number = int32(spec.Number)
	p.joined(spec)
}

// letInAgain is the answer of a provider that had forgotten the node, which keeps
// the protocol it began with.
func (p *Process) letInAgain(e machine.Ended) {
	switch {
	case e.Error != nil:
	case int32(e.Answer.Protocol) != p.provider.number:
		p.log(machine.Warn, "the provider now has another protocol; the node keeps its own until it is restarted",
			field("node", p.config.Self), number("own", p.provider.number), number("provider", e.Answer.Protocol))
	default:
		p.log(machine.Warn, "registered again: the provider had forgotten the node", field("node", p.config.Self))
	}
}

// noticeProvider says once that the provider is away, and once that it is back.
func (p *Process) noticeProvider(err *machine.CallError) {
	switch was := p.provider.away; {
	case err != nil && !was:
		if p.node == nil {
			p.say("waits for the provider at %s", p.config.Provider)
		}
		p.log(machine.Warn, "the provider does not answer, trying again",
			field("node", p.config.Self), field("provider", p.config.Provider), field("err", err.Text))
	case err == nil && was:
		p.log(machine.Warn, "the provider answers again",
			field("node", p.config.Self), field("provider", p.config.Provider))
	}
	p.provider.away = err != nil
}
