package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/local"
)

// Options say what to soak, and for how long.
type Options struct {
	Duration  time.Duration // from the first calm to the last, both counted; the cluster's start is not
	Protocol  protocol.Spec
	Freshness protocol.Freshness
	Nodes     int
	Speed     float64 // divides all intervals
	Seed      uint64  // of faults, lies and nodes; 0: drawn
	Runs      string  // folder that the run's own is made in
}

// Least is how short a soak may be: two calms, and time for a fault.
const Least = 30 * time.Second

// A soak has at least so many nodes, so that two may die beside those that are spared,
// and at most so many, for one machine.
const (
	LeastNodes = 6
	MostNodes  = 32
)

// mostRecorded is for how long flight records are kept: they grow.
const mostRecorded = 10 * time.Minute

// Outcome is what a soak came to.
type Outcome struct {
	Verdict  harness.Verdict
	Reasons  []string
	Took     time.Duration
	Seed     uint64
	Folder   string
	Verdicts int // of failure
	Excused  map[Excuse]int
	Found    map[Kind]*timing `json:"-"`
	Told     []told           `json:"-"`
	Before   map[string]Vitals
	After    map[string]Vitals
}

// Run soaks a cluster, and tells line by line how it goes. Its error means that there is
// no outcome.
func Run(ctx context.Context, o Options, tell func(line string)) (out Outcome, err error) {
	if o.Duration < Least {
		return Outcome{}, fmt.Errorf("a soak of %v: want %v at least", o.Duration, Least)
	}
	if o.Seed == 0 {
		o.Seed = 1 + rand.N(uint64(1<<31))
	}
	folder, err := filepath.Abs(filepath.Join(o.Runs, time.Now().Format("20060102-150405")+"-soak-"+o.Protocol.Name))
	if err != nil {
		return Outcome{}, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Outcome{}, fmt.Errorf("folder of the soak: %w", err)
	}
	spec := harness.ClusterSpec{
		Parameters: protocol.DefaultParameters(o.Protocol), Nodes: o.Nodes, Speed: o.Speed, Seed: o.Seed, Dir: folder,
		Unrecorded: o.Duration > mostRecorded,
	}
	spec.Timing, spec.Freshness = spec.Timing.Scaled(o.Speed), o.Freshness
	log, err := os.Create(filepath.Join(folder, "log.txt"))
	if err != nil {
		return Outcome{}, fmt.Errorf("log of the soak: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	began := time.Now()
	say := func(format string, args ...any) {
		line := fmt.Sprintf("%8.1f  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		fmt.Fprintln(log, line)
		tell(line)
	}
	say("seed %d, %d nodes, %s, for %v", o.Seed, o.Nodes, o.Protocol.Title, o.Duration)
	backend := &local.Backend{Metrics: true, Flags: []string{"--verify-sender"}}
	c, err := backend.Start(ctx, spec)
	if err != nil {
		return Outcome{}, fmt.Errorf("start cluster: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	p := newPlayer(c.(cluster), spec, say)
	l, err := newLiar(o.Seed, p.cluster, c.Nodes())
	if err != nil {
		return Outcome{}, err
	}
	out = Outcome{Seed: o.Seed, Folder: folder, Found: p.found, Excused: p.judge.excused}
	soaking := time.Now()
	err = out.soak(ctx, o, p, l)
	out.Took, out.Verdicts, out.Told = time.Since(soaking), p.judge.verdicts, l.counts()
	out.judge(p, err)
	return out, nil
}

// calmOf is how long nothing is done at the beginning, and at the end.
func calmOf(o Options) time.Duration { return min(max(o.Duration/8, 8*time.Second), time.Minute) }

// soak goes through the calm, the faults and the lies, and the calm again.
func (out *Outcome) soak(ctx context.Context, o Options, p *player, l *liar) error {
	end := time.Now().Add(o.Duration)
	if err := p.joined(ctx); err != nil {
		return err
	}
	var err error
	if out.Before, err = p.calm(ctx, calmOf(o)); err != nil {
		return err
	}
	lying, stop := context.WithCancel(ctx)
	lied := make(chan struct{})
	go func() {
		defer close(lied)
		l.run(lying)
	}()
	defer func() {
		stop()
		<-lied
	}()
	d := newDrawer(o.Seed, p.cluster.Nodes(), p.spec.Timing.Fail)
	from := time.Now()
	for last := end.Add(-calmOf(o)); time.Now().Before(last); {
		d.sparing = time.Since(from) > last.Sub(from)/3
		if err := p.play(ctx, d.next()); err != nil {
			return err
		}
	}
	p.say("calm")
	stop()
	if err := p.unwatched(func() error { <-lied; return ctx.Err() }); err != nil {
		return err
	}
	out.After, err = p.calm(ctx, calmOf(o))
	return err
}

// joined waits until all nodes have heard of each other.
func (p *player) joined(ctx context.Context) error {
	limit := time.Now().Add(joinLimit)
	for {
		var missing map[string][]string
		err := p.unwatched(func() (err error) {
			missing, err = p.cluster.Joined(ctx)
			return err
		})
		switch {
		case err != nil:
			return err
		case len(missing) == 0:
			return nil
		case time.Now().After(limit):
			return harness.Unmet(fmt.Errorf("not joined within %v: %v", joinLimit, missing))
		}
		if err := p.wait(ctx, p.spec.Timing.Heartbeat); err != nil {
			return err
		}
	}
}

const joinLimit = 90 * time.Second

// judge concludes what the soak came to, which err has ended early, if any.
func (out *Outcome) judge(p *player, err error) {
	wrongs, doubts := p.judge.wrongs, p.judge.doubts
	for _, t := range out.Told {
		if t.believed > 0 {
			wrongs = append(wrongs, fmt.Sprintf("the liar was believed %d times: %s", t.believed, t.name))
		}
	}
	for _, name := range p.processes() {
		if after, measured := out.After[name]; measured {
			wrongs = append(wrongs, grown(name, out.Before[name], after, len(p.processes()))...)
		}
	}
	switch {
	case err != nil && harness.Blames(err):
		wrongs = append(wrongs, err.Error())
	case err != nil:
		doubts = append(doubts, err.Error())
	}
	out.Reasons = append(append(out.Reasons, wrongs...), doubts...)
	switch {
	case len(wrongs) > 0:
		out.Verdict = harness.Fail
	case len(doubts) > 0:
		out.Verdict = harness.Unknown
	default:
		out.Verdict = harness.Pass
	}
}
