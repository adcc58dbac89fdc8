package protocol

import (
	"math"
	"time"
)

// RestPeriod is how long a settled cluster of so many nodes goes on before it is at
// rest: one period of the ring, in which every pair that meets at all has met, and at
// least T_fail, for so long what a handshake brought counts.
func (p Parameters) RestPeriod(nodes int) time.Duration {
	if p.Protocol.Offset == nil || nodes < 2 {
		return p.Timing.Fail
	}
	return max(p.Timing.Fail, time.Duration(p.Protocol.Period(nodes))*p.Timing.Gossip)
}

// SettleTime is how long a cluster of so many nodes usually takes from joining to
// being settled: a round for each place of the ring that rounds go to, and at random
// n ln n rounds, until every pair has met. Two rounds more are for phases.
func (p Parameters) SettleTime(nodes int) time.Duration {
	rounds := 0
	switch {
	case nodes < 2:
	case p.Protocol.Offset == nil:
		rounds = int(math.Ceil(float64(nodes) * math.Log(float64(nodes))))
	default:
		rounds = p.Protocol.Period(nodes)
	}
	return time.Duration(rounds+2) * p.Timing.Gossip
}
