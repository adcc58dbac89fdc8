package sim

import (
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/provider/registry"
)

// provider is the process around provider/registry.
type provider struct {
	world   *World
	host    *host
	members registry.Registry
	list    []gossip.Address // the answer to all until the next one joins
}

func newProvider(w *World, h *host) *provider {
	p := &provider{world: w, host: h}
	h.up = true
	return p
}

// start forgets everybody: the registry is kept in memory only.
func (p *provider) start() { p.members, p.list = registry.Registry{}, nil }

func (p *provider) serve(c *call) {
	switch c.asks {
	case asksJoin:
		p.join(c.from.address)
		c.number = p.world.config.Protocol.Number
	case asksList:
		if p.list == nil {
			p.list = p.members.Members()
		}
		c.list = p.list
	}
}

// join takes a node in.
func (p *provider) join(a gossip.Address) {
	fresh, err := p.members.Join(a)
	if err != nil {
		panic(err) // a world has no more nodes than a provider takes
	}
	if fresh {
		p.list = nil
	}
}

// fetcher is a node's side of the provider.
type fetcher struct {
	waits    waits
	fetching bool
}

func (w *World) askProvider(h *host, q question) {
	w.begin(&call{kind: toProvider, from: h, to: w.provider.host, payload: payload{asks: q}}, w.serverTimeout())
}

// join asks to be let in, which is how a node's life begins.
func (w *World) join(h *host) { w.askProvider(h, asksJoin) }

func (w *World) rejoin(h *host) { w.askProvider(h, asksJoin) }

func (w *World) fetch(h *host) {
	if !h.lists.fetching {
		h.lists.fetching = true
		w.askProvider(h, asksList)
	}
}

// provided is the outcome of a call to the provider.
func (w *World) provided(h *host, c *call, ok bool) {
	switch {
	case c.asks == asksList:
		h.lists.fetching = false
		if ok {
			w.act(h, protocol.Members{List: c.list})
		}
	case h.node != nil: // it had been forgotten
	case ok:
		w.joined(h)
	default:
		w.queue.push(event{at: w.now + h.lists.waits.next(w.draws), kind: retryDue, host: h, life: h.life, do: func() { w.join(h) }})
	}
}
