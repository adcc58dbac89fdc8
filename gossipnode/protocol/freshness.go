package protocol

import (
	"fmt"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// Freshness says as of when news of a node that comes by way of another renews
// it. A node's own message always renews it as of its arrival.
type Freshness uint8

const (
	// Arrival: as of when the news arrives, the original's rule. Each hop of old
	// news puts detection off by a round.
	Arrival Freshness = iota
	// Emission: as of when the heartbeat was sent, as far as can be told.
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

// beatClock estimates when a peer sent its heartbeats. Heartbeat number h is sent
// h intervals after some base on the peer's clock, so arrival less h intervals is
// that base plus the news's delay, and the smallest such offset lately seen is
// the best guess of it.
//
// "Lately" is two windows: a base moves when the peer's clock drifts, or when the
// peer was paused and sent no heartbeats for a while, and the guess must follow.
// After a restart counting begins anew.
type beatClock struct {
	generation     int32
	last, current  time.Duration // smallest offsets of the window before and of this one
	windowEnds     time.Duration
	windowsMeasure bool // last holds something
}

// emissionWindow is how long an offset counts, at most twice, in T_fail.
const emissionWindow = 3

// observe takes one heartbeat's arrival and answers the guess of when it was
// sent, never later than now.
func (b *beatClock) observe(now time.Duration, heartbeat int32, interval, fail time.Duration) time.Duration {
	age := time.Duration(heartbeat) * interval
	offset := now - age
	switch {
	case now >= b.windowEnds+emissionWindow*fail: // nothing was heard for a whole window
		*b = beatClock{generation: b.generation, current: offset}
		b.windowEnds = now + emissionWindow*fail
	case now >= b.windowEnds:
		b.last, b.windowsMeasure = b.current, true
		b.current = offset
		b.windowEnds = now + emissionWindow*fail
	default:
		b.current = min(b.current, offset)
	}
	base := b.current
	if b.windowsMeasure {
		base = min(base, b.last)
	}
	return base + age
}

// restart moves the base to what a message of the peer's own shows, when that is
// later than the guess by more than two heartbeats: the peer was paused.
func (b *beatClock) restart(now time.Duration, heartbeat int32, interval, fail time.Duration) {
	offset := now - time.Duration(heartbeat)*interval
	base := b.current
	if b.windowsMeasure {
		base = min(base, b.last)
	}
	if offset > base+2*interval {
		*b = beatClock{generation: b.generation, current: offset, windowEnds: now + emissionWindow*fail}
	}
}

// sentAt is as of when the news e counts that has just been taken over: now, or
// under Emission when its heartbeat was sent.
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
		b.restart(n.clock, e.Heartbeat, n.timing.Heartbeat, n.timing.Fail)
	}
	return b.observe(n.clock, e.Heartbeat, n.timing.Heartbeat, n.timing.Fail)
}
