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
	Hearsay: always,
}

// inTurn goes through the offsets 1 to n-1.
func inTurn(round int64, n int) int {
	return int(modulo(round, int64(n-1))) + 1
}
