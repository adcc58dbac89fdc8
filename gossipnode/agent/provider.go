package agent

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
)

// provider is the node's side of the provider: it joins with growing waits, and
// fetches the list, one call at a time.
type provider struct {
	link     wire.Provider
	self     gossip.Address
	log      *slog.Logger
	retry    time.Duration // first wait
	fetching chan struct{} // holds a token while a fetch is under way
	away     atomic.Bool
	spec     protocol.Spec
}

// join registers the node and learns its protocol. It tries until ctx ends, and
// fails only on an answer that cannot be used.
func (p *provider) join(ctx context.Context) (protocol.Spec, error) {
	waits := growing(p.retry)
	spec, err := backoff.Retry(ctx, func() (protocol.Spec, error) {
		number, err := p.link.Join(ctx, p.self)
		p.noticed(err)
		if err != nil {
			return protocol.Spec{}, err
		}
		spec, err := protocol.ByNumber(number)
		if err != nil {
			return spec, backoff.Permanent(fmt.Errorf("provider %s: %w", p.link.HostPort, err))
		}
		return spec, nil
	}, backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(0))
	if ctx.Err() != nil {
		return spec, ctx.Err()
	}
	p.spec = spec
	return spec, err
}

// members fetches the list; false if it cannot be had now, or a fetch is under
// way already.
func (p *provider) members(ctx context.Context) ([]gossip.Address, bool) {
	select {
	case p.fetching <- struct{}{}:
	default:
		return nil, false
	}
	defer func() { <-p.fetching }()
	list, err := p.link.Members(ctx)
	p.noticed(err)
	return list, err == nil
}

// rejoin registers the node at a provider that has forgotten it. A node keeps
// the protocol it began with.
func (p *provider) rejoin(ctx context.Context) {
	number, err := p.link.Join(ctx, p.self)
	p.noticed(err)
	switch {
	case err != nil:
	case number != p.spec.Number:
		p.log.Warn("the provider now has another protocol; the node keeps its own until it is restarted",
			"node", p.self, "own", p.spec.Number, "provider", number)
	default:
		p.log.Warn("registered again: the provider had forgotten the node", "node", p.self)
	}
}

// noticed says once that the provider is away, and once that it is back.
func (p *provider) noticed(err error) {
	switch was := p.away.Swap(err != nil); {
	case err != nil && !was:
		p.log.Warn("the provider does not answer, trying again", "node", p.self, "provider", p.link.HostPort, "err", err)
	case err == nil && was:
		p.log.Warn("the provider answers again", "node", p.self, "provider", p.link.HostPort)
	}
}

// growing is a wait that grows by half each time, from half of first to five times it.
func growing(first time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = first / 2
	b.MaxInterval = 5 * first
	b.Multiplier = 1.5
	b.RandomizationFactor = 0.2
	return b
}
