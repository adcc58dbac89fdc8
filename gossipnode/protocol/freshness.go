package protocol

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// Freshness decides from which instant relayed news of a node counts. A node's own
// message always counts from its arrival.
type Freshness uint8

const (
	// Arrival is when the news arrives, the original's rule. Each hop of old news
	// puts detection off by a round.
	Arrival Freshness = iota
	// Emission is when the heartbeat was sent, as far as can be told.
	Emission
)

// freshnessNames are what --freshness takes, by value.
var freshnessNames = []string{Arrival: "arrival", Emission: "emission"}

func (f Freshness) String() string { return freshnessNames[f] }

// ParseFreshness reads "arrival" or "emission".
func ParseFreshness(s string) (Freshness, error) {
	for f, name := range freshnessNames {
		if strings.EqualFold(s, name) {
			return Freshness(f), nil
		}
	}
	return 0, fmt.Errorf("freshness %q: want %s", s, strings.Join(freshnessNames, " or "))
}

// MarshalText and UnmarshalText let flags and config files hold a Freshness.
func (f Freshness) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what [ParseFreshness] reads.
func (f *Freshness) UnmarshalText(text []byte) error {
	parsed, err := ParseFreshness(string(text))
	*f = parsed
	return err
}

// sentAt is the instant from which the merged news e counts: now, or under Emission
// when its heartbeat was sent.
func (n *Node) sentAt(from gossip.Address, e gossip.DigestEntry) time.Duration {
	if n.freshness == Arrival {
		return n.clock
	}
	b := n.beats[e.Address]
	if b == nil || b.generation != e.Generation {
		b = &beatClock{generation: e.Generation, current: n.clock - time.Duration(e.Heartbeat)*n.timing.Heartbeat}
		b.windowEnds = n.clock + emissionWindow*n.timing.Fail
		n.beats[e.Address] = b
		return n.clock
	}
	if e.Address == from {
		b.restart(n.clock, e.Heartbeat, n.timing.Heartbeat)
	}
	return b.observe(n.clock, e.Heartbeat, n.timing.Heartbeat, n.timing.Fail)
}
