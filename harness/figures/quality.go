package figures

import (
	"math"
	"slices"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

// Quality is a setting's quality of service over several trials, by Chen, Toueg
// and Aguilera (On the quality of service of failure detectors, 2002): of the
// monitor's verdicts, and of single observers' opinions. Times are in seconds.
type Quality struct {
	Setting
	Runs       int
	FirstSeed  uint64
	Warm, Calm time.Duration

	Detection         Estimate // T_D: death to the verdict for good
	Low, High         float64  // of the same
	ObserverDetection Estimate // of single observers
	Missed            int      // deaths without a verdict

	Verdicts, Observers Mistakes
	WrongInDetection    int // mistaken verdicts about others while the death was being found

	Messages, Bytes Estimate // per node and second, between nodes
}

// Mistakes are wrong suspicions: of a node by the monitor, or by an observer.
type Mistakes struct {
	Count    int
	Hours    float64  // watched, of one node by the monitor or by one observer
	Rate     Estimate // an hour
	Duration Estimate // T_M, in seconds; NaN without mistakes
	Accuracy Estimate // P_A: share of time without a mistake
}

// Recurrence is T_MR, the mean time from one mistake to the next, in seconds; NaN
// without mistakes.
func (m Mistakes) Recurrence() float64 {
	if m.Count == 0 {
		return math.NaN()
	}
	return m.Hours * 3600 / float64(m.Count)
}

// Summarise sums up trials of one setting.
func Summarise(runs []Measurement) Quality {
	q := Quality{
		Setting: runs[0].Setting, Runs: len(runs), FirstSeed: runs[0].Seed, Warm: runs[0].Warm, Calm: runs[0].Calm,
		Low: math.Inf(1), High: math.Inf(-1),
	}
	var detection, observer, messages, bytes []float64
	for _, r := range runs {
		if r.Death.Verdict == sim.None {
			q.Missed++
		} else {
			d := r.Death.Verdict.Seconds()
			detection = append(detection, d)
			q.Low, q.High = min(q.Low, d), max(q.High, d)
		}
		mean, _ := r.Death.mean()
		observer = append(observer, mean)
		if r.Calm > 0 {
			node := r.Quiet.NodeTime.Seconds()
			calls := int64(0)
			for _, n := range r.Quiet.Calls {
				calls += n
			}
			messages, bytes = append(messages, float64(calls)/node), append(bytes, float64(r.Quiet.Bytes)/node)
			q.WrongInDetection += len(r.Whole.Mistakes) - len(r.Quiet.Mistakes)
		}
	}
	q.Detection, q.ObserverDetection = estimate(detection), estimate(observer)
	q.Messages, q.Bytes = estimate(messages), estimate(bytes)
	wrongVerdicts := func(r sim.Result) (int, time.Duration) { return len(r.Mistakes), r.NodeTime }
	wrongSuspicions := func(r sim.Result) (int, time.Duration) { return r.Suspicions, r.PairTime }
	q.Verdicts = mistakes(runs, sim.Result.Quality, wrongVerdicts)
	q.Observers = mistakes(runs, sim.Result.Observers, wrongSuspicions)
	return q
}

func mistakes(
	runs []Measurement, view func(sim.Result) sim.Quality, count func(sim.Result) (int, time.Duration),
) Mistakes {
	var m Mistakes
	var rate, duration, accuracy []float64
	for _, r := range runs {
		if r.Calm == 0 {
			continue
		}
		n, watched := count(r.Quiet)
		v := view(r.Quiet)
		m.Count += n
		m.Hours += watched.Hours()
		rate, accuracy = append(rate, float64(n)/watched.Hours()), append(accuracy, v.Accuracy)
		if v.Duration != sim.None {
			duration = append(duration, v.Duration.Seconds())
		}
	}
	m.Rate, m.Duration, m.Accuracy = estimate(rate), estimate(duration), estimate(accuracy)
	return m
}

var qualityHead = []string{
	"protocol", "freshness", "nodes", "loss", "servers_loss", "heartbeat_s", "gossip_s", "fail_s", "runs", "first_seed",
	"warm_s", "calm_s",
	"detection_s_mean", "detection_s_ci95", "detection_s_low", "detection_s_high", "missed",
	"observer_detection_s_mean", "observer_detection_s_ci95",
	"verdict_hours", "verdict_mistakes", "verdict_mistakes_per_hour_mean", "verdict_mistakes_per_hour_ci95",
	"verdict_recurrence_s", "verdict_duration_s_mean", "verdict_duration_s_ci95",
	"verdict_accuracy_mean", "verdict_accuracy_ci95",
	"verdict_mistakes_in_detection",
	"observer_hours", "observer_mistakes", "observer_mistakes_per_hour_mean", "observer_mistakes_per_hour_ci95",
	"observer_recurrence_s", "observer_duration_s_mean", "observer_duration_s_ci95",
	"observer_accuracy_mean", "observer_accuracy_ci95",
	"messages_per_node_s_mean", "messages_per_node_s_ci95", "bytes_per_node_s_mean", "bytes_per_node_s_ci95",
}

func (q Quality) row() []string {
	pair := func(e Estimate) []string { return []string{number(e.Mean), number(e.Half)} }
	return slices.Concat(
		[]string{
			q.Protocol.Name, q.Freshness.String(), strconv.Itoa(q.Nodes), number(q.Loss), number(q.ServersLoss),
			seconds(q.Timing.Heartbeat), seconds(q.Timing.Gossip), seconds(q.Timing.Fail),
			strconv.Itoa(q.Runs), strconv.FormatUint(q.FirstSeed, 10), seconds(q.Warm), seconds(q.Calm),
		},
		pair(q.Detection), []string{number(q.Low), number(q.High), strconv.Itoa(q.Missed)}, pair(q.ObserverDetection),
		q.Verdicts.row(), []string{strconv.Itoa(q.WrongInDetection)}, q.Observers.row(), pair(q.Messages), pair(q.Bytes),
	)
}

func (m Mistakes) row() []string {
	return []string{
		number(m.Hours), strconv.Itoa(m.Count), number(m.Rate.Mean), number(m.Rate.Half), number(m.Recurrence()),
		number(m.Duration.Mean), number(m.Duration.Half), number(m.Accuracy.Mean), number(m.Accuracy.Half),
	}
}

// plan is a setting to measure, in how many trials, and for how long a calm.
type plan struct {
	Setting
	runs int
	calm time.Duration
}

// trials turns plans into jobs; when they are done, results[i] holds what came of
// plan i.
func trials(plans []plan, seed uint64) (jobs []job, results [][]Measurement) {
	results = make([][]Measurement, len(plans))
	for i, p := range plans {
		results[i] = make([]Measurement, p.runs)
		for k := range p.runs {
			t := Trial{Setting: p.Setting, Seed: seed + uint64(k), Warm: p.WarmUp(), Calm: p.calm}
			results[i][k].Trial = t
			rounds := (t.Warm+t.Calm+p.Timing.Fail)/p.Timing.Gossip + time.Duration(p.Protocol.SpreadRounds(p.Nodes))
			jobs = append(jobs, trialJob(&results[i][k], float64(rounds)*float64(p.Nodes*p.Nodes)))
		}
	}
	return jobs, results
}

// eachSetting calls f for every protocol under each rule that differs.
func eachSetting(timing protocol.Timing, f func(Setting)) {
	for _, p := range protocol.All() {
		for _, rule := range rules(p) {
			f(Setting{Protocol: p, Timing: timing, Freshness: rule})
		}
	}
}

// grid plans the measurement of the quality of service over n and loss.
func grid(s Options) []plan {
	var plans []plan
	eachSetting(s.Timing, func(at Setting) {
		for _, n := range []int{8, 32, 128} {
			for _, loss := range []float64{0, 0.01, 0.1, 0.3} {
				p := plan{at, min(s.Runs, 5), 5 * time.Minute}
				p.Nodes, p.Loss = n, loss
				if n > 100 {
					p.runs, p.calm = min(s.Runs, 2), 2*time.Minute
				}
				if s.small {
					p.calm = time.Minute
				}
				if !s.small || n == 8 {
					plans = append(plans, p)
				}
			}
		}
	})
	return plans
}

// frontierNodes is the size at which the frontier is measured.
const frontierNodes = 32

// frontier plans detection against wrong suspicions over T_fail, in gossip intervals.
func frontier(s Options) []plan {
	var plans []plan
	eachSetting(s.Timing, func(at Setting) {
		for _, rounds := range []float64{1.4, 2, 2.5, 10. / 3, 4.5, 6, 8, 10, 14, 20} {
			p := plan{at, min(s.Runs, 3), 5 * time.Minute}
			p.Nodes, p.Loss = frontierNodes, s.Loss
			p.Timing.Fail = time.Duration(rounds * float64(s.Timing.Gossip)).Round(100 * time.Millisecond)
			if s.small {
				p.Nodes, p.calm = 8, time.Minute
			}
			if p.Timing.Fail > s.Timing.Heartbeat {
				plans = append(plans, p)
			}
		}
	})
	return plans
}

// sizes plans detection time and traffic over n, without loss.
func sizes(s Options) []plan {
	var plans []plan
	eachSetting(s.Timing, func(at Setting) {
		for _, n := range s.Sizes {
			p := plan{at, s.Runs, 10 * s.Timing.Gossip}
			p.Nodes = n
			switch {
			case n > 1024:
				p.runs, p.calm = 1, 0
			case n > 256:
				p.runs = min(p.runs, 2)
			case n > 128:
				p.runs = min(p.runs, 3)
			case n > 64:
				p.runs = min(p.runs, 5)
			}
			plans = append(plans, p)
		}
	})
	return plans
}
