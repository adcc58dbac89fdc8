package interop

import (
	"context"
	"errors"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/harness/local"
)

// Backend starts mixed clusters of processes on loopback. It is safe for many
// goroutines.
type Backend struct {
	Mix      Mix
	Programs string // see local.Backend
}

// Name is "local": scripts for local clusters run on mixed ones.
func (b Backend) Name() string { return "local" }

// Cannot is harness.Limited's.
func (b Backend) Cannot() []string { return []string{"partition", "cut", "loss"} }

// Start is harness.Backend's. The peers' programs are put into the run's folder.
func (b Backend) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	python, err := NewPython(s.Dir)
	if err != nil {
		return nil, err
	}
	inner, err := (&local.Backend{Programs: b.Programs, Instead: python.Instead(s.Nodes, b.Mix.Python)}).Start(ctx, s)
	if err != nil {
		return nil, err
	}
	collects, ok := inner.(collector)
	if !ok {
		return nil, errors.Join(errors.New("a local cluster's monitor cannot be told to collect"), inner.Close())
	}
	return &cluster{Cluster: inner, collector: collects, mix: b.Mix, spec: s, down: map[string]bool{}}, nil
}

// collector is a cluster whose monitor collects the nodes' states.
type collector interface {
	Collect(ctx context.Context) (live.Collected, error)
}

// cluster differs from a local one in when it counts as joined: a Python node's
// generation does not say when it was started.
type cluster struct {
	harness.Cluster
	collector collector
	mix       Mix
	spec      harness.ClusterSpec
	down      map[string]bool
	told      time.Time // when all Go nodes had heard of all
}

func (c *cluster) Kill(ctx context.Context, names ...string) error {
	for _, n := range names {
		c.down[n] = true
	}
	return c.Cluster.Kill(ctx, names...)
}

func (c *cluster) Restart(ctx context.Context, names ...string) error {
	for _, n := range names {
		delete(c.down, n)
	}
	return c.Cluster.Restart(ctx, names...)
}

// Joined has the monitor collect the nodes' state maps. A Python node stops
// reporting its own while it knows of an endpoint that it has no handshake with,
// and Python nodes by themselves never learn the state of all. So Python nodes count
// as joined one cycle after all Go nodes have heard of all.
func (c *cluster) Joined(ctx context.Context) (map[string][]string, error) {
	collected, err := c.collector.Collect(ctx)
	if err != nil {
		return nil, err
	}
	var running []live.Node
	for _, n := range c.Nodes() {
		if !c.down[n] {
			running = append(running, live.Node{Name: n, Address: c.Address(n)})
		}
	}
	missing := collected.Missing(running)
	complete := true
	for n := range missing {
		complete = complete && c.mix.Python(n)
	}
	if !complete {
		return missing, nil
	}
	if c.told.IsZero() {
		c.told = time.Now()
	}
	if time.Since(c.told) > time.Duration(c.spec.Nodes+1)*c.spec.Timing.Gossip {
		return nil, nil
	}
	return missing, nil
}
