package figures

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Setting is one point at which a cluster is measured.
type Setting struct {
	Protocol    protocol.Spec
	Nodes       int
	Timing      protocol.Timing
	Freshness   protocol.Freshness
	Loss        float64 // share of messages lost between nodes, 0 to 1
	ServersLoss float64 // the same between nodes, monitor and provider
}

// Trial is one run: a cluster that has joined warms up, is left alone for Calm,
// and then loses one node.
type Trial struct {
	Setting
	Seed uint64
	Warm time.Duration
	Calm time.Duration // 0: nothing is counted, so that large clusters fit
}

// Sample is what one trial has shown.
type Sample struct {
	Quiet    sim.Result // without deaths: every suspicion and verdict is wrong
	Whole    sim.Result // until the death was found for good
	Death    Detection
	Suspects int // ordered pairs of running nodes with a wrong suspicion in force at the death
}

// Detection is when the death was found, in times since it. As Chen and Toueg have
// it, a node is detected once it is suspected for good; sim.None means that this
// did not happen within the trial's limit.
type Detection struct {
	FirstVerdict time.Duration   // the monitor's first
	Verdict      time.Duration   // the monitor's last, for good
	Observers    []time.Duration // of each single observer, for good, by join order
}

// WarmUp is enough for a cluster that begins joined to forget its beginning: news
// has gone round, and what was heard before has timed out.
func (s Setting) WarmUp() time.Duration {
	return time.Duration(s.Protocol.SpreadRounds(s.Nodes)+2)*s.Timing.Gossip + 3*s.Timing.Fail
}

func (s Setting) config(seed uint64) sim.Config {
	c := sim.DefaultConfig(s.Protocol)
	c.Nodes, c.Timing, c.Freshness, c.Seed = s.Nodes, s.Timing, s.Freshness, seed
	c.Peers.Loss, c.Servers.Loss = s.Loss, s.ServersLoss
	c.Joined, c.Spread = true, s.Timing.Gossip
	return c
}

// Run makes the world and measures it. It may run beside other trials. When ctx ends
// it returns its error, without a sample.
func (t Trial) Run(ctx context.Context) (Sample, error) {
	w, err := sim.New(t.config(t.Seed))
	if err != nil {
		return Sample{}, err
	}
	var sample Sample
	var meter *sim.Meter
	var warm sim.Result
	if t.Calm > 0 {
		meter = sim.NewMeter(w) // from the beginning: it must know which suspicions are in force after the warm-up
	}
	t.pass(ctx, w, t.Warm)
	if t.Calm > 0 {
		warm = meter.Result()
		warm.Calls = maps.Clone(warm.Calls) // the meter goes on counting in it
		t.pass(ctx, w, t.Calm)
		sample.Quiet = since(warm, meter.Result())
	}
	names := w.Nodes()
	victim := names[rand.New(rand.NewPCG(t.Seed, 3)).IntN(len(names))]
	sample.Suspects = suspicions(w.Monitor())
	d := watchDeath(w, victim)
	w.Kill(victim)
	sample.Death = d.await(ctx, t.Setting)
	if ctx.Err() != nil {
		return Sample{}, ctx.Err()
	}
	if meter != nil {
		sample.Whole = since(warm, meter.Result())
	}
	return sample, nil
}

// pass lets virtual time pass, a round at a time so that it can be stopped.
func (t Trial) pass(ctx context.Context, w *sim.World, d time.Duration) {
	for end := w.Elapsed() + d; w.Elapsed() < end && ctx.Err() == nil; {
		w.Run(min(t.Timing.Gossip, end-w.Elapsed()))
	}
}

// since returns what was measured between two results of one meter. Mistakes that
// began before the first and went on count from the first's end.
func since(before, after sim.Result) sim.Result {
	r := after
	r.From = before.To
	r.Suspicions -= before.Suspicions
	r.SuspicionTime -= before.SuspicionTime
	r.NodeTime -= before.NodeTime
	r.PairTime -= before.PairTime
	r.Bytes -= before.Bytes
	r.Calls = map[string]int64{}
	for kind, n := range after.Calls {
		r.Calls[kind] = n - before.Calls[kind]
	}
	r.Deaths = slices.Clone(after.Deaths[len(before.Deaths):])
	r.Mistakes = nil
	for _, m := range after.Mistakes {
		if m.Ended == sim.None || m.Ended > r.From {
			m.Began = max(m.Began, r.From)
			r.Mistakes = append(r.Mistakes, m)
		}
	}
	return r
}

// suspicions counts the cells of the suspect matrix.
func suspicions(s *consensus.State) int {
	count := 0
	for i := range s.Len() {
		for j := range s.Len() {
			if i != j && s.Suspects(i, j) {
				count++
			}
		}
	}
	return count
}

// death follows how one node's death is found.
type death struct {
	world     *sim.World
	victim    gossip.Address
	at        time.Duration
	observers []string
	since     map[string]time.Duration // since when each observer suspects, none: it does not
	failed    bool
	first     time.Duration
	verdict   time.Duration
	changed   time.Duration // when any of this last did
}

func watchDeath(w *sim.World, victim string) *death {
	d := &death{
		world: w, victim: w.Address(victim), at: w.Elapsed(), since: map[string]time.Duration{},
		first: sim.None, verdict: sim.None, changed: w.Elapsed(),
	}
	m := w.Monitor()
	place := map[gossip.Address]int{}
	for i := range m.Len() {
		place[m.At(i).Address] = i
	}
	for _, name := range w.Nodes() {
		if name == victim || !w.Running(name) {
			continue
		}
		d.observers = append(d.observers, name)
		if m.Suspects(place[w.Address(name)], place[d.victim]) {
			d.since[name] = 0 // wrongly until now, rightly from now on
		}
	}
	if m.At(place[d.victim]).Failed {
		d.failed, d.first, d.verdict = true, 0, 0
	}
	w.Observe(sim.Hooks{Step: d.step, Input: d.input})
	return d
}

func (d *death) step(s sim.Step) {
	for _, effect := range s.Effects {
		e, ok := effect.(protocol.OpinionChanged)
		if !ok || e.Peer != d.victim {
			continue
		}
		d.changed = s.At
		if e.Suspected {
			d.since[s.Name] = s.At - d.at
		} else {
			delete(d.since, s.Name)
		}
	}
}

func (d *death) input(_ time.Time, _ consensus.Input, events []consensus.Event) {
	for _, e := range events {
		if e.Node != d.victim || e.Kind != consensus.Failed && e.Kind != consensus.Alive {
			continue
		}
		now := d.world.Elapsed()
		d.changed, d.failed = now, e.Kind == consensus.Failed
		d.verdict = sim.None
		if d.failed {
			d.verdict = now - d.at
			if d.first == sim.None {
				d.first = d.verdict
			}
		}
	}
}

// await lets time pass until nothing can change any more.
func (d *death) await(ctx context.Context, s Setting) Detection {
	limit := 3*protocol.Parameters{Protocol: s.Protocol, Timing: s.Timing}.DetectionBound(s.Nodes, 1) + time.Minute
	for d.world.Elapsed() < d.at+limit && !d.settled(s) && ctx.Err() == nil {
		d.world.Run(s.Timing.Heartbeat)
	}
	result := Detection{FirstVerdict: d.first, Verdict: d.verdict}
	for _, name := range d.observers {
		since, ok := d.since[name]
		if !ok {
			since = sim.None
		}
		result.Observers = append(result.Observers, since)
	}
	return result
}

// settled tells whether all suspect the node and no news of it is left that could
// lift a suspicion.
func (d *death) settled(s Setting) bool {
	if !d.failed || len(d.since) < len(d.observers) {
		return false
	}
	if !s.Protocol.Hearsay(true) {
		return true // a suspected node comes back only by itself
	}
	if s.Freshness == protocol.Emission {
		return d.world.Elapsed() >= d.changed+s.Timing.Fail // what is on its way is too old
	}
	var newest gossip.DigestEntry
	for i, name := range d.observers {
		e, ok := d.world.Node(name).Digest().Get(d.victim)
		if !ok || i > 0 && (e.Generation != newest.Generation || e.Heartbeat != newest.Heartbeat) {
			return false
		}
		newest = e
	}
	return true
}

// mean returns the mean of the observers' times in seconds, and how many observers
// have none.
func (d Detection) mean() (seconds float64, missed int) {
	found := slices.DeleteFunc(slices.Clone(d.Observers), func(t time.Duration) bool { return t == sim.None })
	for _, t := range found {
		seconds += t.Seconds() / float64(len(found))
	}
	return seconds, len(d.Observers) - len(found)
}

// Measurement is a trial and what came of it.
type Measurement struct {
	Trial
	Sample
}
