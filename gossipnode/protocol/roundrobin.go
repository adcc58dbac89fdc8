package protocol

// roundRobin sends round r to the node r places further on, with r running from
// 1 to n-1 (report, "Round Robin Gossip"). From offset 1 news reaches
// 1 + r(r+1)/2 nodes in r rounds.
var roundRobin = Spec{
	Number:  2,
	Name:    "rr",
	Title:   "Round Robin",
	Ring:    KnownRing,
	Offset:  inTurn,
	Period:  func(n int) int { return n - 1 },
	Spread:  spreadInTurn,
	Hearsay: always,
}

// inTurn goes through the offsets 1 to n-1.
func inTurn(round int64, n int) int {
	return int(modulo(round, int64(n-1))) + 1
}

// spreadInTurn is R* of offsets in turn. The worst round to start in is half of R* before
// the offsets begin anew: m rounds of the last offsets, which lead 1 to m places back, reach
// m(m+1)/2 nodes behind, and p of the first ones p(p+1)/2 nodes ahead.
func spreadInTurn(n int) int {
	rounds := 0
	for reached := 1; reached < n; rounds++ {
		reached += rounds/2 + 1
	}
	return rounds
}
