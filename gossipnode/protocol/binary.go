package protocol

import "math/bits"

// binaryRoundRobin sends round r to the node 2^r places further on and starts
// again when that would be all the way round (report, "Binary Round Robin
// Gossip"). News reaches all n nodes in ceil(log2 n) rounds from any start.
//
// The original's cycle has floor(log2 n) + 2 rounds, in some of which a node
// gossips to itself; those are left out.
var binaryRoundRobin = Spec{
	Number:  4,
	Name:    "brr",
	Title:   "Binary Round Robin",
	Ring:    ListRing,
	Offset:  func(round int64, n int) int { return 1 << modulo(round, int64(ceilLog2(n))) },
	Period:  ceilLog2,
	Spread:  ceilLog2,
	Hearsay: always,
}

// ceilLog2 is the number of powers of two below n.
func ceilLog2(n int) int { return bits.Len(uint(n - 1)) }
