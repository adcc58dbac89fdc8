package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
)

// Begin says from when on a test case may begin: what $BEGIN stands for in scripts.
type Begin string

// The values of Begin, which are words after await.
const (
	AtRest     Begin = "settled" // no handshake carries news any more
	JustJoined Begin = "joined"  // all have heard of all
)

// mostAtRest is up to how many nodes scripts wait for rest unless told otherwise. Under
// random it takes 5 minutes at 32 nodes, and 13 at 64.
const mostAtRest = 32

// begin is the value that $BEGIN has.
func (o Options) begin() Begin {
	switch {
	case o.Begin != "":
		return o.Begin
	case o.Nodes <= mostAtRest:
		return AtRest
	}
	return JustJoined
}

// settleLimit is generous: pairs meet late where rounds are not aligned, or originals
// are among the nodes.
func (r *run) settleLimit() time.Duration {
	return 3*r.spec.SettleTime(r.spec.Nodes) + r.spec.RestPeriod(r.spec.Nodes) + r.joinLimit()
}

// awaitSettled waits until no handshake is under way or due at any running node, and
// for a rest after that. Where nodes cannot tell, the time stands in that a cluster
// usually takes.
func (r *run) awaitSettled(limit time.Duration, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q: await settled takes no argument but within", args[0])
	}
	began := r.cluster.Now()
	if err := r.awaitJoined(min(limit, r.joinLimit()), nil); err != nil {
		return err
	}
	s := settling{run: r, joined: r.cluster.Now(), rest: r.spec.RestPeriod(r.spec.Nodes), phase: r.phase()}
	if err := r.until("the cluster to be at rest", limit-r.cluster.Now().Sub(began), s.look); err != nil {
		return err
	}
	r.settled = true
	r.say("at rest: no handshake is due, and none has been for %s", seconds(s.rest))
	r.folder.event(r.elapsed(), "settled", map[string]any{"rest_s": s.rest.Seconds(), "cannot_tell": s.mute})
	return nil
}

// phase is how much longer than its rest a cluster is left alone, drawn from its seed.
// Clusters settle at the end of a round, so without it what comes next would always
// come at the same moment of one.
func (r *run) phase() time.Duration {
	return time.Duration(rand.New(rand.NewPCG(r.spec.Seed, 0)).Int64N(int64(r.spec.Timing.Gossip)))
}

// settling is how far a cluster is on its way to rest.
type settling struct {
	*run
	joined time.Time
	rest   time.Duration
	phase  time.Duration
	asked  time.Time
	since  time.Time // since when it has been settled; zero: it is not
	detail string
	mute   []string // nodes that cannot tell
}

// look asks the nodes once a heartbeat.
func (s *settling) look() (done bool, detail string, err error) {
	now := s.cluster.Now()
	if s.asked.IsZero() || now.Sub(s.asked) >= s.spec.Timing.Heartbeat {
		s.asked = now
		if err := s.ask(now); err != nil {
			return false, "", err
		}
	}
	if s.since.IsZero() {
		return false, s.detail, nil
	}
	quiet := now.Sub(s.since)
	return quiet >= s.rest+s.phase, fmt.Sprintf("no handshake has been due for %s of %s", seconds(min(quiet, s.rest)), seconds(s.rest)), nil
}

func (s *settling) ask(now time.Time) error {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	unrest, err := s.cluster.Unsettled(ctx)
	if err != nil {
		s.since, s.detail = time.Time{}, err.Error()
		return s.ctx.Err()
	}
	if len(unrest.CannotTell) > 0 && len(s.mute) == 0 {
		s.mute = unrest.CannotTell
		s.say("%s cannot tell whether they have settled: they are given %s", strings.Join(s.mute, " "),
			seconds(s.spec.SettleTime(s.spec.Nodes)))
	}
	given := s.joined.Add(s.spec.SettleTime(s.spec.Nodes))
	switch {
	case len(unrest.Awaits) > 0:
		s.since, s.detail = time.Time{}, s.describe(unrest)
	case len(unrest.CannotTell) > 0 && now.Before(given):
		s.since, s.detail = time.Time{}, fmt.Sprintf("%s cannot tell, and have %s left", strings.Join(s.mute, " "),
			seconds(given.Sub(now)))
	case s.since.IsZero():
		s.since = now
	}
	return nil
}

// describe says what the first three nodes wait for, and how many more there are.
func (s *settling) describe(u harness.Unrest) string {
	var parts []string
	for name, what := range u.Awaits {
		parts = append(parts, name+": "+s.withNames(what))
	}
	slices.SortFunc(parts, compareNames)
	if len(parts) > 3 {
		parts = append(parts[:3], fmt.Sprintf("and %d more", len(parts)-3))
	}
	return strings.Join(parts, ", ")
}

// withNames puts the script's names in place of the addresses in a text.
func (r *run) withNames(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = r.nameOf(gossip.Address(w))
	}
	return strings.Join(words, " ")
}
