// Package advise finds, in virtual time, the settings that a cluster can do with:
// the smallest safe T_fail for a gossip interval, and the longest gossip interval
// for a T_fail.
//
// A protocol, a size and a loss go in; a text for people comes out, which also says
// how its figures were obtained. A setting counts as safe when no verdict about a
// running node was wrong in any run ([Question]). A second answer requires that
// single observers are right too, for those who read the suspect matrix. What the
// runs have not shown may still happen; the upper end of the 95 % interval, three
// over the node-hours watched, says how seldom.
package advise

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/figures"
)

// Question is what is to be found out.
type Question struct {
	figures.Setting               // with the intervals given; Loss is between nodes, ServersLoss to and from the monitor
	Runs            int           // of each setting tried
	Calm            time.Duration // virtual time that each is watched for, before one node is killed
	Accuracy        float64       // what single observers must reach for the second answer, 0 to 1
	Seed            uint64
	asked           map[asked]Answer
	// tell is told of each run that is over: how many are, of a setting's; nil: nobody.
	tell func(t protocol.Timing, runs int)
}

type asked struct {
	protocol.Timing
	protocol.Freshness
}

// Answer is what runs of one setting have shown.
type Answer struct {
	figures.Quality
	Wrong int // verdicts about running nodes, while calm and while a death was being found
}

// Safe tells whether no verdict was wrong and every death was found.
func (a Answer) Safe() bool { return a.Wrong == 0 && a.Missed == 0 }

// SafeForObservers also requires that single observers are right for this share of
// the time.
func (a Answer) SafeForObservers(accuracy float64) bool {
	return a.Safe() && a.Observers.Accuracy.Mean >= accuracy
}

// Rare is how often a verdict may still be wrong though none was seen to be:
// mistakes about a node in an hour, at 95 % confidence.
func (a Answer) Rare() float64 { return 3 / a.Verdicts.Hours }

// Budget picks runs so that each setting tried costs about as much at any size.
func Budget(nodes int, t protocol.Timing) (runs int, calm time.Duration) {
	const merges = 1e6 // digest entries
	rounds := max(60, merges/float64(nodes*nodes))
	runs = 4
	calm = time.Duration(min(rounds/float64(runs), 1200) * float64(t.Gossip))
	return runs, calm.Round(time.Second)
}

// Ask measures one setting. It measures none twice.
func (q Question) Ask(ctx context.Context, t protocol.Timing) (Answer, error) {
	if a, ok := q.asked[asked{t, q.Freshness}]; ok {
		return a, nil
	}
	s := q.Setting
	s.Timing = t
	runs := make([]figures.Measurement, q.Runs)
	var over atomic.Int32
	if q.tell != nil {
		q.tell(t, 0)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range runs {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			trial := figures.Trial{Setting: s, Seed: q.Seed + uint64(i), Warm: s.WarmUp(), Calm: q.Calm}
			sample, err := trial.Run(ctx)
			runs[i] = figures.Measurement{Trial: trial, Sample: sample}
			if n := over.Add(1); err == nil && q.tell != nil {
				q.tell(t, int(n))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Answer{}, err
	}
	a := Answer{Quality: figures.Summarise(runs)}
	a.Wrong = a.Verdicts.Count + a.WrongInDetection
	if q.asked != nil {
		q.asked[asked{t, q.Freshness}] = a
	}
	return a, nil
}

// search finds the smallest step at which good holds, provided that it holds from
// some step on. ask measures a step. ok is false if good does not hold at the last.
func search(first, last int, ask func(step int) (Answer, error), good func(Answer) bool) (found Answer, ok bool,
	err error,
) {
	for first <= last {
		middle := (first + last) / 2
		a, err := ask(middle)
		if err != nil {
			return a, false, err
		}
		if good(a) {
			found, ok = a, true
			last = middle - 1
		} else {
			first = middle + 1
		}
	}
	return found, ok, nil
}

// ladder is T_fail in gossip intervals, or the reverse: steps of about a tenth.
var ladder = []float64{
	1.1, 1.2, 1.35, 1.5, 1.7, 2, 2.2, 2.5, 2.8, 3, 3.33, 3.7, 4, 4.5, 5, 5.5, 6, 6.7, 7.5, 8.3, 9, 10, 11, 12, 13.5, 15,
	17, 19, 21, 23, 25, 28, 31, 35, 39, 44, 49, 55, 62, 70, 80, 90, 100, 115, 130, 150, 175, 200,
}

// SmallestFail searches T_fail for the question's gossip interval. ok is false if
// none up to 200 intervals will do.
func (q Question) SmallestFail(ctx context.Context, good func(Answer) bool) (a Answer, ok bool, err error) {
	return search(0, len(ladder)-1, func(step int) (Answer, error) {
		t := q.Timing
		t.Fail = round(ladder[step] * float64(t.Gossip))
		if t.Fail <= t.Heartbeat {
			return Answer{Wrong: 1}, nil
		}
		return q.Ask(ctx, t)
	}, good)
}

// LongestGossip searches the gossip interval for the question's T_fail.
func (q Question) LongestGossip(ctx context.Context, good func(Answer) bool) (a Answer, ok bool, err error) {
	return search(0, len(ladder)-1, func(step int) (Answer, error) {
		t := q.Timing
		t.Gossip = round(float64(t.Fail) / ladder[step])
		if t.Gossip >= t.Fail {
			return Answer{Wrong: 1}, nil
		}
		return q.Ask(ctx, t)
	}, good)
}

func round(d float64) time.Duration {
	return max(time.Duration(d).Round(50*time.Millisecond), 10*time.Millisecond)
}
