// Package steered is a cluster in virtual time that somebody acts on while its time
// passes.
//
// Acts go in as JSON, in the words of the lab's page, and time by the call; the
// viewer's events come out. Nothing here needs an operating system.
package steered

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/shown"
	"gossiprpc/internal/viewer"
)

// MostNodes is how many nodes a cluster may have, so that a browser keeps up.
const MostNodes = 128

// Acts are what [Cluster.Act] knows.
func Acts() []string {
	return []string{
		"kill", "interrupt", "restart", "pause", "resume", "partition", "heal", "loss", "add", "menu", "script", "new",
	}
}

// Settings are what a cluster begins with.
type Settings struct {
	Protocol string  `json:"protocol"`
	Nodes    int     `json:"nodes"`
	Seed     uint64  `json:"seed"`
	Speed    float64 `json:"speed"` // by which the intervals are divided
	Fail     float64 `json:"fail"`  // T_fail at speed 1, seconds
	Delay    float64 `json:"delay"` // of each message, one way, milliseconds
	Drift    int64   `json:"drift"` // the most by which a node's clocks are too fast or slow, millionths
}

// DefaultSettings are the original's pace on a quiet network.
func DefaultSettings() Settings {
	return Settings{
		Protocol: "rr", Nodes: 8, Seed: 1, Speed: 1, Fail: protocol.DefaultTiming().Fail.Seconds(),
		Delay: float64(sim.DefaultDelay().Low) / float64(time.Millisecond),
	}
}

// config is a world's, of settings that make sense.
func (s Settings) config() (sim.Config, error) {
	spec, ok := protocol.ByName(s.Protocol)
	switch {
	case !ok:
		return sim.Config{}, fmt.Errorf("protocol %q: want one of %s", s.Protocol, strings.Join(protocol.Names(), ", "))
	case s.Nodes < 2 || s.Nodes > MostNodes:
		return sim.Config{}, fmt.Errorf("%d nodes: want 2 to %d", s.Nodes, MostNodes)
	case s.Speed < 0.1 || s.Speed > 50:
		return sim.Config{}, fmt.Errorf("speed %g: want 0.1 to 50", s.Speed)
	case s.Fail <= 0 || s.Fail > 3600:
		return sim.Config{}, fmt.Errorf("silence of %g s until a suspicion: want more than 0, up to 3600", s.Fail)
	case s.Delay < 0 || s.Delay > 10_000:
		return sim.Config{}, fmt.Errorf("delay of %g ms: want 0 to 10000", s.Delay)
	case s.Drift < 0 || s.Drift > 100_000:
		return sim.Config{}, fmt.Errorf("drift of %d millionths: want 0 to 100000", s.Drift)
	}
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Seed = s.Nodes, s.Seed
	c.Timing.Fail = time.Duration(s.Fail * float64(time.Second))
	c.Timing = c.Timing.Scaled(s.Speed)
	c.Spread = c.Timing.Gossip
	s.network(&c)
	return c, nil
}

// network sets what is not the cluster's own: delays, and how clocks run.
func (s Settings) network(c *sim.Config) {
	c.Peers.Delay.Low = time.Duration(s.Delay * float64(time.Millisecond))
	c.Servers.Delay = c.Peers.Delay
	c.Machine = func(node int) sim.Machine {
		draws := rand.New(rand.NewPCG(s.Seed, uint64(node)))
		return sim.Machine{PPM: draws.Int64N(2*s.Drift+1) - s.Drift}
	}
}

// Cluster is the cluster that runs. It belongs to one goroutine. An act that makes a
// new one is to come first.
type Cluster struct {
	put      func(at time.Duration, e viewer.Event)
	settings Settings
	world    *shown.World // nil: none runs
	play     *play        // nil: no script runs
}

// New has no cluster yet. put is told all events, of one cluster after the other.
func New(put func(at time.Duration, e viewer.Event)) *Cluster {
	return &Cluster{put: put, settings: DefaultSettings()}
}

// Advance lets time pass.
func (c *Cluster) Advance(d time.Duration) {
	for d > 0 && c.play != nil {
		step := min(d, c.play.wait)
		c.world.Run(step)
		d -= step
		if c.play.wait -= step; c.play.wait == 0 {
			c.goOn()
		}
	}
	if c.world != nil {
		c.world.Run(d)
	}
}

// Act does what the page asks for, such as {"do":"kill","nodes":["node4"]}. What a
// new cluster is not told stays as it was.
func (c *Cluster) Act(text []byte) error {
	var kind struct {
		Do string `json:"do"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return fmt.Errorf("act: %w", err)
	}
	if !slices.Contains(Acts(), kind.Do) {
		return fmt.Errorf("act %q: want one of %s", kind.Do, strings.Join(Acts(), ", "))
	}
	if kind.Do == "new" {
		return c.anew(text)
	}
	var a asked
	if err := decode(text, &a); err != nil {
		return err
	}
	switch {
	case a.Do == "script":
		return c.script(a.Text)
	case c.play != nil:
		return errors.New("a script is running: wait until it has ended, or start a new cluster")
	case c.world == nil:
		return errors.New("no cluster runs: start a new one")
	}
	return c.do(a)
}

type asked struct {
	Do    string   `json:"do"`
	Nodes []string `json:"nodes"`
	Share *float64 `json:"share"` // loss
	Line  string   `json:"line"`  // menu
	Text  string   `json:"text"`  // script
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("act: %w", err)
	}
	return nil
}

func (c *Cluster) anew(text []byte) error {
	a := struct {
		Do string `json:"do"`
		Settings
	}{Settings: c.settings}
	if err := decode(text, &a); err != nil {
		return err
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	w, err := shown.New(config, c.put)
	if err != nil {
		return err
	}
	c.end()
	c.world, c.settings = w, a.Settings
	return nil
}

func (c *Cluster) do(a asked) error {
	w := c.world
	switch a.Do {
	case "heal":
		w.Act(a.Do, nil, "")
		w.Heal()
		return nil
	case "loss":
		if a.Share == nil || *a.Share < 0 || *a.Share > 1 {
			return errors.New("loss: want a share from 0 to 1")
		}
		w.Act(a.Do, nil, strconv.FormatFloat(100*(*a.Share), 'g', -1, 64)+"%")
		w.Loss(*a.Share)
		return nil
	case "add":
		if n := len(w.Nodes()); n >= MostNodes {
			return fmt.Errorf("add: there are %d nodes, and no more than %d can be shown", n, MostNodes)
		}
		w.Act(a.Do, nil, "")
		w.Join()
		return nil
	case "menu":
		if a.Line == "" || strings.ContainsAny(a.Line, "\r\n") {
			return fmt.Errorf("menu: %q: want a line of the monitor's menu", a.Line)
		}
		if !w.Running(harness.Monitor) || w.Paused(harness.Monitor) {
			return errors.New("menu: the monitor does not run")
		}
		w.Act(a.Do, nil, a.Line)
		w.Type(a.Line)
		return nil
	}
	return c.disturb(a)
}

// disturb does what is done to processes by their names.
func (c *Cluster) disturb(a asked) error {
	w := c.world
	if len(a.Nodes) == 0 {
		return fmt.Errorf("%s: want at least one process, such as node3", a.Do)
	}
	known := append(w.Nodes(), harness.Monitor, harness.Provider)
	for _, name := range a.Nodes {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s: %q is no process of this cluster, want node1 to %s, monitor or provider",
				a.Do, name, w.Nodes()[len(w.Nodes())-1])
		}
	}
	w.Act(a.Do, a.Nodes, "")
	switch a.Do {
	case "kill", "interrupt": // a process says no goodbye
		w.Kill(a.Nodes...)
	case "restart":
		w.Restart(a.Nodes...)
	case "pause":
		w.Pause(a.Nodes...)
	case "resume":
		w.Resume(a.Nodes...)
	case "partition":
		w.Partition(a.Nodes)
	}
	return nil
}
