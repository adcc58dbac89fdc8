package registry

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// Config is what a provider starts with. It survives a way through JSON.
type Config struct {
	Protocol string `json:"protocol"` // of the cluster, by name
}

// Provider is the provider's whole process as a pure machine: it takes joins in
// and tells the protocol and the list. It belongs to one goroutine.
type Provider struct {
	number  gossip.ProtocolNumber
	members Registry
	list    []gossip.Address // the answer to all until the next one joins
}

// NewProvider makes a provider that nobody has joined.
func NewProvider(c Config) (*Provider, error) {
	spec, ok := protocol.ByName(c.Protocol)
	if !ok {
		return nil, fmt.Errorf("protocol %q: want one of %s", c.Protocol, strings.Join(protocol.Names(), ", "))
	}
	return &Provider{number: spec.Number}, nil
}

// Step implements [machine.Machine].
func (p *Provider) Step(_ time.Time, ev machine.Event) []machine.Effect {
	called, ok := ev.(machine.Called)
	if !ok {
		return nil
	}
	switch r := called.Request.(type) {
	case machine.Join:
		return p.join(r.Node)
	case machine.Members:
		if p.list == nil {
			p.list = p.members.Members()
		}
		return []machine.Effect{machine.Reply{Answer: machine.Answer{Addresses: p.list}}}
	case machine.Protocol:
		// An extension: the original tells its protocol only to those who join, and
		// a monitor is no member.
		return []machine.Effect{machine.Reply{Answer: machine.Answer{Protocol: p.number}}}
	}
	return []machine.Effect{machine.Reply{Fault: "a provider takes joins and questions only"}}
}

func (p *Provider) join(a gossip.Address) []machine.Effect {
	fresh := p.members.Join(a)
	effects := []machine.Effect{machine.Reply{Answer: machine.Answer{Protocol: p.number}}}
	if fresh {
		p.list = nil
		effects = append(effects, machine.Log{
			Level: machine.Info, Text: "joined", Fields: []machine.Field{{Key: "node", Value: string(a)}},
		})
	}
	return effects
}

// Len is how many have joined.
func (p *Provider) Len() int { return p.members.Len() }

// Deadline implements [machine.Machine]: nothing happens by itself.
func (*Provider) Deadline() (time.Time, bool) { return time.Time{}, false }
