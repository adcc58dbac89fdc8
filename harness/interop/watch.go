package interop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
)

// watch looks at a cluster whose monitor is Python's. Three things must hold: every
// Go node reports the dead node as suspected, no live node is suspected by all Go
// nodes, and the menu ends case 1.
func watch(ctx context.Context, o Options, b harness.Backend, spec protocol.Spec, report Report) (Report, error) {
	dir, err := filepath.Abs(o.Runs)
	if err != nil {
		return report, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return report, err
	}
	if dir, err = os.MkdirTemp(dir, time.Now().Format("20060102-150405-")+report.Mix.Name+"-"+spec.Name+"-"); err != nil {
		return report, err
	}
	report.Folder = dir
	timing := protocol.DefaultTiming().Scaled(o.Speed)
	p := protocol.Parameters{Protocol: spec, Timing: timing, Aligned: true, Freshness: o.Freshness}
	c, err := b.Start(ctx, harness.ClusterSpec{Parameters: p, Nodes: o.Nodes, Seed: 1, Dir: dir})
	if err != nil {
		return report, err
	}
	w := &watcher{cluster: c, options: o, mix: report.Mix, timing: timing, began: c.Now()}
	p.Aligned = false // the Python nodes' rounds are not
	w.bound = p.DetectionBound(o.Nodes, 1)
	runErr := w.run(ctx)
	report.Cases = w.cases
	report.Verdict, report.Reasons = w.judge(runErr)
	return report, c.Close()
}

type watcher struct {
	cluster harness.Cluster
	options Options
	mix     Mix
	timing  protocol.Timing
	bound   time.Duration
	began   time.Time
	blocks  int  // results the menu has printed
	busy    bool // the menu is in a case that does not end
	cases   []Case
}

var errInVain = errors.New("waited in vain")

func (w *watcher) judge(err error) (harness.Verdict, []string) {
	verdict, reasons := harness.Pass, []string(nil)
	for _, c := range w.cases {
		if c.Verdict != harness.Pass && !c.Seen {
			verdict = c.Verdict
			reasons = append(reasons, c.Name+": "+c.Note)
		}
	}
	if err != nil {
		reasons = append(reasons, err.Error())
		if verdict = harness.Unknown; errors.Is(err, errInVain) {
			verdict = harness.Fail
		}
	}
	return verdict, reasons
}

func (w *watcher) run(ctx context.Context) error {
	w.say("started")
	err := w.until(ctx, "all to have joined", w.timing.Fail*10+30*time.Second, func() (bool, error) {
		missing, err := w.cluster.Joined(ctx)
		return err == nil && len(missing) == 0, nil
	})
	if err != nil {
		return err
	}
	w.say("joined")
	victim := w.cluster.Nodes()[w.options.Nodes-1]
	if err := w.single(ctx, victim); err != nil || !w.options.Watch {
		return err
	}
	nodes := w.cluster.Nodes()
	if err := w.observe(ctx, "2", []string{nodes[4], nodes[5], victim}, nodes[4], nodes[5]); err != nil {
		return err
	}
	return w.observe(ctx, "3", []string{nodes[4], nodes[5]}, victim)
}

// single is case 1.
func (w *watcher) single(ctx context.Context, victim string) error {
	at := w.cluster.Now()
	if err := w.cluster.Kill(ctx, victim); err != nil {
		return err
	}
	if err := w.cluster.Menu(ctx, "1"); err != nil {
		return err
	}
	w.say("kill " + victim + ", menu 1")
	rows := Case{Name: "Go nodes' rows show " + victim, Verdict: harness.Pass}
	detail := ""
	err := w.until(ctx, "the Go nodes' rows", w.bound, func() (ok bool, err error) {
		detail, err = w.rows(ctx, victim)
		return err == nil && detail == "", nil
	})
	rows.Took = w.cluster.Now().Sub(at)
	if errors.Is(err, errInVain) {
		rows.Verdict, rows.Note, err = harness.Fail, detail, nil
	}
	if err != nil {
		return err
	}
	if w.mix.golang(w.options.Nodes) > 0 {
		w.cases = append(w.cases, rows)
	}
	if err := w.ended(ctx, "case 1 ends, kill "+victim, at, []string{victim}, harness.Fail); err != nil {
		return err
	}
	// Where most nodes are Python's, an original monitor may declare live nodes dead,
	// or never declare dead ones so.
	w.cases[len(w.cases)-1].Seen = 2*w.mix.golang(w.options.Nodes) < w.options.Nodes
	return nil
}

// rows is empty when every live Go node suspects the victim and no live node is
// suspected by all of them; otherwise it says which of this does not hold.
func (w *watcher) rows(ctx context.Context, victim string) (string, error) {
	matrix, err := w.cluster.SuspectMatrix(ctx)
	if err != nil {
		return "", err
	}
	mapping, err := w.cluster.Mapping(ctx)
	if err != nil {
		return "", err
	}
	suspects := func(observer, observed string) bool {
		i, j := mapping[w.cluster.Address(observer)], mapping[w.cluster.Address(observed)]
		return i < len(matrix) && j < len(matrix[i]) && matrix[i][j] == 1
	}
	var wrong []string
	var observers []string
	for _, n := range w.cluster.Nodes() {
		if n == victim || w.mix.Python(n) {
			continue
		}
		observers = append(observers, n)
		if !suspects(n, victim) {
			wrong = append(wrong, n+" does not suspect "+victim)
		}
	}
	for _, n := range w.cluster.Nodes() {
		all := !slices.ContainsFunc(observers, func(o string) bool { return o != n && !suspects(o, n) })
		if n != victim && len(observers) > 2 && all {
			wrong = append(wrong, "all Go nodes suspect "+n)
		}
	}
	return strings.Join(wrong, ", "), nil
}

// observe does what cases 2 and 3 need and records what came of it. The original ends
// them when views agree, true or not, or never. The nodes that it declares dead at
// the end are compared with dead.
func (w *watcher) observe(ctx context.Context, menu string, dead []string, names ...string) error {
	verb, do := "kill", w.cluster.Kill
	if menu == "3" {
		verb, do = "restart", w.cluster.Restart
	}
	if w.busy {
		return nil // the menu is still in the case before
	}
	at := w.cluster.Now()
	if err := do(ctx, names...); err != nil {
		return err
	}
	if err := w.cluster.Menu(ctx, menu); err != nil {
		return err
	}
	what := strings.Join(append([]string{verb}, names...), " ")
	w.say(what + ", menu " + menu)
	if err := w.ended(ctx, "case "+menu+" ends, "+what, at, dead, harness.Unknown); err != nil {
		return err
	}
	w.cases[len(w.cases)-1].Seen = true
	return nil
}

// ended waits for a case to end, and then compares whom the monitor declares dead
// with who is dead.
func (w *watcher) ended(ctx context.Context, what string, at time.Time, dead []string,
	otherwise harness.Verdict,
) error {
	if err := w.menuEnds(ctx, what, at, 2*w.bound, otherwise); err != nil {
		return err
	}
	_, held, err := w.cluster.AliveDead(ctx)
	if err != nil {
		return err
	}
	c := &w.cases[len(w.cases)-1]
	c.Note = strings.TrimSpace(c.Note + " held dead: " + w.names(held))
	if c.Verdict == harness.Pass && w.names(held) != strings.Join(dead, " ") {
		c.Verdict = harness.Fail
		c.Note += ", but dead: " + strings.Join(dead, " ")
	}
	return nil
}

func (w *watcher) names(addresses []gossip.Address) string {
	var names []string
	for _, n := range w.cluster.Nodes() {
		if slices.Contains(addresses, w.cluster.Address(n)) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

// menuEnds waits for one more result on the menu. If none comes, the case's verdict is
// otherwise.
func (w *watcher) menuEnds(ctx context.Context, what string, at time.Time, limit time.Duration,
	otherwise harness.Verdict,
) error {
	c := Case{Name: what, Verdict: harness.Pass}
	err := w.until(ctx, what, limit, func() (bool, error) {
		text, err := w.cluster.MenuOutput(ctx)
		if err != nil {
			return false, ctx.Err()
		}
		return strings.Count(text, "Consensus Achieved") > w.blocks, nil
	})
	c.Took = w.cluster.Now().Sub(at)
	switch {
	case err == nil:
		w.blocks++
	case errors.Is(err, errInVain):
		w.busy = true
		c.Verdict, c.Note, err = otherwise, fmt.Sprintf("not ended after %.1f s", c.Took.Seconds()), nil
	}
	w.cases = append(w.cases, c)
	if c.Verdict == harness.Pass {
		w.say(fmt.Sprintf("%s after %.1f s", what, c.Took.Seconds()))
	}
	return err
}

func (w *watcher) until(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	deadline := w.cluster.Now().Add(limit)
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !w.cluster.Now().Before(deadline) {
			return fmt.Errorf("%w for %s", errInVain, what)
		}
		if err := w.cluster.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (w *watcher) say(text string) { w.options.Progress.Event(w.cluster.Now().Sub(w.began), text) }
