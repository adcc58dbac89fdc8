package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// until lets time pass until done says so. All waiting goes through here, so that the
// monitor's verdicts are sampled all through the run. The texts (what, and the detail
// that done returns) are for people.
func (r *run) until(what string, limit time.Duration, done func() (bool, string, error)) error {
	deadline := r.cluster.Now().Add(limit)
	shown := time.Time{}
	detail := ""
	for {
		if err := r.sample(); err != nil {
			return err
		}
		ok, d, err := done()
		if err != nil {
			return err
		}
		if d != "" {
			detail = d
		}
		if ok {
			return nil
		}
		now := r.cluster.Now()
		if !now.Before(deadline) {
			return unmetf("waited %s for %s in vain: %s", seconds(limit), what, detail)
		}
		if now.Sub(shown) >= r.every(time.Second) {
			shown = now
			r.options.Progress.Waiting(r.elapsed(), what, r.suspicions(detail))
		}
		if err := r.cluster.Wait(r.ctx, min(r.step(), deadline.Sub(now))); err != nil {
			return fmt.Errorf("while waiting for %s: %w", what, err)
		}
	}
}

// step is the time between two samples.
func (r *run) step() time.Duration {
	return min(max(r.spec.Timing.Heartbeat/5, 20*time.Millisecond), 200*time.Millisecond)
}

// every scales an interval that was chosen for people as the cluster's are scaled.
func (r *run) every(d time.Duration) time.Duration {
	return max(time.Duration(float64(d)/r.options.Speed), 200*time.Millisecond)
}

// sample asks the monitor who is dead and compares that with what the harness knows.
// A live node that is seen dead makes the run fail, whatever the monitor's own
// counters say later.
func (r *run) sample() error {
	if !r.monitorUp {
		r.lastSample = r.cluster.Now()
		return nil
	}
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
	defer cancel()
	_, dead, err := r.cluster.AliveDead(ctx)
	now := r.cluster.Now()
	if gap := now.Sub(r.lastSample); gap > r.blindness() {
		r.doubts = append(r.doubts, fmt.Sprintf("the monitor's verdicts could not be seen for %s before %s: %v",
			seconds(gap), seconds(r.elapsed()), err))
		r.lastSample = now
	}
	if err != nil {
		return r.ctx.Err()
	}
	r.lastSample = now
	names := r.named(dead)
	r.noteChange(names)
	r.dead = map[string]bool{}
	for _, n := range names {
		r.dead[n] = true
	}
	r.judgeSample()
	return nil
}

// blindness is the longest time for which a wrong verdict may go unseen. Nothing is
// sampled while a process is being started, and how long that takes depends on the
// machine, not on the cluster's intervals.
func (r *run) blindness() time.Duration { return max(5*time.Second, r.spec.Timing.Fail/2) }

func (r *run) noteChange(names []string) {
	var fell, rose []string
	for _, n := range names {
		if !r.dead[n] {
			fell = append(fell, n)
		}
	}
	for n := range r.dead {
		if !slices.Contains(names, n) {
			rose = append(rose, n)
		}
	}
	slices.SortFunc(rose, compareNames)
	if len(fell) > 0 {
		r.folder.event(r.elapsed(), "declared dead", fell)
		r.say("the monitor declares dead: %s%s", strings.Join(fell, " "), r.sinceMark())
	}
	if len(rose) > 0 {
		r.folder.event(r.elapsed(), "declared alive", rose)
		r.say("the monitor declares alive: %s%s", strings.Join(rose, " "), r.sinceMark())
	}
}

func (r *run) sinceMark() string {
	if !r.mark.exists {
		return ""
	}
	return fmt.Sprintf(" (%s after %s)", seconds(r.cluster.Now().Sub(r.mark.at)), r.mark)
}

func (r *run) judgeSample() {
	for _, name := range r.cluster.Nodes() {
		n := r.nodes[name]
		switch {
		case !n.up || n.allowed:
		case !r.dead[name]:
			n.excused = false
		case !n.excused:
			n.excused = true // say it once
			r.wrong("%s is running, yet the monitor held it dead", name)
		}
	}
	if r.mark.exists && !r.mark.noted && r.found(r.mark.names, r.mark.alive) {
		r.mark.noted, r.mark.took = true, r.cluster.Now().Sub(r.mark.at)
	}
}

// found tells whether all these nodes are alive (or dead) as last sampled.
func (r *run) found(names []string, alive bool) bool {
	for _, n := range names {
		if r.dead[n] == alive {
			return false
		}
	}
	return true
}

// suspicions adds to a detail who suspects whom. It is only for people, so whatever
// the monitor does not tell is left out.
func (r *run) suspicions(detail string) string {
	if !r.monitorUp {
		return detail
	}
	ctx, cancel := context.WithTimeout(r.ctx, 2*time.Second)
	defer cancel()
	matrix, errM := r.cluster.SuspectMatrix(ctx)
	mapping, errI := r.cluster.Mapping(ctx)
	if errors.Join(errM, errI) != nil {
		return detail
	}
	index := map[string]int{}
	for a, i := range mapping {
		index[r.nameOf(a)] = i
	}
	var parts []string
	if detail != "" {
		parts = append(parts, detail)
	}
	for _, observed := range r.cluster.Nodes() {
		if text := r.suspectedBy(observed, matrix, index); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

func (r *run) suspectedBy(observed string, matrix [][]int, index map[string]int) string {
	j, known := index[observed]
	if !known || r.dead[observed] {
		return ""
	}
	var by, not []string
	for _, observer := range r.cluster.Nodes() {
		i, ok := index[observer]
		if !ok || observer == observed || !r.nodes[observer].up || i >= len(matrix) || j >= len(matrix[i]) {
			continue
		}
		if matrix[i][j] == 1 {
			by = append(by, observer)
		} else {
			not = append(not, observer)
		}
	}
	switch {
	case len(by) == 0 && r.nodes[observed].up:
		return ""
	case len(by) <= 3 && len(by) > 0:
		return fmt.Sprintf("%s is suspected by %s", observed, strings.Join(by, " "))
	case len(not) > 0 && len(not) <= 3:
		return fmt.Sprintf("%s: %d of %d suspect it, not yet %s", observed, len(by), len(by)+len(not),
			strings.Join(not, " "))
	}
	return fmt.Sprintf("%s: %d of %d suspect it", observed, len(by), len(by)+len(not))
}

// seconds writes a length of time for people.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
