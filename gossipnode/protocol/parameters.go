package protocol

import (
	"errors"
	"fmt"
	"time"
)

// Parameters are what all nodes of a cluster, and its monitor, have in common.
// They are read-only and may be shared between goroutines.
type Parameters struct {
	Protocol  Spec
	Timing    Timing
	Aligned   bool      // rounds follow the wall clock; false: each node has a phase of its own
	Freshness Freshness // from which instant relayed news counts
}

// DefaultParameters are the original's intervals, aligned rounds and freshness by
// arrival.
func DefaultParameters(s Spec) Parameters {
	return Parameters{Protocol: s, Timing: DefaultTiming(), Aligned: true}
}

// Validate names the first parameter that cannot work.
func (p Parameters) Validate() error {
	if p.Protocol.Hearsay == nil {
		return errors.New("protocol: want one of the table, got none")
	}
	if int(p.Freshness) >= len(freshnessNames) {
		return fmt.Errorf("freshness %d: want 0 (arrival) or 1 (emission)", p.Freshness)
	}
	return p.Timing.Validate()
}

// boundMargin is for message delays and slow machines; it does not scale with
// the intervals.
const boundMargin = 2 * time.Second

// DetectionBound is the longest that a cluster of so many nodes may take from the
// death of so many of them to the verdicts: T_fail, the rounds until the last
// news has spread, two more for phases, and two seconds. Twice the spread is
// allowed for when rounds are not aligned or more than two nodes die at once, and
// a round for each dead node beyond the first spread where those can be lost one
// after the other: see lostRounds. In crowded clusters opinions are told with a heartbeat; what
// that takes beyond a second comes on top.
func (p Parameters) DetectionBound(nodes, deaths int) time.Duration {
	spread := p.Protocol.SpreadRounds(nodes)
	rounds := spread
	switch {
	case deaths > 2:
		rounds += max(spread, p.Protocol.lostRounds(nodes, deaths))
	case !p.Aligned:
		rounds += spread
	}
	bound := p.Timing.Fail + time.Duration(rounds+2)*p.Timing.Gossip + boundMargin
	if nodes >= crowdedFrom {
		bound += max(0, p.Timing.Heartbeat-boundMargin/2)
	}
	return bound
}
