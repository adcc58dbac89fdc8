package soak

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/internal/gossip"
)

// cluster is what a soak needs of one.
type cluster interface {
	harness.Cluster
	local.Processes
}

// player does episodes to a cluster, and watches it meanwhile. It belongs to one
// goroutine.
type player struct {
	cluster cluster
	spec    harness.ClusterSpec
	names   map[gossip.Address]string
	judge   *judge
	say     func(format string, args ...any)

	monitorUp bool
	seen      time.Time // when the monitor's verdicts were last seen
	looked    time.Time // when the soak last ran
	found     map[Kind]*timing
}

// timing is how quickly the episodes of a kind were found, and how many there were.
type timing struct {
	episodes, missed int
	longest          time.Duration
	nearest          float64 // the longest in parts of its bound
}

func newPlayer(c cluster, spec harness.ClusterSpec, say func(string, ...any)) *player {
	p := &player{
		cluster: c, spec: spec, names: map[gossip.Address]string{}, judge: newJudge(c.Nodes(), spec.Timing.Fail), say: say,
		monitorUp: true, seen: time.Now(), looked: time.Now(), found: map[Kind]*timing{},
	}
	for _, name := range c.Nodes() {
		p.names[c.Address(name)] = name
	}
	return p
}

// liarsNames is how many names that are no nodes a ring may have in it (docs/DECISIONS.md,
// decision 2): they delay news as the dead do.
const liarsNames = 3

// bound is by when the death of so many nodes must show, or their return.
func (p *player) bound(down int) time.Duration {
	return p.spec.DetectionBound(p.spec.Nodes+liarsNames, down+liarsNames)
}

// step is the time between two looks at the verdicts.
func (p *player) step() time.Duration { return max(p.spec.Timing.Heartbeat/5, 20*time.Millisecond) }

// play does one episode.
func (p *player) play(ctx context.Context, e Episode) error {
	if p.found[e.Kind] == nil {
		p.found[e.Kind] = &timing{}
	}
	p.found[e.Kind].episodes++
	p.say("%s", e)
	var err error
	switch e.Kind {
	case Death, Interrupt, Pause:
		err = p.fell(ctx, e)
	case Nap:
		err = p.nap(ctx, e)
	case Blink:
		err = p.blink(ctx, e)
	case Away:
		err = p.away(ctx, e)
	case Storm:
		err = p.storm(ctx, e)
	}
	if err != nil {
		return err
	}
	return p.wait(ctx, e.Rest)
}

// fell has nodes end, or stand still, until the monitor has found it, and a while more.
func (p *player) fell(ctx context.Context, e Episode) error {
	began := time.Now()
	if err := p.take(ctx, e.Kind, e.Who); err != nil {
		return err
	}
	if err := p.expect(ctx, e.Kind, began, e.Who, true, p.bound(len(e.Who))); err != nil {
		return err
	}
	if err := p.wait(ctx, e.For); err != nil {
		return err
	}
	return p.back(ctx, e.Kind, e.Who)
}

// take ends nodes, or has them stand still.
func (p *player) take(ctx context.Context, k Kind, who []string) error {
	p.judge.down(who...)
	switch k {
	case Interrupt:
		return p.cluster.Interrupt(ctx, who...)
	case Pause:
		return p.cluster.Pause(ctx, who...)
	default:
		return p.cluster.Kill(ctx, who...)
	}
}

// back has nodes run again, and waits until the monitor holds them alive.
func (p *player) back(ctx context.Context, k Kind, who []string) error {
	bound := p.bound(len(who))
	if err := p.giveBack(ctx, k, bound, who); err != nil {
		return err
	}
	return p.expect(ctx, k, time.Now(), who, false, bound)
}

func (p *player) giveBack(ctx context.Context, k Kind, bound time.Duration, who []string) error {
	var err error
	if k == Pause {
		err = p.cluster.Resume(ctx, who...)
	} else {
		err = p.restart(ctx, who...)
	}
	now := time.Now()
	p.judge.up(now, now.Add(bound), who...)
	return err
}

// restart starts processes again.
func (p *player) restart(ctx context.Context, who ...string) error {
	return p.unwatched(func() error { return p.cluster.Restart(ctx, who...) })
}

// unwatched does what takes as long as it takes: the verdicts are not seen meanwhile.
func (p *player) unwatched(do func() error) error {
	err := do()
	p.seen, p.looked = time.Now(), time.Now()
	return err
}

// expect waits until the monitor holds nodes dead, or alive, and notes whether that was
// within the bound.
func (p *player) expect(
	ctx context.Context, k Kind, since time.Time, who []string, dead bool, bound time.Duration,
) error {
	ok, err := p.until(ctx, since.Add(bound), func() bool { return p.judge.all(who, dead) })
	if err != nil {
		return err
	}
	t, took := p.found[k], time.Since(since)
	t.longest, t.nearest = max(t.longest, took), max(t.nearest, took.Seconds()/bound.Seconds())
	as := map[bool]string{true: "dead", false: "alive"}[dead]
	if ok {
		p.say("  %s found %s after %.1f s of %.1f", strings.Join(who, " "), as, took.Seconds(), bound.Seconds())
		return nil
	}
	t.missed++
	p.say("  %s not found %s within %.1f s", strings.Join(who, " "), as, bound.Seconds())
	text := fmt.Sprintf("%s %s: not found %s within %.1f s", k, strings.Join(who, " "), as, bound.Seconds())
	if time.Now().Before(p.judge.late) {
		p.judge.doubts = append(p.judge.doubts, text+", in which the machine stood still")
		return nil
	}
	p.judge.wrongs = append(p.judge.wrongs, text)
	return nil
}

// nap has processes stand still for a while in which nobody may be declared dead.
func (p *player) nap(ctx context.Context, e Episode) error {
	p.see(e.Who, false)
	if err := p.cluster.Pause(ctx, e.Who...); err != nil {
		return err
	}
	err := p.wait(ctx, e.For)
	if errResume := p.cluster.Resume(context.WithoutCancel(ctx), e.Who...); err == nil {
		err = errResume
	}
	p.see(e.Who, true)
	if err != nil {
		return err
	}
	if slices.Contains(e.Who, harness.Monitor) {
		return p.wait(ctx, p.bound(0)) // one that was deaf judges nobody for so long
	}
	return p.wait(ctx, p.spec.Timing.Fail)
}

// see notes whether the monitor, if it is among these, can be asked.
func (p *player) see(who []string, up bool) {
	if slices.Contains(who, harness.Monitor) {
		p.monitorUp, p.seen = up, time.Now()
	}
}

// blink kills a node and starts it again at once.
func (p *player) blink(ctx context.Context, e Episode) error {
	began := time.Now()
	if err := p.take(ctx, e.Kind, e.Who); err != nil {
		return err
	}
	if err := p.restart(ctx, e.Who...); err != nil {
		return err
	}
	// A machine that took long to start it has let its silence be noticed.
	var until time.Time
	if time.Since(began) > p.spec.Timing.Fail/2 {
		until = time.Now().Add(p.bound(1))
	}
	p.judge.up(time.Now(), until, e.Who...)
	return p.wait(ctx, p.bound(1))
}

// away has the monitor, or the provider, end and come back.
func (p *player) away(ctx context.Context, e Episode) error {
	p.see(e.Who, false)
	if err := p.cluster.Kill(ctx, e.Who...); err != nil {
		return err
	}
	if err := p.wait(ctx, e.For); err != nil {
		return err
	}
	if err := p.restart(ctx, e.Who...); err != nil {
		return err
	}
	p.see(e.Who, true)
	if err := p.expectAll(ctx, e, p.bound(0)); err != nil {
		return err
	}
	return p.wait(ctx, p.spec.Timing.Fail)
}

// expectAll waits until the monitor knows all nodes, and holds them alive.
func (p *player) expectAll(ctx context.Context, e Episode, bound time.Duration) error {
	known := 0
	ok, err := p.until(ctx, time.Now().Add(bound), func() bool {
		mapping, err := p.cluster.Mapping(ctx)
		known = 0
		for a := range mapping {
			if p.names[a] != "" {
				known++
			}
		}
		return err == nil && known == p.spec.Nodes && p.judge.all(p.cluster.Nodes(), false)
	})
	if err == nil && !ok {
		p.found[e.Kind].missed++
		p.judge.wrongs = append(p.judge.wrongs, fmt.Sprintf("%s: the monitor knows %d of %d nodes %.1f s after",
			e, known, p.spec.Nodes, bound.Seconds()))
	}
	return err
}

// storm takes nodes one after the other and gives them back, without waiting for what
// the monitor finds. Then all must be right.
func (p *player) storm(ctx context.Context, e Episode) error {
	kinds := make([]Kind, len(e.Who))
	for i, name := range e.Who {
		kinds[i] = Death
		if e.Still[i] {
			kinds[i] = Pause
		}
		if err := p.take(ctx, kinds[i], []string{name}); err != nil {
			return err
		}
		if err := p.wait(ctx, e.For/time.Duration(len(e.Who))); err != nil {
			return err
		}
	}
	bound := 2 * p.bound(len(e.Who)) // news of the healing is still on its way after the first
	for i, name := range e.Who {
		if err := p.giveBack(ctx, kinds[i], bound, []string{name}); err != nil {
			return err
		}
	}
	return p.expectAll(ctx, e, bound)
}

// wait lets time pass, and watches meanwhile.
func (p *player) wait(ctx context.Context, d time.Duration) error {
	_, err := p.until(ctx, time.Now().Add(d), func() bool { return false })
	return err
}

// until watches until done says so, or an instant has come.
func (p *player) until(ctx context.Context, limit time.Time, done func() bool) (bool, error) {
	for {
		if err := p.look(ctx); err != nil {
			return false, err
		}
		if done() {
			return true, nil
		}
		left := time.Until(limit)
		if left <= 0 {
			return false, nil
		}
		if err := p.cluster.Wait(ctx, min(left, p.step())); err != nil {
			return false, err
		}
	}
}

// blindness is for how long a wrong verdict may go unseen.
const blindness = 5 * time.Second

// askLimit is how long the monitor may take to tell its verdicts.
const askLimit = 5 * time.Second

// look sees the monitor's verdicts, and whether the soak itself was kept from running.
func (p *player) look(ctx context.Context) error {
	now := time.Now()
	if late := now.Sub(p.looked) - p.step(); late > p.spec.Timing.Fail/4 {
		// Twice the bound, since a monitor that was deaf meanwhile waits for it.
		p.judge.lag(now.Add(2 * p.bound(p.spec.Nodes/2)))
		p.say("  the machine stood still for %.1f s", late.Seconds())
	}
	defer func() { p.looked = time.Now() }()
	if !p.monitorUp {
		return nil
	}
	asked, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	_, dead, err := p.cluster.AliveDead(asked)
	now = time.Now()
	if gap := now.Sub(p.seen); gap > max(blindness, p.spec.Timing.Fail/2) {
		p.judge.doubts = append(p.judge.doubts, fmt.Sprintf("the verdicts could not be seen for %.1f s (%v)",
			gap.Seconds(), err))
		p.seen = now
	}
	if err != nil {
		return ctx.Err() // it is asked again at the next look
	}
	p.seen = now
	var names []string
	for _, a := range dead {
		names = append(names, p.names[a]) // empty: one of the liar's
	}
	wrongs := len(p.judge.wrongs)
	p.judge.see(now, names)
	for _, wrong := range p.judge.wrongs[wrongs:] {
		p.say("  wrong: %s", wrong)
	}
	return nil
}

// calm waits until nothing happens any more, and measures all processes.
func (p *player) calm(ctx context.Context, d time.Duration) (map[string]Vitals, error) {
	if err := p.wait(ctx, d); err != nil {
		return nil, err
	}
	all := map[string]Vitals{}
	for _, name := range p.processes() {
		if err := p.unwatched(func() error { return collected(ctx, p.cluster, name) }); err != nil {
			return nil, fmt.Errorf("collect the garbage of %s: %w", name, err)
		}
		// What the scrapes have opened stays for a while: the least of a few looks.
		least := Vitals{Goroutines: math.MaxInt, Files: math.MaxInt, Connections: math.MaxInt, Memory: math.MaxInt64}
		for range 5 {
			v, err := measure(ctx, p.cluster, name)
			if err != nil {
				return nil, err
			}
			least = Vitals{
				min(least.Goroutines, v.Goroutines), min(least.Files, v.Files), min(least.Connections, v.Connections),
				min(least.Memory, v.Memory), max(least.Peak, v.Peak),
			}
			if err := p.wait(ctx, p.step()); err != nil {
				return nil, err
			}
		}
		all[name] = least
	}
	return all, nil
}

func (p *player) processes() []string {
	return append([]string{harness.Monitor, harness.Provider}, p.cluster.Nodes()...)
}
