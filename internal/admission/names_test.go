package admission

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// zone is a resolver whose answers a test changes.
type zone struct {
	mu    sync.Mutex
	hosts map[string]string // addresses with blanks between them
	down  bool
	took  time.Duration // each lookup
	asked int
}

func (z *zone) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	select {
	case <-time.After(z.took):
	case <-ctx.Done():
		return nil, fmt.Errorf("%s %w: %w", host, errResolver, ctx.Err())
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked++
	if z.down {
		return nil, fmt.Errorf("%s %w: server gone", host, errResolver)
	}
	var addrs []netip.Addr
	for text := range strings.FieldsSeq(z.hosts[host]) {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	if addrs == nil {
		return nil, fmt.Errorf("there is no host %s", host)
	}
	return addrs, nil
}

func (z *zone) set(hosts map[string]string, down bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.hosts, z.down = hosts, down
}

func (z *zone) count() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked
}

// pass lets the time of a synctest bubble pass.
func pass(d time.Duration) { <-time.After(d) }

func ask(t *testing.T, n *names, host, addr, want string) {
	t.Helper()
	err := n.check(t.Context(), host, netip.MustParseAddr(addr))
	switch {
	case want == "" && err != nil:
		t.Errorf("%s at %s: refused, %v", host, addr, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s at %s: error %v, want %q", host, addr, err, want)
	}
}

func TestAHostIsWhereItsNameLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{hosts: map[string]string{"node1": "10.0.0.1 10.0.0.9 fd00::1", "node2": "::ffff:10.0.0.2"}}
		n := newNames(z.lookup, time.Now)
		ask(t, n, "node1", "10.0.0.1", "")
		ask(t, n, "node1", "10.0.0.9", "")
		ask(t, n, "node1", "fd00::1", "")
		ask(t, n, "node2", "10.0.0.2", "")
		ask(t, n, "node1", "10.0.0.2", "node1 is not at 10.0.0.2")
		ask(t, n, "node3", "10.0.0.2", "there is no host node3")
		ask(t, n, "10.0.0.2", "10.0.0.2", "")
		ask(t, n, "10.0.0.2", "10.0.0.3", "10.0.0.3 is not 10.0.0.2")
		if z.asked != 3 {
			t.Errorf("the resolver was asked %d times for 3 names", z.asked)
		}
	})
}

// An answer is kept for seconds, and one that speaks against a caller for less: a
// container that is started again moves.
func TestAnswersGrowOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{hosts: map[string]string{"node1": "10.0.0.1"}}
		n := newNames(z.lookup, time.Now)
		ask(t, n, "node1", "10.0.0.1", "")
		z.set(map[string]string{"node1": "10.0.0.7"}, false)
		ask(t, n, "node1", "10.0.0.7", "not at")
		pass(doubted)
		ask(t, n, "node1", "10.0.0.7", "")
		ask(t, n, "node1", "10.0.0.1", "not at")
		z.set(nil, false)
		pass(fresh - 1)
		ask(t, n, "node1", "10.0.0.7", "")
		pass(1)
		ask(t, n, "node1", "10.0.0.7", "there is no host")
		if z.asked != 3 {
			t.Errorf("the resolver was asked %d times, want 3", z.asked)
		}
	})
}

// A resolver that fails lets nobody new in; whom it has once confirmed may go on.
func TestAResolverThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{hosts: map[string]string{"node1": "10.0.0.1"}}
		n := newNames(z.lookup, time.Now)
		ask(t, n, "node1", "10.0.0.1", "")
		z.set(nil, true)
		pass(fresh)
		ask(t, n, "node1", "10.0.0.1", "")
		ask(t, n, "node1", "10.0.0.2", "cannot be looked up")
		ask(t, n, "node2", "10.0.0.2", "cannot be looked up")
		pass(stale)
		ask(t, n, "node1", "10.0.0.1", "cannot be looked up")
		z.set(map[string]string{"node1": "10.0.0.1"}, false)
		pass(doubted)
		ask(t, n, "node1", "10.0.0.1", "")
	})
}

func TestOneLookupForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{hosts: map[string]string{"node1": "10.0.0.1"}, took: time.Second}
		n := newNames(z.lookup, time.Now)
		gone, hangUp := context.WithCancel(t.Context())
		first := make(chan error)
		go func() { first <- n.check(gone, "node1", netip.MustParseAddr("10.0.0.1")) }()
		synctest.Wait()
		var waiting sync.WaitGroup
		for range 50 {
			waiting.Go(func() { ask(t, n, "node1", "10.0.0.1", "") })
		}
		synctest.Wait()
		hangUp() // the one whose lookup the others wait for
		waiting.Wait()
		if err := <-first; err != nil {
			t.Errorf("who hung up was told %v", err)
		}
		if z.count() != 1 {
			t.Errorf("%d lookups, want 1", z.count())
		}
	})
}

func TestLookupsAndNamesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{took: time.Hour} // longer than anybody waits
		n := newNames(z.lookup, time.Now)
		var all sync.WaitGroup
		for i := range 4 * lookupsAtOnce {
			all.Go(func() {
				err := n.check(t.Context(), fmt.Sprintf("ghost%d", i), netip.MustParseAddr("10.6.6.6"))
				if !errors.Is(err, errResolver) {
					t.Errorf("ghost%d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		n.mu.Lock()
		if len(n.slots) != lookupsAtOnce || len(n.asked) != lookupsAtOnce {
			t.Errorf("%d lookups of %d names under way, want %d", len(n.slots), len(n.asked), lookupsAtOnce)
		}
		n.mu.Unlock()
		all.Wait()
		z.took = 0
		pass(doubted)
		for i := range 2 * maxNames {
			ask(t, n, fmt.Sprintf("ghost%d", i), "10.6.6.6", "there is no host")
		}
		if len(n.known) > maxNames || len(n.asked) > 0 {
			t.Errorf("%d names are remembered, %d asked for", len(n.known), len(n.asked))
		}
	})
}

func TestARefusalIsSaidOnceACallerAndMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := logged()
		r := newRefusals(log, time.Now)
		liar := netip.MustParseAddr("10.6.6.6")
		for range 5 {
			r.add(liar, errors.New("no"))
			r.add(netip.MustParseAddr("10.7.7.7"), errors.New("nor you"))
			pass(quietFor / 5)
		}
		r.add(liar, errors.New("still no"))
		want := []string{
			"caller=10.6.6.6 why=no", "caller=10.7.7.7 why=\"nor you\"", "caller=10.6.6.6 why=\"still no\" more_since_last=4",
		}
		if got := lines(); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("logged %q, want %q", got, want)
		}
	})
}

func TestManyCallersShareALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, lines := logged()
		r := newRefusals(log, time.Now)
		from := netip.MustParseAddr("10.0.0.0")
		for range 3 * maxCallers {
			from = from.Next()
			r.add(from, errors.New("no"))
		}
		if got := lines(); len(got) != maxCallers+1 || got[maxCallers] != "caller=others why=no" {
			t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
		}
		pass(quietFor)
		r.add(from, errors.New("no"))
		if got := lines(); len(r.said) > 2 || got[len(got)-1] != "caller="+from.String()+" why=no" {
			t.Errorf("%d callers are remembered, the last line is %q", len(r.said), got[len(got)-1])
		}
	})
}
