package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// Save keeps a failing plan in a folder: the plan as JSON, which [Load] reads,
// and a scenario script beside it where scripts have words for all its faults
// and the script fails on the sim backend too. It returns the files' paths.
func Save(ctx context.Context, folder string, p Plan, f Failure) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("save plan: %w", err)
	}
	text, err := json.MarshalIndent(kept{p, f}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("save plan: %w", err)
	}
	base := filepath.Join(folder, fmt.Sprintf("chaos-%d", p.Seed))
	paths := []string{base + ".json"}
	if err := os.WriteFile(paths[0], append(text, '\n'), 0o644); err != nil {
		return nil, fmt.Errorf("save plan: %w", err)
	}
	script, ok := Script(p, f)
	if !ok || !shows(ctx, p, script) {
		return paths, nil
	}
	paths = append(paths, base+".txt")
	return paths, os.WriteFile(paths[1], []byte(script), 0o644)
}

type kept struct {
	Plan    Plan    `json:"plan"`
	Failure Failure `json:"failure"`
}

// Load reads a plan that Save has kept.
func Load(path string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("load plan: %w", err)
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return Plan{}, fmt.Errorf("load plan %s: %w", path, err)
	}
	return k.Plan, nil
}

// shows tells whether the script fails in virtual time.
func shows(ctx context.Context, p Plan, script string) bool {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	o := scenario.DefaultOptions()
	o.Backend, o.Runs, o.Seed = sim.Backend{}, dir, p.Seed
	out, err := scenario.Run(ctx, o, "chaos.txt", []byte(script))
	return err == nil && out.Verdict == harness.Fail
}

// deed is one line of a script, when it is due.
type deed struct {
	at   time.Duration
	line func(inForce *forces) []string
}

// forces are what one heal would end all at once.
type forces struct {
	loss  float64
	group []string
}

func (f *forces) lines() []string {
	var out []string
	if f.group != nil {
		out = append(out, "partition "+strings.Join(f.group, ","))
	}
	if f.loss > 0 {
		out = append(out, fmt.Sprintf("loss %.1f%%", 100*f.loss))
	}
	return out
}

// Script writes a plan as a scenario; false if it holds what scripts have no word
// for.
func Script(p Plan, f Failure) (string, bool) {
	var deeds []deed
	down := map[string]bool{}
	for _, fault := range p.Faults {
		do, undo, ok := words(fault)
		if !ok || slices.ContainsFunc(p.Machines, func(m sim.Machine) bool { return m != sim.Machine{} }) {
			return "", false
		}
		if fault.ends() && fault.For == 0 {
			for _, name := range fault.Who {
				down[name] = true
			}
		}
		deeds = append(deeds, deed{fault.At, do})
		if fault.For > 0 {
			deeds = append(deeds, deed{fault.At + fault.For, undo})
		}
	}
	slices.SortStableFunc(deeds, func(a, b deed) int { return int(a.at - b.at) })
	var b strings.Builder
	fmt.Fprintf(&b, "# Found by chaos, seed %d: %s\n# %s\n", p.Seed, f.Invariant, strings.TrimSpace(f.Text))
	fmt.Fprintf(
		&b,
		"cluster %d %s align=%v seed=%d\nawait joined\nallow dead node1..node%d\n",
		p.Nodes,
		p.Protocol,
		p.Aligned,
		p.Seed,
		p.Nodes,
	)
	now, inForce := time.Duration(0), &forces{}
	for _, d := range deeds {
		if d.at > now {
			fmt.Fprintf(&b, "sleep %v\n", d.at-now)
			now = d.at
		}
		for _, line := range d.line(inForce) {
			fmt.Fprintln(&b, line)
		}
	}
	fmt.Fprintf(&b, "heal\nsleep %v\n", p.settleLimit())
	var live, dead []string
	for i := range p.Nodes {
		if name := fmt.Sprintf("node%d", i+1); down[name] {
			dead = append(dead, name)
		} else {
			live = append(live, name)
		}
	}
	for word, names := range map[string][]string{"alive": live, "dead": dead} {
		if len(names) > 0 {
			fmt.Fprintf(&b, "expect %s %s\n", word, strings.Join(names, " "))
		}
	}
	return b.String(), true
}

func words(f Fault) (do, undo func(*forces) []string, ok bool) {
	who := strings.Join(f.Who, " ")
	say := func(line string) func(*forces) []string { return func(*forces) []string { return []string{line} } }
	change := func(set func(*forces)) func(*forces) []string {
		return func(in *forces) []string {
			set(in)
			return append([]string{"heal"}, in.lines()...)
		}
	}
	switch f.Kind {
	case Crash:
		return say("kill " + who), say("restart " + who), true
	case Pause:
		return say("pause " + who), say("resume " + who), true
	case Lose:
		if f.links() != Peers {
			return nil, nil, false
		}
		return change(func(in *forces) { in.loss = f.Share }), change(func(in *forces) { in.loss = 0 }), true
	case Partition:
		return change(
				func(in *forces) { in.group = f.Who },
			), change(
				func(in *forces) { in.group = nil },
			), len(
				f.Who,
			) > 0
	case Case:
		return say(fmt.Sprintf("menu %d", f.Number)), say("menu cancel"), true
	}
	return nil, nil, false
}

// settleLimit allows for the bound of nodes that died at the last moment, in
// rounds that may not be aligned; once more for it, since a monitor that was deaf
// listens for that long before it judges; and for a node's longest wait before it
// tries the monitor or the provider again.
func (p Plan) settleLimit() time.Duration {
	spec, _ := protocol.ByName(p.Protocol)
	nodes := p.Nodes
	for _, f := range p.Faults {
		if f.Kind == Join {
			nodes++
		}
	}
	return protocol.Parameters{Protocol: spec, Timing: p.Timing}.DetectionBound(nodes, 3)*2 + 8*p.Timing.Heartbeat
}
