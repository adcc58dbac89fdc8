package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/harness"
)

func (r *run) kill(args []string) error {
	return r.change("kill", args, false, func(names []string) error { return r.cluster.Kill(r.ctx, names...) })
}

func (r *run) interrupt(args []string) error {
	return r.change("interrupt", args, false, func(names []string) error { return r.cluster.Interrupt(r.ctx, names...) })
}

func (r *run) pause(args []string) error {
	return r.change("pause", args, false, func(names []string) error { return r.cluster.Pause(r.ctx, names...) })
}

func (r *run) restart(args []string) error {
	return r.change("restart", args, true, func(names []string) error { return r.cluster.Restart(r.ctx, names...) })
}

func (r *run) resume(args []string) error {
	return r.change("resume", args, true, func(names []string) error { return r.cluster.Resume(r.ctx, names...) })
}

// add starts one more node. Its start counts as an act, like a restart.
func (r *run) add([]string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	growing, ok := r.cluster.(harness.Growing)
	if !ok {
		return fmt.Errorf("add: %w: its clusters stay as they begin", harness.ErrUnsupported)
	}
	if err := r.sample(); err != nil {
		return err
	}
	at, name := r.cluster.Now(), fmt.Sprintf("node%d", r.spec.Nodes+1)
	r.say("add %s", name)
	r.folder.event(r.elapsed(), "add", []string{name})
	err := growing.Add(r.ctx)
	if all := r.cluster.Nodes(); len(all) > r.spec.Nodes { // one that did not come up can be restarted
		r.spec.Nodes++
		r.nodes[name] = &node{up: err == nil}
		r.byAddress[r.cluster.Address(name)] = name
	}
	if err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	r.remember(at, "add", []string{name}, true)
	return nil
}

// change does something to processes and remembers what it means for them. The time
// of an act is taken before the act begins, so that times measured from it are
// rather too long than too short.
func (r *run) change(what string, args []string, up bool, do func([]string) error) error {
	if r.cluster == nil {
		return errNoCluster
	}
	names, err := r.processes(args)
	if err != nil {
		return err
	}
	if err := r.sample(); err != nil {
		return err
	}
	at := r.cluster.Now()
	if !up {
		r.setUp(names, false)
	}
	if healing, ok := r.cluster.(harness.SelfHealing); ok && what == "restart" {
		if at, err = r.awaitReturn(healing, names); err != nil {
			return err
		}
	}
	r.say("%s %s", what, strings.Join(names, " "))
	r.folder.event(r.elapsed(), what, names)
	if err := do(names); err != nil {
		return fmt.Errorf("%s %s: %w", what, strings.Join(names, " "), err)
	}
	if up {
		r.setUp(names, true)
	}
	r.remember(at, what, names, up)
	return nil
}

// returnLimit is how long an orchestrator may take to start a process again.
const returnLimit = 5 * time.Minute

// awaitReturn waits for an orchestrator to start processes again, and returns the last
// instant at which it had not yet.
func (r *run) awaitReturn(cluster harness.SelfHealing, names []string) (at time.Time, err error) {
	if err := cluster.Kill(r.ctx, names...); err != nil {
		return at, err
	}
	at = cluster.Now()
	err = r.until("the orchestrator to start "+strings.Join(names, " ")+" again", returnLimit,
		func() (bool, string, error) {
			asked := cluster.Now()
			returned, err := cluster.Returned(r.ctx, names...)
			if !returned {
				at = asked
			}
			return returned, "not all run", err
		})
	return at, err
}

func (r *run) setUp(names []string, up bool) {
	for _, name := range names {
		if name == harness.Monitor {
			r.monitorUp, r.lastSample = up, r.cluster.Now()
		}
		if n := r.nodes[name]; n != nil && n.up != up {
			n.up = up
			// It stays excused until it is seen alive again: lifting a verdict takes
			// time.
			n.excused = true
		}
	}
}

func (r *run) remember(at time.Time, verb string, names []string, alive bool) {
	nodes := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return r.nodes[n] == nil })
	if len(nodes) == 0 {
		return
	}
	down := 0
	for _, n := range r.nodes {
		if !n.up {
			down++
		}
	}
	r.mark = act{
		at: at, verb: verb, names: nodes, alive: alive, exists: true, atRest: r.settled,
		bound: r.spec.DetectionBound(r.spec.Nodes, max(down, 1)),
	}
	if alive {
		r.settled = false // whoever comes back shakes hands
	}
}

// partition cuts groups off. The processes that the script names count as down: the
// rest may declare them dead.
func (r *run) partition(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	if r.cutOff != nil {
		return errors.New("a partition is in force, heal it first")
	}
	var groups [][]string
	var named []string
	for _, arg := range args {
		group, err := r.processes(strings.Split(arg, ","))
		if err != nil {
			return err
		}
		groups = append(groups, group)
		named = append(named, group...)
	}
	err := r.change("partition", named, false, func([]string) error { return r.cluster.Partition(r.ctx, groups...) })
	if err == nil {
		r.cutOff = named
	}
	return err
}

func (r *run) heal([]string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	at := r.cluster.Now()
	r.say("heal")
	r.folder.event(r.elapsed(), "heal", nil)
	if err := r.cluster.Heal(r.ctx); err != nil {
		return fmt.Errorf("heal: %w", err)
	}
	cut := r.cutOff
	r.cutOff = nil
	r.setUp(cut, true)
	r.remember(at, "heal", cut, true)
	return nil
}

// cut is about a link, not about processes: all of them go on, and nobody may be declared dead
// for it.
func (r *run) cut(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	cutting, ok := r.cluster.(harness.Cutting)
	if !ok {
		return fmt.Errorf("cut: %w: its links cannot be cut one by one", harness.ErrUnsupported)
	}
	var ends [2]string
	for i, arg := range args {
		names, err := r.processes([]string{arg})
		if err != nil {
			return err
		}
		if len(names) != 1 {
			return fmt.Errorf("cut: %s is %d processes, want one", arg, len(names))
		}
		ends[i] = names[0]
	}
	if ends[0] == ends[1] {
		return fmt.Errorf("cut: from %s to itself, want two processes", ends[0])
	}
	r.say("cut what %s sends to %s", ends[0], ends[1])
	r.folder.event(r.elapsed(), "cut", ends[:])
	if err := cutting.Cut(r.ctx, ends[0], ends[1]); err != nil {
		return fmt.Errorf("cut %s %s: %w", ends[0], ends[1], err)
	}
	return nil
}

// maxRepeat is how often repeat does something at most: scripts come over networks, too.
const maxRepeat = 1000

// repeated is what repeat's arguments say: how often, and which lines.
func repeated(args []string) (times int, lines [][]string, err error) {
	times, err = strconv.Atoi(args[0])
	if err != nil && !strings.HasPrefix(args[0], "$") || err == nil && (times < 1 || times > maxRepeat) {
		return 0, nil, fmt.Errorf("repeat %s: want a whole number from 1 to %d", args[0], maxRepeat)
	}
	line := []string(nil)
	for _, arg := range append(slices.Clone(args[1:]), ";") {
		if arg != ";" {
			line = append(line, arg)
			continue
		}
		if len(line) == 0 {
			return 0, nil, errors.New(`repeat: no word between ";"`)
		}
		if _, ok := words()[line[0]]; !ok || line[0] == "repeat" {
			return 0, nil, fmt.Errorf("repeat: %q cannot be repeated, want one of %s but repeat itself", line[0], ownWords())
		}
		if err := checkWord(line[0], line[1:]); err != nil {
			return 0, nil, err
		}
		lines, line = append(lines, line), nil
	}
	return times, lines, nil
}

func (r *run) repeat(args []string) error {
	times, lines, err := repeated(args)
	if err != nil {
		return err
	}
	r.say("%d times: %s", times, strings.Join(args[1:], " "))
	r.again = map[string]bool{}
	defer func() { r.again = nil }()
	for range times {
		for _, line := range lines {
			if err := r.word(line[0], words()[line[0]], false, line[1:]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) loss(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	share, err := harness.ParseLoss(args[0])
	if err != nil {
		return err
	}
	r.say("drop %g%% of the messages between nodes", 100*share)
	r.folder.event(r.elapsed(), "loss", share)
	return r.cluster.Loss(r.ctx, share)
}

func (r *run) menu(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	line := strings.Join(args, " ")
	r.folder.event(r.elapsed(), "menu", line)
	r.say("menu: %s", line)
	r.typed = r.cluster.Now()
	if err := r.cluster.Menu(r.ctx, line); err != nil {
		return fmt.Errorf("menu %s: %w", line, err)
	}
	return nil
}

func (r *run) sleep(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	d, err := r.spans().parse(args[0])
	if err != nil {
		return err
	}
	end := r.cluster.Now().Add(d)
	// The limit is one step longer than d, so that it never ends the wait.
	return r.until(seconds(d)+" to pass", d+r.step(), func() (bool, string, error) {
		return !r.cluster.Now().Before(end), "", nil
	})
}

func (r *run) allow(args []string) error {
	if r.cluster == nil {
		return errNoCluster
	}
	names, err := r.nodesOnly(args[1:])
	if err != nil {
		return err
	}
	for _, n := range names {
		r.nodes[n].allowed = true
	}
	return nil
}

// close ends the cluster. It is also called when the run's context has ended.
func (r *run) close() error {
	if r.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 10*time.Second)
	defer cancel()
	text, records, err := r.cluster.Results(ctx)
	return errors.Join(err, r.folder.keep("results.txt", text), r.folder.keep("results.jsonl", records),
		r.cluster.Close())
}
