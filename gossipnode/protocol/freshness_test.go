package protocol_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// detectionTimes kills one of n nodes and measures until each other one suspects
// it for good; one that wrongly suspected it before counts as 0.
func detectionTimes(t *testing.T, name string, n int, f protocol.Freshness) (mean time.Duration, latest time.Duration) {
	t.Helper()
	w := newNetwork(t, name, protocol.DefaultTiming())
	w.freshness = f
	w.cluster(n)
	w.run(5 * time.Minute)
	w.untilOffset(1)
	killed := w.now
	victim := fmt.Sprintf("node%d", n)
	w.kill(victim)
	last := map[string]time.Duration{}
	w.trace = func(at time.Time, node, what string) {
		if strings.HasPrefix(what, "suspects "+victim+":") {
			last[node] = at.Sub(killed)
		}
	}
	w.run(2 * time.Minute)
	var sum time.Duration
	for _, after := range last {
		sum += after
		latest = max(latest, after)
	}
	for _, node := range w.names() {
		if w.nodes[node].up && !slices.Contains(w.suspects(node), victim) {
			t.Fatalf("%s does not suspect %s", node, victim)
		}
	}
	return sum / time.Duration(n-1), latest
}

// By emission a silence is counted from the last heartbeat sent, so everyone
// suspects about T_fail after that, however long news travels. By arrival it
// is counted from when the last news came in.
func TestEmissionDoesNotWaitForOldNews(t *testing.T) {
	for _, name := range []string{"rr", "brr", "scrr"} {
		for _, n := range []int{8, 32} {
			meanArrival, byArrival := detectionTimes(t, name, n, protocol.Arrival)
			meanEmission, byEmission := detectionTimes(t, name, n, protocol.Emission)
			t.Logf("%s, %d nodes: mean and last %v %v by arrival, %v %v by emission", name, n, meanArrival, byArrival, meanEmission, byEmission)
			if meanEmission >= meanArrival || byEmission > byArrival {
				t.Errorf("%s, %d nodes: emission is no faster: mean %v, last %v; by arrival %v, %v",
					name, n, meanEmission, byEmission, meanArrival, byArrival)
			}
		}
	}
}

// A base that moves, because the peer's clock drifts by 1 % or it was paused,
// must not leave a living node suspected for good.
func TestEmissionFollowsPausesAndDrift(t *testing.T) {
	w := newNetwork(t, "brr", protocol.DefaultTiming())
	w.freshness = protocol.Emission
	w.cluster(8)
	w.run(time.Minute)
	w.pause("node3", 25*time.Second)
	w.run(3 * time.Minute)
	for _, name := range w.names() {
		if s := w.suspects(name); len(s) > 0 {
			t.Errorf("three minutes after the pause %s still suspects %v", name, s)
		}
	}
	w = newNetwork(t, "brr", protocol.DefaultTiming())
	w.freshness = protocol.Emission
	w.cluster(8)
	w.slow("node3", 1.01)
	w.run(2 * time.Hour)
	for _, name := range w.names() {
		if s := w.suspects(name); len(s) > 0 {
			t.Errorf("with a clock 1 %% slow for two hours, %s suspects %v", name, s)
		}
	}
}

// After a pause of the peer a guess begins anew, and counts for as long as any.
func TestAGuessAfterAPauseCountsForAWhile(t *testing.T) {
	c := newLone(t, "rr", 3, nil, emission)
	const paused = 15
	for _, news := range []struct{ from, at, heartbeat, sent int }{ // in seconds
		{2, 10, 10, 10}, {2, 35, 20, 20 + paused}, {3, 39, 21, 21 + paused}, {3, 66, 48, 48 + paused}, {3, 90, 72, 72 + paused},
	} {
		c.at(time.Duration(news.at) * time.Second)
		c.gossips(news.from, entry(2, int32(news.heartbeat)))
		for e := range c.node.Endpoints() {
			want := began.Add(time.Duration(news.sent) * time.Second)
			if e.Address == numbered(2) && !e.Heard.Equal(want) {
				t.Errorf("after %d s heartbeat %d counts from %v later", news.at, news.heartbeat, e.Heard.Sub(want))
			}
		}
	}
}

// The best guess of when a peer sends its heartbeats counts for at least three T_fail,
// also when it is the first one after a long silence.
func TestABestGuessCountsForAWhile(t *testing.T) {
	type news struct{ at, delay time.Duration } // of node2 by node3, in seconds
	for _, all := range [][]news{
		{{10, 0}, {15, 5}, {50, 5}},
		{{10, 0}, {100, 0}, {106, 5}, {131, 5}, {140, 5}},
	} {
		c := newLone(t, "rr", 3, nil, emission)
		for _, news := range all {
			c.at(news.at * time.Second)
			c.gossips(3, entry(2, int32(news.at-news.delay)))
			for e := range c.node.Endpoints() {
				want := began.Add((news.at - news.delay) * time.Second)
				if e.Address == numbered(2) && !e.Heard.Equal(want) {
					t.Errorf("after %d s a heartbeat sent %d s ago counts from %v later", news.at, news.delay, e.Heard.Sub(want))
				}
			}
		}
	}
}
