package steered

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/shown"
	"gossiprpc/internal/viewer"
)

// ScriptName is what errors call a script that is asked for.
const ScriptName = "script.txt"

// Wrong is why an act was refused, as pages read it.
type Wrong struct {
	Error  string `json:"error"`
	Line   int    `json:"line,omitempty"` // of the script; 0: it is not about a place in one
	Column int    `json:"column,omitempty"`
}

// Explain is what is wrong with an act, and where in its script.
func Explain(err error) Wrong {
	answer := Wrong{Error: err.Error()}
	if place := (*scenario.PlaceError)(nil); errors.As(err, &place) {
		// The page says the place itself.
		answer.Error = strings.TrimPrefix(answer.Error, fmt.Sprintf("%s:%d: ", ScriptName, place.Line))
		answer.Line, answer.Column = place.Line, place.Column
	}
	return answer
}

// play is a scenario script that runs, and takes turns with whoever lets time pass: next
// has it go on until it waits, and tells for how long.
type play struct {
	next func() (time.Duration, bool)
	stop func()
	wait time.Duration // that it still waits
	out  scenario.Outcome
	err  error
}

// script begins a script in place of the cluster that runs.
func (c *Cluster) script(text string) error {
	if err := scenario.CheckGuest(ScriptName, []byte(text)); err != nil {
		return err
	}
	c.end()
	p := &play{}
	p.next, p.stop = iter.Pull(func(yield func(time.Duration) bool) {
		p.out, p.err = c.run(text, yield)
	})
	c.play = p
	c.goOn()
	if c.play == nil && c.world == nil {
		return errors.Join(p.err, errors.New(strings.Join(p.out.Reasons, "; ")))
	}
	return nil
}

// run runs a script in a folder that is left for nobody.
func (c *Cluster) run(text string, yield func(time.Duration) bool) (out scenario.Outcome, err error) {
	runs, err := os.MkdirTemp("", "script")
	if err != nil {
		return out, fmt.Errorf("script: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(runs)) }()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := scenario.DefaultOptions()
	o.Protocol, o.Nodes, o.Speed, o.Runs = c.settings.Protocol, c.settings.Nodes, c.settings.Speed, runs
	o.Seed = max(1, c.settings.Seed) // scripts draw one for 0
	o.Diary = c.note
	o.Backend = stage{c: c, pass: func(_ context.Context, d time.Duration) error {
		if !yield(d) {
			cancel() // and the script is called off
			return context.Canceled
		}
		return nil
	}}
	return scenario.Run(ctx, o, ScriptName, []byte(text))
}

// goOn has the script go on until it waits. When it is over, so is its cluster.
func (c *Cluster) goOn() {
	p := c.play
	var more bool
	if p.wait, more = p.next(); more {
		return
	}
	c.play = nil
	if c.world == nil {
		return
	}
	reasons := p.out.Reasons
	if p.err != nil {
		reasons = append(reasons, p.err.Error())
	}
	c.world.End(string(p.out.Verdict), strings.Join(reasons, "; "))
	c.world = nil
}

// end calls off the script that runs.
func (c *Cluster) end() {
	p := c.play
	c.play, c.world = nil, nil
	if p != nil {
		p.stop()
	}
}

// Playing tells whether a script runs. Its time need not be kept to anything.
func (c *Cluster) Playing() bool { return c.play != nil }

// stage is the backend of scripts.
type stage struct {
	sim.Backend
	c    *Cluster
	pass func(context.Context, time.Duration) error
}

func (s stage) Start(ctx context.Context, spec harness.ClusterSpec) (harness.Cluster, error) {
	if spec.Nodes > MostNodes {
		return nil, fmt.Errorf("%d nodes: want %d at most", spec.Nodes, MostNodes)
	}
	spec.Unrecorded = true
	return sim.Backend{
		Configure: s.c.settings.network,
		World: func(config sim.Config) (*sim.World, error) {
			w, err := shown.New(config, s.c.put)
			if err != nil {
				return nil, err
			}
			s.c.world = w
			return w.World, nil
		},
		Pass: s.pass,
	}.Start(ctx, spec)
}

// note tells the viewers what the harness does and sees, a line of its diary.
func (c *Cluster) note(line []byte) {
	if c.world == nil {
		return
	}
	e, err := replay.Happened(line, c.world.Index)
	if err != nil {
		e = viewer.Log{Who: "harness", Text: err.Error()}
	}
	if e != nil {
		c.world.Tell(e)
	}
}
