// Package local runs clusters as processes of this machine that talk over
// loopback: the same programs and the same XML-RPC as anywhere, but for names.
// Every node is 127.0.0.1 with a port of its own.
//
// A harness.ClusterSpec goes in; a harness.Cluster comes out, and each process's
// standard error and output in the run's folder.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/authority"
	"gossiprpc/harness/live"
	"gossiprpc/harness/local/keeper"
	"gossiprpc/harness/local/relay"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

const host = "127.0.0.1"

// Backend starts local clusters. The programs are built at the first start and
// used from then on. It is safe for many goroutines.
type Backend struct {
	// Programs is the folder that the programs are in; empty: they are built.
	Programs string
	// Flags are given to each process beside its own.
	Flags []string
	// Metrics has each process serve its numbers: see [Processes].
	Metrics bool
	// Instead has, for a process's name, a program with its first arguments that
	// is run in place of ours, with the same flags after them. It must say what
	// ours say when they listen.
	Instead map[string][]string
	// Relays has processes call each other by way of relays in this process, so that clusters
	// can be parted and lose messages. Only Linux has what relays need: elsewhere there are none.
	Relays bool

	mu sync.Mutex
}

// Name is "local".
func (b *Backend) Name() string { return "local" }

// Cannot is harness.Limited's.
func (b *Backend) Cannot() []string {
	if b.relayed() {
		return nil
	}
	return []string{"partition", "cut", "loss"}
}

func (b *Backend) relayed() bool { return b.Relays && runtime.GOOS == "linux" }

func (b *Backend) programs(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Programs == "" {
		dir, err := Build(ctx)
		if err != nil {
			return "", err
		}
		b.Programs = dir
	}
	return b.Programs, nil
}

// Start is harness.Backend's. If somebody else takes a port between its being found
// and its being used, Start begins again with other ports.
func (b *Backend) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	dir, err := b.programs(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		c, err := b.start(ctx, dir, s)
		if err == nil {
			return c, nil
		}
		if try == 3 || !errors.Is(err, errPortTaken) {
			return nil, err
		}
	}
}

// Processes is what a cluster of this package tells of its processes, by their names.
type Processes interface {
	HostPort(name string) string // where it listens
	Numbers(name string) string  // HOST:PORT of its metrics; empty: it serves none
	PID(name string) int         // of its latest life
}

type cluster struct {
	dir      string // of the run
	programs string // the folder that they are in
	spec     harness.ClusterSpec
	flags    []string       // of all processes
	lives    map[string]int // how often a process has been started
	instead  map[string][]string
	names    []string
	started  map[string]time.Time
	commands map[string]keeper.Process
	ports    map[string]int
	numbers  map[string]int // ports of metrics
	byAddr   map[gossip.Address]string

	keeper *keeper.Client
	relays *relay.Network // nil: there are none
	client *xmlrpc.Client
	live.Servers

	down map[string]bool // ended on purpose
}

func (b *Backend) start(ctx context.Context, programs string, s harness.ClusterSpec) (harness.Cluster, error) {
	ports, err := FreePorts(ctx, 2*(s.Nodes+2)) // the second half for the metrics
	if err != nil {
		return nil, err
	}
	certificates := live.CertificatesIn(s.Dir, s.TLS)
	if s.TLS {
		if err := certify(certificates, b.Instead, s); err != nil {
			return nil, err
		}
	}
	client, err := live.NewClient(certificates)
	if err != nil {
		return nil, err
	}
	k, err := keeper.Launch(program(programs, "gossip-keeper"), environment())
	if err != nil {
		client.Close()
		return nil, err
	}
	c := &cluster{
		dir: s.Dir, programs: programs, spec: s, flags: b.Flags, lives: map[string]int{}, instead: b.Instead,
		started:  map[string]time.Time{},
		commands: map[string]keeper.Process{}, ports: map[string]int{}, numbers: map[string]int{},
		byAddr: map[gossip.Address]string{}, keeper: k, client: client, down: map[string]bool{},
		Servers: live.Servers{
			Monitor:  wire.Monitor{Client: client, HostPort: hostport(ports[0])},
			Provider: wire.Provider{Client: client, HostPort: hostport(ports[1])},
		},
	}
	c.Processes = c
	if b.relayed() {
		c.relays = relay.New(s.Timing.Fail, s.Seed)
	}
	if b.Metrics {
		c.numbers[harness.Monitor], c.numbers[harness.Provider] = ports[s.Nodes+2], ports[s.Nodes+3]
		for i := range s.Nodes {
			c.numbers["node"+strconv.Itoa(i+1)] = ports[s.Nodes+4+i]
		}
	}
	err = c.plan(s, ports[:s.Nodes+2], s.MonitorFlags(b))
	for _, name := range slices.Concat([]string{harness.Monitor, harness.Provider}, c.names) {
		if err == nil {
			err = c.relay(name)
		}
	}
	if err == nil {
		err = c.startAll(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// certify gives each process a certificate, all for the one host that they are on.
func certify(dir string, instead map[string][]string, s harness.ClusterSpec) error {
	if len(instead) > 0 {
		return errors.New("tls=on: not with processes of others in the cluster")
	}
	hosts := map[string][]string{harness.Monitor: {host}, harness.Provider: {host}}
	for i := range s.Nodes {
		hosts["node"+strconv.Itoa(i+1)] = []string{host}
	}
	return live.Certify(dir, hosts)
}

// environment is the harness's own without GOSSIP_*, which is meant for
// processes that people start.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "GOSSIP_") {
			env = append(env, e)
		}
	}
	return env
}

// plan writes down every process's command line.
func (c *cluster) plan(s harness.ClusterSpec, ports []int, facts []string) error {
	if len(c.instead[harness.Monitor]) > 0 {
		facts = nil // only ours writes results.jsonl
	}
	c.command(harness.Monitor, "monitor", c.dir, ports[0], slices.Concat(c.spec.TimingFlags(),
		[]string{"--provider", hostport(ports[1]), "--results", filepath.Join(c.dir, "results.txt")}, facts)...)
	c.command(harness.Provider, "provider", c.dir, ports[1], "--version", s.Protocol.Name)
	nodePorts := ports[2:]
	for i, port := range nodePorts {
		seed := nodePorts[0]
		if i == 0 {
			seed = nodePorts[min(1, len(nodePorts)-1)] // as config1.json of the original
		}
		if err := c.planNode(i, port, seed); err != nil {
			return err
		}
	}
	return nil
}

// planNode writes down the command line of the i-th node, from 0.
func (c *cluster) planNode(i, port, seed int) error {
	name := "node" + strconv.Itoa(i+1)
	home := filepath.Join(c.dir, name)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	c.command(name, "gossipnode", home, port, append(c.spec.TimingFlags(), "--freshness", c.spec.Freshness.String(),
		"--connect", "--seed-host", host, "--seed-port", strconv.Itoa(seed),
		"--monitor", hostport(c.ports[harness.Monitor]), "--provider", hostport(c.ports[harness.Provider]),
		"--seed", strconv.FormatUint(c.spec.Seed+uint64(i), 10))...)
	c.names = append(c.names, name)
	c.byAddr[c.Address(name)] = name
	return nil
}

// Add is harness.Growing's.
func (c *cluster) Add(ctx context.Context) error {
	if c.spec.TLS {
		return fmt.Errorf("%w: only those that it began with have certificates", harness.ErrUnsupported)
	}
	ports, err := FreePorts(ctx, 2) // the second for the metrics
	if err != nil {
		return err
	}
	i := len(c.names)
	name := "node" + strconv.Itoa(i+1)
	if len(c.numbers) > 0 {
		c.numbers[name] = ports[1]
	}
	if err := c.planNode(i, ports[0], c.ports["node1"]); err != nil {
		return err
	}
	if err := c.relay(name); err != nil {
		return err
	}
	if err := c.launch(ctx, name); err != nil {
		return err
	}
	return c.AwaitAskedIn(ctx, name, c.Address(name))
}

func (c *cluster) command(name, prog, home string, port int, args ...string) {
	c.ports[name] = port
	path := program(c.programs, prog)
	own := c.ownIP(name)
	args = append([]string{"--bind", own, "--advertise", host, "--port", strconv.Itoa(port)}, args...)
	if own != host {
		args = append(args, "--call-from", own)
	}
	if n := c.numbers[name]; n > 0 {
		args = append(args, "--metrics", hostport(n))
	}
	args = append(args, c.flags...)
	if c.spec.TLS {
		args = append(args, authority.Flags(live.CertificatesIn(c.dir, true), name)...)
	}
	if other := c.instead[name]; len(other) > 0 {
		path, args = other[0], append(slices.Clone(other[1:]), args...)
	}
	c.commands[name] = keeper.Process{
		Path:   path,
		Args:   args,
		Dir:    home,
		Stdout: filepath.Join(c.dir, name+".out"),
		Stderr: filepath.Join(c.dir, name+".log"),
	}
}

func (c *cluster) startAll(ctx context.Context) error {
	for _, name := range append([]string{harness.Monitor, harness.Provider}, c.names...) {
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

// Close is harness.Cluster's.
func (c *cluster) Close() error {
	c.client.Close()
	c.endRecorded()
	err := c.keeper.Close()
	if c.relays != nil {
		c.relays.Close()
	}
	return err
}
