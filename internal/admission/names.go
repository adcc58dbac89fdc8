package admission

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	lookupPatience = 2 * time.Second
	lookupsAtOnce  = 16
	maxNames       = 4096 // remembered

	// fresh is how long an answer is believed, and doubted how long one that speaks
	// against a caller is: a container that was started again has another address.
	fresh   = 10 * time.Second
	doubted = time.Second
	// stale is how long an answer that speaks for a caller lasts while the resolver
	// itself fails.
	stale = 5 * time.Minute
)

// errResolver is wrapped by errors of lookups that say nothing about the name.
var errResolver = errors.New("cannot be looked up")

// lookup finds all addresses of a host. An error that wraps errResolver says nothing
// about the host, any other that there is no such host.
type lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// names remembers what hosts resolve to. It is safe for many goroutines.
type names struct {
	lookup lookup
	now    func() time.Time
	slots  chan struct{}

	mu    sync.Mutex
	known map[string]*resolution
	asked map[string]chan struct{} // hosts being looked up; closed when that is done
}

// resolution is the latest answer for a host.
type resolution struct {
	addrs []netip.Addr // of the latest answer that the resolver gave
	got   time.Time    // when it gave that
	tried time.Time    // when it was last asked
	err   error        // what came of that
}

func newNames(l lookup, now func() time.Time) *names {
	return &names{
		lookup: l, now: now, slots: make(chan struct{}, lookupsAtOnce),
		known: map[string]*resolution{}, asked: map[string]chan struct{}{},
	}
}

// check is nil if host is at a. A host may have many addresses.
func (n *names) check(ctx context.Context, host string, a netip.Addr) error {
	if literal, err := netip.ParseAddr(host); err == nil {
		if literal.Unmap() == a {
			return nil
		}
		return fmt.Errorf("%s is not %s", a, host)
	}
	for {
		n.mu.Lock()
		if r := n.known[host]; r != nil {
			if decided, verdict := r.judge(n.now(), host, a); decided {
				n.mu.Unlock()
				return verdict
			}
		}
		done, asking := n.asked[host]
		if !asking {
			done = make(chan struct{})
			n.asked[host] = done
		}
		n.mu.Unlock()
		if asking {
			select {
			case <-done:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return n.ask(ctx, host, a, done)
	}
}

// judge decides by what is known, if that is fresh enough.
func (r *resolution) judge(now time.Time, host string, a netip.Addr) (decided bool, verdict error) {
	age := now.Sub(r.tried)
	switch found := slices.Contains(r.addrs, a); {
	case errors.Is(r.err, errResolver):
		if found && now.Sub(r.got) < stale {
			return age < doubted, nil
		}
		return age < doubted, r.err
	case found:
		return age < fresh, nil
	case r.err != nil:
		return age < doubted, r.err
	}
	return age < doubted, fmt.Errorf("%s is not at %s", host, a)
}

// ask looks host up and decides.
func (n *names) ask(ctx context.Context, host string, a netip.Addr, done chan struct{}) error {
	addrs, err := n.find(ctx, host)
	n.mu.Lock()
	defer n.mu.Unlock()
	defer close(done)
	delete(n.asked, host)
	now := n.now()
	r := n.known[host]
	if r == nil {
		n.makeRoom(now)
		r = &resolution{}
		n.known[host] = r
	}
	r.tried, r.err = now, err
	if !errors.Is(err, errResolver) {
		r.addrs, r.got = addrs, now
	}
	_, verdict := r.judge(now, host, a)
	return verdict
}

func (n *names) find(ctx context.Context, host string) ([]netip.Addr, error) {
	select {
	case n.slots <- struct{}{}:
		defer func() { <-n.slots }()
	default:
		return nil, fmt.Errorf("%s %w: %d other names are being looked up", host, errResolver, lookupsAtOnce)
	}
	// One caller that hangs up must not spoil the answer for those that wait for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupPatience)
	defer cancel()
	addrs, err := n.lookup(ctx, host)
	for i, a := range addrs {
		addrs[i] = a.Unmap().WithZone("")
	}
	return addrs, err
}

// makeRoom forgets what is too old to be believed, and if that is not enough a
// quarter of the rest, whichever: it is looked up again when it is needed.
func (n *names) makeRoom(now time.Time) {
	if len(n.known) < maxNames {
		return
	}
	for host, r := range n.known {
		if now.Sub(r.tried) >= fresh && now.Sub(r.got) >= stale {
			delete(n.known, host)
		}
	}
	for host := range n.known {
		if len(n.known) <= maxNames*3/4 {
			return
		}
		delete(n.known, host)
	}
}

// bySystem asks this machine's resolver.
func bySystem(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	var dns *net.DNSError
	switch {
	case err == nil:
		return addrs, nil
	case errors.As(err, &dns) && dns.IsNotFound:
		return nil, fmt.Errorf("there is no host %s", host)
	}
	return nil, fmt.Errorf("%s %w: %w", host, errResolver, err)
}
