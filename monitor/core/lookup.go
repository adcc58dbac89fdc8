package core

import (
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/machine"
)

// lookup is a question to the provider which protocol the cluster runs. Nodes
// never tell it, and the bound of a test case depends on it.
type lookup struct {
	settled  bool   // answered, or given up
	protocol string // empty: unknown
}

// lookupTimeout is how long the provider may take. A case does not wait for it,
// only the writing of its result.
const lookupTimeout = time.Second

// ask begins a lookup; nil when there is nothing to ask, or nobody.
func (c *Core) ask() *lookup {
	if c.setup.Protocol != "" || c.config.Provider == "" {
		return nil
	}
	l, id := &lookup{}, c.nextID()
	c.lookups[id] = l
	c.emit(machine.Call{ID: id, To: c.config.Provider, Request: machine.Protocol{}, Timeout: lookupTimeout})
	return l
}

// identify passes the provider's answer on to the case that asked, and to its
// result if the case was over sooner.
func (c *Core) identify(now time.Time, ev machine.Ended) {
	l, ok := c.lookups[ev.ID]
	if !ok {
		return
	}
	delete(c.lookups, ev.ID)
	l.settled = true
	spec, err := answered(ev)
	if err != nil {
		const text = "protocol unknown, taking the slowest one's bound"
		c.emit(machine.Log{Level: machine.Warn, Text: text, Fields: []machine.Field{
			{Key: "provider", Value: string(c.config.Provider)}, {Key: "err", Value: err.Error()},
		}})
	} else {
		l.protocol = spec.Name
		c.state.SetBound(c.config.bound(spec))
		if c.running != nil && c.running.lookup == l {
			c.running.Identify(spec.Name, c.config.bound(spec))
		}
	}
	c.writeResults(now)
}

func answered(ev machine.Ended) (protocol.Spec, error) {
	if ev.Error != nil {
		return protocol.Spec{}, ev.Error
	}
	return protocol.ByNumber(ev.Answer.Protocol)
}

// known is the protocol's name, as far as the lookup has brought it.
func (l *lookup) known() *string {
	if l == nil || l.protocol == "" {
		return nil
	}
	return &l.protocol
}

// open tells whether an answer may still come.
func (l *lookup) open() bool { return l != nil && !l.settled }
