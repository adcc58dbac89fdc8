package interop

import (
	"context"
	"strconv"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/docker"
)

// Docker starts mixed clusters in containers. The Python processes are those of
// an image that answers the original's commands, in its working directory, at
// the original's intervals: a [harness.ClusterSpec] must have no other.
type Docker struct {
	Mix    Mix
	Image  string
	Prefix string // see docker.Backend
	Flags  []string
}

// Name is "docker".
func (b Docker) Name() string { return "docker" }

// Cannot is harness.Limited's.
func (b Docker) Cannot() []string { return []string{"cut", "loss"} }

// Start is harness.Backend's.
func (b Docker) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	others := map[string]docker.Program{}
	add := func(process, typed string, command ...string) {
		if b.Mix.Python(process) {
			// Python would otherwise keep all output to itself until it ends.
			command = append([]string{"env", "PYTHONUNBUFFERED=1", "python"}, command...)
			others[process] = docker.Program{Image: b.Image, Command: command, Typed: typed}
		}
	}
	add(harness.Monitor, "", "Monitoring_Node.py", "--config", "config_files/monitor.json")
	add(harness.Provider, "", "Provider_Node.py", "--config", "config_files/provider.json", "--version", s.Protocol.Name)
	add("node1", "connect", "gossip_server.py", "--config", "config_files/config1.json")
	for i := 1; i < s.Nodes; i++ {
		add("node"+strconv.Itoa(i+1), "", "gossip_server.py")
	}
	inner, err := (&docker.Backend{Prefix: b.Prefix, Flags: b.Flags, Instead: others}).Start(ctx, s)
	if err != nil {
		return nil, err
	}
	return &containers{Cluster: inner, mix: b.Mix, spec: s}, nil
}

// containers differ from a cluster of ours in when they count as joined.
type containers struct {
	harness.Cluster
	mix  Mix
	spec harness.ClusterSpec
	told time.Time // when all that can be asked had heard of all
}

// Joined asks Go nodes only, through a Go monitor; of a Python monitor it asks which
// nodes it knows. The cluster counts as joined one cycle after nothing is missing.
func (c *containers) Joined(ctx context.Context) (map[string][]string, error) {
	missing, err := c.lacking(ctx)
	if err != nil || len(missing) > 0 {
		return missing, err
	}
	if c.told.IsZero() {
		c.told = c.Now()
	}
	if wait := time.Duration(c.spec.Nodes+1) * c.spec.Timing.Gossip; c.Now().Sub(c.told) < wait {
		return map[string][]string{"all": {"a cycle of rounds"}}, nil
	}
	return nil, nil
}

func (c *containers) lacking(ctx context.Context) (map[string][]string, error) {
	lacking := map[string][]string{}
	if c.mix.Python(harness.Monitor) {
		mapping, err := c.Mapping(ctx)
		for _, n := range c.Nodes() {
			if _, known := mapping[c.Address(n)]; !known {
				lacking[harness.Monitor] = append(lacking[harness.Monitor], n)
			}
		}
		return lacking, err
	}
	missing, err := c.Cluster.Joined(ctx)
	for n, others := range missing {
		for _, other := range others {
			if !c.mix.Python(n) && !c.mix.Python(other) {
				lacking[n] = append(lacking[n], other)
			}
		}
	}
	return lacking, err
}
