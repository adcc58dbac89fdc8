package protocol_test

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

func TestRestPeriod(t *testing.T) {
	for _, c := range []struct {
		protocol string
		nodes    int
		rest     time.Duration
		settle   time.Duration
	}{
		{"random", 8, 10 * time.Second, 57 * time.Second},
		{"random", 32, 10 * time.Second, 339 * time.Second},
		{"rr", 8, 21 * time.Second, 27 * time.Second},
		{"rr", 32, 93 * time.Second, 99 * time.Second},
		{"scrr", 8, 21 * time.Second, 27 * time.Second},
		{"brr", 8, 10 * time.Second, 15 * time.Second},
		{"brr", 32, 15 * time.Second, 21 * time.Second},
		{"rr", 2, 10 * time.Second, 9 * time.Second},
		{"random", 2, 10 * time.Second, 12 * time.Second},
		{"rr", 1, 10 * time.Second, 6 * time.Second},
		{"random", 1, 10 * time.Second, 6 * time.Second},
	} {
		spec, _ := protocol.ByName(c.protocol)
		p := protocol.DefaultParameters(spec)
		if got := p.RestPeriod(c.nodes); got != c.rest {
			t.Errorf("%s, %d nodes: rest period %v, want %v", c.protocol, c.nodes, got, c.rest)
		}
		if got := p.SettleTime(c.nodes); got != c.settle {
			t.Errorf("%s, %d nodes: settles in %v, want %v", c.protocol, c.nodes, got, c.settle)
		}
	}
}

// The time that is allowed where nodes cannot tell is about the time that nodes take
// that can: nowhere less than half of it.
func TestSettleTimeIsEnough(t *testing.T) {
	for _, name := range protocol.Names() {
		for _, n := range []int{2, 8, 16, 32} {
			w := newNetwork(t, name, protocol.DefaultTiming())
			w.cluster(n)
			began := w.now
			w.runUntilSettled()
			spec, _ := protocol.ByName(name)
			allowed := protocol.DefaultParameters(spec).SettleTime(n)
			if took := w.now.Sub(began); took > 2*allowed {
				t.Errorf("%s, %d nodes: settled after %v, %v are allowed", name, n, took, allowed)
			}
		}
	}
}
