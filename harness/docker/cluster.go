package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/internal/xmlrpc"
)

// Ports that the processes listen on, each in a container of its own.
const (
	monitorPort  = 8000
	providerPort = 9000
	nodePort     = 5000
)

// patience is how long the engine may take for one thing, and a process to
// listen. It does not scale with the cluster's intervals.
const patience = live.Patience

// atOnce is how many containers the engine is asked to make or remove at the
// same time; more only wait for each other.
const atOnce = 4

// cluster is used from one goroutine. Those that read processes' output are
// ended and waited for by Close.
type cluster struct {
	engine *client.Client
	image  string
	prefix string
	others map[string]Program
	flags  []string
	follow bool   // records are copied as they grow
	dir    string // of the run
	spec   harness.ClusterSpec
	names  []string // of the nodes

	home      string // the network of all, "" before it is made
	processes map[string]*process
	parts     []string // networks of the partition in force
	readers   sync.WaitGroup

	client *xmlrpc.Client
	live.Servers
	close func() error
}

// Start is harness.Backend's.
func (b *Backend) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	engine, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &cluster{
		engine: engine, image: b.image(), prefix: b.prefix(), others: b.Instead, flags: b.Flags, follow: b.Follow, dir: s.Dir, spec: s,
		processes: map[string]*process{},
	}
	c.close = sync.OnceValue(c.remove)
	c.Processes = c
	c.plan(s, s.MonitorFlags(b))
	err = c.certify()
	if err == nil {
		c.client, err = live.NewClient(live.CertificatesIn(s.Dir, s.TLS))
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// plan writes down every process's command line.
func (c *cluster) plan(s harness.ClusterSpec, facts []string) {
	c.add(harness.Monitor, monitorPort, slices.Concat([]string{"monitor"}, c.timing(), facts))
	c.add(harness.Provider, providerPort, []string{"provider", "--version", s.Protocol.Name})
	for i := range s.Nodes {
		seed := "node1"
		if i == 0 {
			seed = "node" + strconv.Itoa(min(2, s.Nodes)) // as config1.json of the original
		}
		c.planNode(i, seed)
	}
}

// timing is the intervals, and where the provider is.
func (c *cluster) timing() []string {
	return append(c.spec.TimingFlags(), "--provider", net.JoinHostPort(c.host(harness.Provider), strconv.Itoa(providerPort)))
}

// planNode writes down the command line of the i-th node, from 0, and returns its name.
func (c *cluster) planNode(i int, seed string) string {
	name := "node" + strconv.Itoa(i+1)
	c.names = append(c.names, name)
	c.add(name, nodePort, slices.Concat([]string{
		"gossipnode", "--connect", "--seed-host", c.host(seed),
		"--monitor", net.JoinHostPort(c.host(harness.Monitor), strconv.Itoa(monitorPort)),
		"--seed", strconv.FormatUint(c.spec.Seed+uint64(i), 10), "--freshness", c.spec.Freshness.String(),
	}, c.timing()))
	return name
}

// Add is harness.Growing's.
func (c *cluster) Add(ctx context.Context) error {
	switch {
	case c.spec.TLS:
		return fmt.Errorf("%w: only those that it began with have certificates", harness.ErrUnsupported)
	case len(c.parts) > 0:
		return errors.New("a partition is in force, heal it first")
	}
	name := c.planNode(len(c.names), "node1")
	if err := c.makeContainer(ctx, c.processes[name]); err != nil {
		return err
	}
	if err := c.launch(ctx, name); err != nil {
		return err
	}
	return c.AwaitAskedIn(ctx, name, c.Address(name))
}

func (c *cluster) add(name string, port int, command []string) {
	image, typed := c.image, ""
	other, isOther := c.others[name]
	if isOther {
		image, command, typed = other.Image, other.Command, other.Typed
	} else {
		command = append(command, c.flags...)
	}
	c.processes[name] = &process{
		name: name, host: c.host(name), port: port, image: image, command: command, other: isOther, typed: typed,
		stdout: filepath.Join(c.dir, name+".out"), stderr: filepath.Join(c.dir, name+".log"),
		down: true,
	}
}

// host is a process's container name, and so its name in the network. Monitor
// and provider have the README's.
func (c *cluster) host(name string) string {
	if name == harness.Monitor || name == harness.Provider {
		name += "-node"
	}
	return c.prefix + name
}

func (c *cluster) start(ctx context.Context) error {
	if err := c.makeNetwork(ctx); err != nil {
		return err
	}
	if err := c.each(ctx, c.everyone(), c.makeContainer); err != nil {
		return err
	}
	var err error
	if c.Monitor.HostPort, err = c.published(ctx, harness.Monitor); err != nil {
		return err
	}
	if c.Provider.HostPort, err = c.published(ctx, harness.Provider); err != nil {
		return err
	}
	c.Monitor.Client, c.Provider.Client = c.client, c.client
	for _, name := range c.everyone() {
		if err := c.launch(ctx, name); err != nil {
			return err
		}
		if a := c.Address(name); a != "" {
			// One after the other, so that the ring is in the order of the names.
			if err := c.AwaitAskedIn(ctx, name, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// everyone lists the processes in the order they are started in.
func (c *cluster) everyone() []string {
	return append([]string{harness.Monitor, harness.Provider}, c.names...)
}

// each does something to several processes' containers, some at a time.
func (c *cluster) each(ctx context.Context, names []string, do func(context.Context, *process) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, name := range names {
		p, err := c.process(name)
		if err != nil {
			return err
		}
		g.Go(func() error { return do(ctx, p) })
	}
	return g.Wait()
}

func (c *cluster) process(name string) (*process, error) {
	if p := c.processes[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no process %q in this cluster", name)
}

// Close is harness.Cluster's.
func (c *cluster) Close() error { return c.close() }
