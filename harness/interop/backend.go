package interop

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/harness/states"
)

// Backend starts mixed clusters of processes on loopback. It is safe for many
// goroutines.
type Backend struct {
	Mix      Mix
	Programs string // see local.Backend
}

// Name is "local": scripts for local clusters run on mixed ones.
func (b Backend) Name() string { return "local" }

// Start is harness.Backend's. The peers' programs are put into the run's folder.
func (b Backend) Start(ctx context.Context, s harness.Spec) (harness.Cluster, error) {
	python, err := NewPython(s.Dir)
	if err != nil {
		return nil, err
	}
	instead := map[string][]string{}
	for _, name := range []string{harness.Monitor, harness.Provider} {
		if b.Mix.Python(name) {
			instead[name] = python.Command(name)
		}
	}
	for i := range s.Nodes {
		if name := "node" + strconv.Itoa(i+1); b.Mix.Python(name) {
			instead[name] = python.Command("node")
		}
	}
	inner, err := (&local.Backend{Programs: b.Programs, Instead: instead}).Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return &cluster{Cluster: inner, mix: b.Mix, spec: s, started: time.Now(), down: map[string]bool{}}, nil
}

// cluster differs from a local one in what it takes for joined: a Python node's
// generation does not say when it was started.
type cluster struct {
	harness.Cluster
	mix     Mix
	spec    harness.Spec
	started time.Time
	down    map[string]bool
	told    time.Time // when all Go nodes had heard of all
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
// and Python nodes by themselves never learn the state of all: so from when all
// Go nodes have heard of all, one cycle more is enough for the Python nodes.
func (c *cluster) Joined(ctx context.Context) (map[string][]string, error) {
	collected, err := c.collect(ctx)
	if err != nil {
		return nil, err
	}
	missing := map[string][]string{}
	complete := true
	for _, n := range c.Nodes() {
		for _, other := range c.Nodes() {
			if c.down[n] || c.down[other] {
				continue
			}
			if _, known := collected[c.Address(n)][c.Address(other)]; !known {
				missing[n] = append(missing[n], other)
				complete = complete && c.mix.Python(n)
			}
		}
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

func (c *cluster) collect(ctx context.Context) (states.Collected, error) {
	file := filepath.Join(c.spec.Dir, "states.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := c.Menu(ctx, "collect"); err != nil {
		return nil, err
	}
	for {
		text, err := os.ReadFile(file)
		if err == nil {
			if collected, err := states.Read(text); err == nil {
				return collected, nil
			}
		}
		if err := c.Wait(ctx, 10*time.Millisecond); err != nil {
			return nil, err
		}
	}
}
