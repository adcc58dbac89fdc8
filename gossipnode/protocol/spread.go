package protocol

import "sync"

// SpreadRounds is R*(n): the rounds that news of one node needs to reach all n,
// worst over the round in which it starts. It is 1 for random gossip, which
// hears of a node only from that node, and 0 for fewer than two nodes.
func (s Spec) SpreadRounds(n int) int {
	if n < 2 {
		return 0
	}
	switch {
	case s.Offset == nil:
		return 1
	case s.Spread != nil:
		return s.Spread(n)
	}
	key := spreadKey{s.Name, n}
	if r, ok := spreadCache.Load(key); ok {
		return r.(int)
	}
	worst := 0
	for start := range s.Period(n) {
		worst = max(worst, s.SpreadRoundsFrom(n, int64(start)))
	}
	spreadCache.Store(key, worst)
	return worst
}

// spreadCache remembers R* of protocols without a formula: it never changes.
var spreadCache sync.Map

type spreadKey struct {
	protocol string
	nodes    int
}

// SpreadRoundsFrom is R(n) for news that starts in the given round; round 0 is
// the one with offset 1 (report, table 1). The protocol must have offsets.
func (s Spec) SpreadRoundsFrom(n int, round int64) int {
	reached := make([]bool, n)
	reached[0] = true
	rounds := 0
	for count := 1; count < n; rounds++ {
		d := s.Offset(round+int64(rounds), n)
		var fresh []int
		for i, has := range reached {
			if to := (i + d) % n; has && !reached[to] {
				fresh = append(fresh, to)
			}
		}
		for _, i := range fresh {
			reached[i] = true
		}
		count += len(fresh)
	}
	return rounds
}

// lostRounds is how many rounds in a row may spread nothing when so many nodes
// die at once. When a run of neighbours in the ring dies, the live nodes' offsets
// may lead into it for as many rounds as it is long, and all of them then go on to
// the one node behind it. There are no more such offsets than a period has.
//
// Where hearsay about a suspected node counts for nothing, old news of the dead
// does not come back however slowly it spreads.
//
// Found by simulation (no loss, runs of neighbours and random victims, an eighth
// to three quarters dead, deaths in each round of the cycle): rr, the worst case,
// needed at most 10 rounds at n = 16 (R* 7), 20 at 32 (R* 11), 39 at 64 (R* 15,
// 40 dead) and 63 at 128 (R* 22, 64 dead), never more than the deaths and 9, or
// twice R*; brr at most 1.4 R* at n = 16 to 256; scrr at most 3 rounds.
func (s Spec) lostRounds(nodes, deaths int) int {
	if s.Offset == nil || nodes < 2 || !s.Hearsay(true) {
		return 0
	}
	return min(deaths, s.Period(nodes))
}
