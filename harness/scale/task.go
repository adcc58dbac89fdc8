package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/local"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
	"gossiprpc/harness/usage"
)

// What a run may have, and takes by rough reckoning from runs of 128 to 1,000 nodes, while they
// join.
const (
	leastNodes = 8
	mostNodes  = 4000 // the monitor's most is 4096
	perCrowd   = 250  // nodes in a process
	perNode    = 36   // descriptors: a listener, and connections of 45 s to and from peers
	spare      = 256  // descriptors of a process beside those
	nodeMemory = 2 << 20
	pairMemory = 4500 // bytes for each pair of nodes, at both and at the monitor
)

// ErrFailed is wrapped when a step did not go as it should.
var ErrFailed = errors.New("not as it should be")

// connections is how many the monitor and the provider take: three quarters of them may
// come from one address.
func connections(nodes int) int { return 2*nodes + spare }

// Task runs clusters of a protocol, one for each number of nodes (such as "8,32,128"), and prints
// what came of each. Of several the costs are drawn as well.
func Task(ctx context.Context, out io.Writer, environ []string, name, nodes string) error {
	screen := terminal.On(out)
	var wanted []settings.Values
	for _, n := range sizes(nodes) { // what is wrong with one is said before any is run
		v, err := settings.Read("scale", environ, "PROTOCOL="+name, "NODES="+n)
		if err != nil {
			return err
		}
		if _, err := crowds(v); err != nil {
			return err
		}
		v.Timing = v.Timing.Scaled(v.Speed)
		if err := v.Timing.Validate(); err != nil {
			return settings.Wrongf("SPEED=%g: %w", v.Speed, err)
		}
		wanted = append(wanted, v)
	}
	var all []Options
	for _, v := range wanted {
		o, err := prepare(ctx, v)
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	grown, err := each(ctx, screen, all)
	if len(grown) > 1 {
		err = errors.Join(err, curve(screen, wanted[0].Runs, all[0].Protocol.Name, all[0].Calm, grown))
	}
	return err
}

// run runs one cluster, and says what it is and what came of it.
func (o Options) run(ctx context.Context, screen *terminal.Screen) (Report, error) {
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("%d nodes of %s in %d processes, heartbeat %v, gossip %v, T_fail %v; logs in %s\n",
		o.Nodes, o.Protocol.Title, o.Crowds, o.Timing.Heartbeat, o.Timing.Gossip, o.Timing.Fail, o.Dir), 2))
	o.Tell = screen.NowAndThen
	report, err := Run(ctx, o)
	screen.Clear()
	report.print(screen)
	if err == nil && !report.Passed() {
		err = ErrFailed
	}
	return report, err
}

// crowds tells how many processes the nodes need, if they can be run here.
func crowds(v settings.Values) (int, error) {
	if v.Nodes < leastNodes || v.Nodes > mostNodes {
		return 0, settings.Wrongf("NODES=%d: want %d to %d", v.Nodes, leastNodes, mostNodes)
	}
	if runtime.GOOS != "linux" {
		return 0, settings.Wrongf("%s has no /proc to measure by", runtime.GOOS)
	}
	descriptors, err := usage.Descriptors()
	if err != nil {
		return 0, err
	}
	memory, err := usage.Available()
	if err != nil {
		return 0, err
	}
	return fits(v.Nodes, descriptors, memory)
}

// prepare builds the programs and makes the run's folder.
func prepare(ctx context.Context, v settings.Values) (o Options, err error) {
	processes, err := crowds(v)
	if err != nil {
		return o, err
	}
	o = Options{
		Parameters: protocol.Parameters{
			Protocol: v.Protocol, Timing: v.Timing, Aligned: true, Freshness: v.Freshness,
		},
		Nodes: v.Nodes, Seed: v.Seed, Crowds: processes, Calm: v.Calm,
	}
	if o.Programs, err = local.Build(ctx); err != nil {
		return o, err
	}
	o.Crowd = filepath.Join(o.Programs, "gossip-crowd")
	build := exec.CommandContext(ctx, "go", "build", "-o", o.Crowd, "./harness/scale/crowd/gossip-crowd")
	if text, err := build.CombinedOutput(); err != nil {
		return o, fmt.Errorf("build: %w\n%s", err, text)
	}
	if err := os.MkdirAll(v.Runs, 0o755); err != nil {
		return o, err
	}
	if o.Dir, err = os.MkdirTemp(v.Runs, fmt.Sprintf("scale-%s-%d-", v.Protocol.Name, v.Nodes)); err != nil {
		return o, err
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return o, err
	}
	return o, nil
}

// fits tells how many processes the nodes need, or what there is too little of.
func fits(nodes, descriptors int, memory int64) (crowds int, err error) {
	if need := connections(nodes) + spare; need > descriptors {
		return 0, settings.Wrongf("NODES=%d: the monitor needs %d descriptors, a process may have %d (ulimit -n)",
			nodes, need, descriptors)
	}
	each := min(perCrowd, (descriptors-spare)/perNode)
	if need := int64(nodes)*nodeMemory + int64(nodes)*int64(nodes)*pairMemory; need > memory {
		return 0, settings.Wrongf("NODES=%d: they need some %d MB of memory, %d MB are available", nodes, need>>20, memory>>20)
	}
	return (nodes + each - 1) / each, nil
}

func (r Report) print(screen *terminal.Screen) {
	steps := terminal.Table{
		Columns: []terminal.Column{
			{Title: "step", Wrap: 16}, {Title: "took", Right: true}, {Title: "bound", Right: true}, {Title: "result", Wrap: 16},
		},
		Colour: func(column int, cell string) terminal.Colour {
			switch {
			case column != 3:
				return terminal.Plain
			case cell == "pass":
				return terminal.Good
			default:
				return terminal.Bad
			}
		},
	}
	for _, s := range r.Steps {
		bound, result := "", "pass"
		if s.Bound > 0 {
			bound = s.Bound.String()
		}
		if s.Wrong != "" {
			result = "fail: " + s.Wrong
		}
		steps.Row(s.Name, s.Took.Round(100*time.Millisecond), bound, result)
	}
	screen.Table(steps)
	if len(r.Costs) == 0 {
		return
	}
	costs := terminal.Table{Columns: []terminal.Column{
		{Title: "while nothing happens"},
		{Title: "cores", Right: true},
		{Title: "memory", Right: true},
		{Title: "of a core, each node", Right: true},
		{Title: "memory, each node", Right: true},
	}}
	for _, c := range r.Costs {
		row := []any{c.Name, fmt.Sprintf("%.2f", c.Cores), fmt.Sprintf("%d MB", c.Memory>>20)}
		if c.Of > 0 {
			row = append(row, fmt.Sprintf("%.3f %%", 100*c.Cores/float64(c.Of)),
				fmt.Sprintf("%.2f MB", float64(c.Memory)/float64(c.Of)/(1<<20)))
		}
		costs.Row(row...)
	}
	fmt.Fprintln(screen)
	screen.Table(costs)
	rest := "the cluster was at rest"
	if !r.Settled {
		rest = "first digests were still being exchanged, as they are for a period of the ring"
	}
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("Measured once, for %v; %s. A node sends %.1f KiB of gossip a second.\n",
		r.Calm, rest, r.Sent/1024), 0))
}
