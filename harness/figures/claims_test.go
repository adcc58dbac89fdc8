package figures

import (
	"math"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/claims"
	"gossiprpc/internal/gossip"
)

func setting(t *testing.T, name string, n int) Setting {
	t.Helper()
	p, ok := protocol.ByName(name)
	if !ok {
		t.Fatalf("no protocol %q", name)
	}
	return Setting{Protocol: p, Nodes: n, Timing: protocol.DefaultTiming()}
}

// measure sums up runs trials of a setting.
func measure(t *testing.T, s Setting, runs int, calm time.Duration) Quality {
	t.Helper()
	all := make([]Measurement, runs)
	for i := range all {
		trial := Trial{Setting: s, Seed: uint64(i) + 1, Warm: s.WarmUp(), Calm: calm}
		sample, err := trial.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all[i] = Measurement{trial, sample}
	}
	return Summarise(all)
}

// TestClosedForms: from offset 1 news reaches 1 + r(r+1)/2 nodes in r rounds of
// round robin, and all in ceil(log2 n) of binary round robin (report, table 1 and
// the text beside it).
func TestClosedForms(t *testing.T) {
	for n := 2; n <= 70; n += 1 + n/6 {
		least := 0
		for least*(least+1)/2+1 < n {
			least++
		}
		for name, want := range map[string]int{"rr": least, "scrr": least, "brr": int(math.Ceil(math.Log2(float64(n))))} {
			if got, err := claims.Spread(setting(t, name, n).Protocol, n, 0); err != nil || got != want {
				t.Errorf("%s, %d nodes: %d rounds, %v; by the formula %d", name, n, got, err, want)
			}
		}
	}
}

// TestRandomAccuracy: a node with random gossip sends T_fail/gossip messages in
// T_fail, each to another node, and is heard of only by those: an observer is
// right for that share of the others. Van Renesse, Minsky and Hayden's service
// (1998) counts hearsay, so its detection times, which grow with log n, are not
// matched: here T_fail would have to grow with n for single observers, and need
// not for the verdict.
func TestRandomAccuracy(t *testing.T) {
	for _, n := range []int{8, 32} {
		s := setting(t, "random", n)
		q := measure(t, s, 3, 2*time.Minute)
		want := s.Timing.Fail.Seconds() / s.Timing.Gossip.Seconds() / float64(n-1)
		if got := q.Observers.Accuracy; math.Abs(got.Mean-want) > got.Half+0.005 {
			t.Errorf("%d nodes: observers are right for %v of the time, want %.4f", n, got, want)
		}
		if q.Verdicts.Count > 0 {
			t.Errorf("%d nodes: %d wrong verdicts", n, q.Verdicts.Count)
		}
	}
}

// TestRandomDetection: the verdict comes T_fail after a node's last message, which
// was half an interval before its death in the mean. SWIM's e/(e-1) periods to the
// first detection (Das, Gupta and Motivala, 2002, section 3.1) is of probes that
// go unanswered; here nobody probes, silence has to grow to T_fail, so it has
// nothing to match. Its 1/e of nodes untouched in a round is in harness/sim/claims.
func TestRandomDetection(t *testing.T) {
	s := setting(t, "random", 16)
	q := measure(t, s, 40, 0)
	want := (s.Timing.Fail - s.Timing.Gossip/2).Seconds()
	if math.Abs(q.Detection.Mean-want) > q.Detection.Half+0.1 {
		t.Errorf("found after %v s, want %g", q.Detection, want)
	}
	if low, high := (s.Timing.Fail - s.Timing.Gossip).Seconds(), s.Timing.Fail.Seconds(); q.Low < low ||
		q.High > high+0.1 {
		t.Errorf("found after %.2f to %.2f s, want %g to %g", q.Low, q.High, low, high)
	}
	t.Logf("%v s, by the formula %g", q.Detection, want)
}

// TestLoad: one call a node and interval at any size (SWIM's constant load, van
// Renesse's gossip), and bytes that grow with n as the digest does.
func TestLoad(t *testing.T) {
	for _, name := range protocol.Names() {
		var perEntry [2]float64
		for i, n := range []int{16, 64} {
			s := setting(t, name, n)
			q := measure(t, s, 2, time.Minute)
			if want := 1 / s.Timing.Gossip.Seconds(); math.Abs(q.Messages.Mean-want) > want/100 {
				t.Errorf("%s, %d nodes: %v calls a node and second, want %.4f", name, n, q.Messages, want)
			}
			perEntry[i] = q.Bytes.Mean / float64(n)
		}
		if perEntry[1] > perEntry[0] || perEntry[1] < 0.8*perEntry[0] {
			t.Errorf("%s: %.1f bytes a second and entry at 16 nodes, %.1f at 64", name, perEntry[0], perEntry[1])
		}
	}
}

// TestPushSpread: under random gossip too digests carry news of others, though it
// counts for nothing. It reaches all in log2 n + ln n rounds and a constant
// (Pittel, 1987, of push by uniform draws). Ours draws nobody twice within T_fail.
func TestPushSpread(t *testing.T) {
	const n, runs = 64, 30
	var rounds []float64
	for seed := range uint64(runs) {
		c := setting(t, "random", n).config(seed + 1)
		c.Spread = 0
		w, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		gossipEvery := c.Timing.Gossip
		w.Run(30 * time.Second)
		w.Run(gossipEvery - time.Duration(w.Now().UnixNano()%int64(gossipEvery)) - time.Millisecond) // just before a round
		news := w.Node("node1")
		generation, heartbeat := news.Version()
		count := 0
		for !reached(w, news.Self(), generation, heartbeat) {
			w.Run(gossipEvery)
			if count++; count > 100 {
				t.Fatal("the news does not reach all")
			}
		}
		rounds = append(rounds, float64(count))
	}
	e, want := estimate(rounds), math.Log2(n)+math.Log(n)
	t.Logf("%v rounds, log2 n + ln n is %.2f", e, want)
	if math.Abs(e.Mean-want) > 1.5 {
		t.Errorf("%v rounds, want %.2f give or take 1.5", e, want)
	}
}

func reached(w *sim.World, of gossip.Address, generation, heartbeat int32) bool {
	for _, name := range w.Nodes() {
		e, ok := w.Node(name).Digest().Get(of)
		if !ok || !e.NewerThan(generation, heartbeat-1) {
			return false
		}
	}
	return true
}

// TestFreshness compares both rules at 8 and 32 nodes, with and
// without loss between nodes. No verdict is wrong without loss, and detection by
// emission is no slower than by arrival.
func TestFreshness(t *testing.T) {
	for _, name := range []string{"rr", "brr", "scrr"} {
		for _, n := range []int{8, 32} {
			for _, loss := range []float64{0, 0.1} {
				var by [2]Quality
				for _, rule := range bothRules {
					s := setting(t, name, n)
					s.Freshness, s.Loss = rule, loss
					by[rule] = measure(t, s, 8, time.Minute)
					q := by[rule]
					t.Logf("%s, %d nodes, loss %g, %v: found in %v s, observers wrong for %.1f %%, "+
						"%d wrong verdicts in %.1f node-hours",
						name, n, loss, rule, q.Detection, 100*(1-q.Observers.Accuracy.Mean),
						q.Verdicts.Count+q.WrongInDetection, q.Verdicts.Hours)
					if loss == 0 && (q.Verdicts.Count+q.WrongInDetection > 0 || q.Missed > 0) {
						t.Errorf("%s, %d nodes, %v: %d wrong verdicts, %d deaths not found, without loss", name, n, rule,
							q.Verdicts.Count+q.WrongInDetection, q.Missed)
					}
				}
				if a, e := by[0].Detection, by[1].Detection; loss == 0 && e.Mean > a.Mean+0.1 {
					t.Errorf("%s, %d nodes: by emission in %v s, by arrival in %v s", name, n, e, a)
				}
			}
		}
	}
}
