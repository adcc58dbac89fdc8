package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
)

// Backend runs scenario scripts in virtual time. The zero value simulates a quiet
// local network.
type Backend struct {
	// Configure changes what a cluster begins with; nil leaves it as it is.
	Configure func(*Config)
	// Live saves flight records as time passes, for somebody to follow; without it
	// they are saved at the end.
	Live bool
	// World makes the world of a cluster; nil: New. Pass has d of its time pass; nil:
	// at once. They are for those who show a run while it happens.
	World func(Config) (*World, error)
	Pass  func(ctx context.Context, d time.Duration) error
}

// Name is "sim".
func (Backend) Name() string { return "sim" }

// Start makes a world and lets it run until the provider has let all nodes in.
func (b Backend) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	if s.TLS {
		return nil, errors.New("tls=on: there are no connections to encrypt in virtual time, only on backends local and docker")
	}
	c := DefaultConfig(s.Protocol)
	c.Parameters, c.Nodes, c.Seed, c.Spread = s.Parameters, s.Nodes, s.Seed, s.Timing.Gossip
	c.Labels = s.Labels(b)
	if b.Configure != nil {
		b.Configure(&c)
	}
	var record *records
	if s.RecordFile(harness.Monitor, 1) != "" {
		record = &records{spec: s, files: map[string]*bytes.Buffer{}}
		c.Wrap = func(l Life, m machine.Machine) machine.Machine { return record.wrap(l, m) }
	}
	newWorld := New
	if b.World != nil {
		newWorld = b.World
	}
	w, err := newWorld(c)
	if err != nil {
		return nil, err
	}
	cluster := &cluster{backend: b, world: w, record: record, whole: map[string]uint32{}}
	if !cluster.settle(ctx, w.Nodes()) {
		return nil, errors.Join(ctx.Err(), errors.New("simulation: the nodes do not get into the cluster"))
	}
	return cluster, nil
}

// cluster is a world as the harness drives it.
type cluster struct {
	backend Backend
	world   *World
	record  *records // nil: nothing is recorded
	// whole holds the life in which a node was found to have heard of all: it
	// forgets nobody.
	whole map[string]uint32
}

var _ harness.Growing = (*cluster)(nil)

// settleLimit is how long processes may take to start.
const settleLimit = time.Minute

// settle waits until processes listen and nodes have been let in; those that
// cannot be, because the provider is away, are up all the same.
func (c *cluster) settle(ctx context.Context, names []string) bool {
	for range settleLimit / (10 * time.Millisecond) {
		if ctx.Err() != nil {
			return false
		}
		ready := !slices.ContainsFunc(names, func(n string) bool {
			h := c.world.named[n]
			return !h.up || h.kind == aNode && h.node.Node() == nil && c.world.provider.up
		})
		if ready {
			return true
		}
		if err := c.pass(ctx, 10*time.Millisecond); err != nil {
			return false
		}
	}
	return false
}

func (c *cluster) pass(ctx context.Context, d time.Duration) error {
	if c.backend.Pass != nil {
		return c.backend.Pass(ctx, d)
	}
	c.world.Run(d)
	return nil
}

func (c *cluster) Nodes() []string { return c.world.Nodes() }

func (c *cluster) Address(node string) gossip.Address { return c.world.Address(node) }

func (c *cluster) Now() time.Time { return c.world.Now() }

func (c *cluster) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.pass(ctx, d); err != nil {
		return err
	}
	if c.backend.Live {
		return c.record.save()
	}
	return nil
}

func (c *cluster) Kill(_ context.Context, names ...string) error {
	return c.each(names, func(name string) { c.world.Kill(name) })
}

// Interrupt is Kill: a process says no goodbye.
func (c *cluster) Interrupt(ctx context.Context, names ...string) error {
	return c.Kill(ctx, names...)
}

func (c *cluster) Restart(ctx context.Context, names ...string) error {
	if err := c.each(names, func(name string) { c.world.Restart(name) }); err != nil {
		return err
	}
	if !c.settle(ctx, names) {
		return errors.Join(ctx.Err(), fmt.Errorf("restart %v: not up within %v", names, settleLimit))
	}
	return nil
}

// Add is harness.Growing's.
func (c *cluster) Add(ctx context.Context) error {
	name := c.world.Join()
	if !c.settle(ctx, []string{name}) {
		return errors.Join(ctx.Err(), fmt.Errorf("%s is not up within %v", name, settleLimit))
	}
	return nil
}

func (c *cluster) Pause(_ context.Context, names ...string) error {
	return c.each(names, func(name string) { c.world.Pause(name) })
}

func (c *cluster) Resume(_ context.Context, names ...string) error {
	return c.each(names, func(name string) { c.world.Resume(name) })
}

func (c *cluster) Partition(_ context.Context, groups ...[]string) error {
	if err := c.each(slices.Concat(groups...), func(string) {}); err != nil {
		return err
	}
	c.world.Partition(groups...)
	return nil
}

// Cut is harness.Cutting's.
func (c *cluster) Cut(_ context.Context, from, to string) error {
	return c.each([]string{from, to}, func(string) { c.world.Cut(from, to) })
}

func (c *cluster) Loss(_ context.Context, share float64) error {
	if share < 0 || share > 1 {
		return fmt.Errorf("loss %g: want 0 to 1", share)
	}
	c.world.Loss(share)
	return nil
}

func (c *cluster) Heal(context.Context) error {
	c.world.Heal()
	return nil
}

func (c *cluster) each(names []string, do func(string)) error {
	for _, name := range names {
		if c.world.named[name] == nil {
			return fmt.Errorf("%q is no process of this cluster", name)
		}
	}
	for _, name := range names {
		do(name)
	}
	return nil
}

var errNoMonitor = errors.New("the monitor does not run")

func (c *cluster) Menu(_ context.Context, line string) error {
	if !c.world.Type(line) {
		return errNoMonitor
	}
	return nil
}

func (c *cluster) MenuOutput(context.Context) (string, error) {
	return c.world.monitor.out.String(), nil
}

// asked is the monitor that a question reaches, unless nobody would answer.
func (c *cluster) asked() (*core.Core, error) {
	if h := c.world.monitor; h.up && !h.paused {
		return h.monitor, nil
	}
	return nil, errNoMonitor
}

func (c *cluster) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	m, err := c.asked()
	if err != nil {
		return nil, nil, err
	}
	live, dead = m.AliveDead()
	return live, dead, nil
}

func (c *cluster) SuspectMatrix(context.Context) ([][]int, error) {
	m, err := c.asked()
	if err != nil {
		return nil, err
	}
	rows := m.Matrix()
	matrix := make([][]int, len(rows))
	for i, row := range rows {
		matrix[i] = make([]int, len(rows))
		for j := range matrix[i] {
			if row.Has(j) {
				matrix[i][j] = 1
			}
		}
	}
	return matrix, nil
}

func (c *cluster) Mapping(context.Context) (map[gossip.Address]int, error) {
	m, err := c.asked()
	if err != nil {
		return nil, err
	}
	mapping := map[gossip.Address]int{}
	for i, n := range m.State().Nodes() {
		mapping[n.Address] = i
	}
	return mapping, nil
}

func (c *cluster) Results(context.Context) (text, records []byte, err error) {
	files := c.world.monitor.files
	return slices.Clone(files[results]), slices.Clone(files[resultLines]), nil
}

func (c *cluster) Joined(context.Context) (map[string][]string, error) {
	missing := map[string][]string{}
	all := c.world.Nodes()
	for _, name := range all {
		h := c.world.named[name]
		if !h.up || c.whole[name] == h.life {
			continue
		}
		node := c.world.Node(name)
		if node == nil {
			missing[name] = without(all, name)
			continue
		}
		digest := node.Digest()
		for _, other := range all {
			if _, ok := digest.Get(c.world.Address(other)); !ok {
				missing[name] = append(missing[name], other)
			}
		}
		if missing[name] == nil {
			c.whole[name] = h.life
		}
	}
	return missing, nil
}

// Unsettled is harness.Cluster's.
func (c *cluster) Unsettled(context.Context) (harness.Unrest, error) {
	unrest := harness.Unrest{Awaits: map[string]string{}}
	for _, name := range c.world.Nodes() {
		h := c.world.named[name]
		switch {
		case !h.up:
		case h.paused:
			unrest.Awaits[name] = "it is paused"
		case h.node.Awaits() != "":
			unrest.Awaits[name] = h.node.Awaits()
		}
	}
	return unrest, nil
}

func without(all []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return n == name })
}

// Close has nothing to end, and saves the flight records.
func (c *cluster) Close() error {
	r := c.record
	c.record = nil
	return r.save()
}
