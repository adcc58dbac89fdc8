package scenario

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var awaitWords = []string{"joined", "settled", "results", "dead", "alive", "menu"}

// joinLimit is generous: scenarios need a joined cluster, but joining is not what
// they are about.
func (r *run) joinLimit() time.Duration { return 10*r.spec.Timing.Fail + 60*time.Second }

func (r *run) await(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	what, rest := args[0], args[1:]
	limit := time.Duration(0)
	if i := slices.Index(rest, "within"); i >= 0 {
		if len(rest) != i+2 {
			return errors.New(`want one length of time after "within", at the end`)
		}
		d, err := r.spans().parse(rest[i+1])
		if err != nil {
			return err
		}
		// Measured from the last act, as everything is, not from this line.
		limit, rest = d-r.sinceAct(), rest[:i]
	}
	switch what {
	case "joined":
		return r.awaitJoined(orElse(limit, r.joinLimit()), rest)
	case "settled":
		return r.awaitSettled(orElse(limit, r.settleLimit()), rest)
	case "results":
		return r.awaitResults(orElse(limit, 2*r.bound()+30*time.Second-r.sinceAct()), rest)
	case "dead", "alive":
		return r.awaitVerdict(orElse(limit, r.bound()-r.sinceAct()), what == "alive", rest)
	case "menu":
		return r.awaitMenu(orElse(limit, r.bound()), rest)
	}
	return fmt.Errorf("unknown word %q after await, known are %s", what, strings.Join(awaitWords, ", "))
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func (r *run) sinceAct() time.Duration {
	if !r.mark.exists {
		return 0
	}
	return r.cluster.Now().Sub(r.mark.at)
}

func (r *run) awaitJoined(limit time.Duration, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q: await joined takes no argument but within", args[0])
	}
	err := r.until("all nodes to have heard of each other", limit, func() (bool, string, error) {
		ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
		defer cancel()
		missing, err := r.cluster.Joined(ctx)
		if err != nil {
			return false, err.Error(), r.ctx.Err()
		}
		return len(missing) == 0, describeMissing(missing), nil
	})
	if err == nil {
		r.say("all %d nodes have heard of each other", r.spec.Nodes)
		r.folder.event(r.elapsed(), "joined", nil)
	}
	return err
}

func describeMissing(missing map[string][]string) string {
	var parts []string
	for name, others := range missing {
		text := plural(len(others), "node")
		if len(others) <= 3 {
			text = strings.Join(others, " ")
		}
		parts = append(parts, name+" has not heard of "+text)
	}
	slices.SortFunc(parts, compareNames)
	if len(parts) > 3 {
		parts = append(parts[:3], fmt.Sprintf("and %d more", len(parts)-3))
	}
	return strings.Join(parts, ", ")
}

func (r *run) awaitVerdict(limit time.Duration, alive bool, args []string) error {
	names, err := r.nodesOnly(args)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("which nodes?")
	}
	r.expectations++
	state := "dead"
	if alive {
		state = "alive"
	}
	return r.until(strings.Join(names, " ")+" to be declared "+state, limit, func() (bool, string, error) {
		if r.found(names, alive) {
			return true, "", nil
		}
		return false, "the monitor holds dead: " + orNone(r.deadNames()), nil
	})
}

func (r *run) awaitMenu(limit time.Duration, args []string) error {
	if len(args) == 0 {
		return errors.New("await menu: which text?")
	}
	pattern, err := regexp.Compile(strings.Join(args, " "))
	if err != nil {
		return fmt.Errorf("await menu: %w", err)
	}
	r.expectations++
	return r.until("the menu to print "+pattern.String(), limit, func() (bool, string, error) {
		text, err := r.cluster.MenuOutput(r.ctx)
		if err != nil {
			return false, err.Error(), r.ctx.Err()
		}
		return pattern.MatchString(text), lastLine(text), nil
	})
}

func (r *run) deadNames() []string {
	names := make([]string, 0, len(r.dead))
	for n := range r.dead {
		names = append(names, n)
	}
	slices.SortFunc(names, compareNames)
	return names
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
