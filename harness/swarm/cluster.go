package swarm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/docker"
	"gossiprpc/harness/live"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

const (
	// upLimit is how long the tasks of a stack may take to run: a manager places, pulls
	// and starts them one after the other.
	upLimit     = 3 * time.Minute
	removeLimit = 2 * time.Minute
	nodePort    = 5000
	dataDir     = "/home/app_user/data" // of the monitor, on a volume
)

// cluster is used from one goroutine.
type cluster struct {
	backend *Backend
	engine  *client.Client
	spec    harness.ClusterSpec
	names   []string

	running map[string]task   // by process; those that were ended on purpose are not in it
	ended   map[string]string // and the containers of these
	paused  map[string]bool

	menu   client.HijackedResponse
	output string // file that the menu's texts go to
	reader sync.WaitGroup

	client *xmlrpc.Client
	live.Servers
	close func() error
}

// Start is harness.Backend's.
func (b *Backend) Start(ctx context.Context, s harness.ClusterSpec) (harness.Cluster, error) {
	if s.TLS {
		return nil, fmt.Errorf("tls=on: %w: the stack has no certificates", harness.ErrUnsupported)
	}
	engine, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	calls, err := live.NewClient("")
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	c := &cluster{
		backend: b, engine: engine, spec: s, client: calls,
		running: map[string]task{}, ended: map[string]string{}, paused: map[string]bool{},
		output: filepath.Join(s.Dir, "monitor.out"),
	}
	for i := range s.Nodes {
		c.names = append(c.names, "node"+strconv.Itoa(i+1))
	}
	c.close = sync.OnceValue(c.remove)
	c.Processes = c
	c.Monitor.Client, c.Provider.Client = calls, calls
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Up deploys a stack, and leaves it up once all nodes have heard of each other.
func (b *Backend) Up(ctx context.Context, s harness.ClusterSpec) error {
	started, err := b.Start(ctx, s)
	if err != nil {
		return err
	}
	c := started.(*cluster)
	err = poll(ctx, "all nodes to have heard of each other", upLimit, func() (bool, error) {
		missing, err := c.Joined(ctx)
		return len(missing) == 0, err
	})
	if err != nil {
		return errors.Join(err, c.Close())
	}
	c.letGo()
	return c.engine.Close()
}

func (c *cluster) start(ctx context.Context) error {
	if err := c.backend.deploy(ctx, c.spec); err != nil {
		return err
	}
	everyone := append([]string{harness.Monitor, harness.Provider}, c.names...)
	err := poll(ctx, "the stack's tasks to run", upLimit, func() (bool, error) {
		tasks, err := c.tasks(ctx)
		if err != nil {
			return false, err
		}
		for _, name := range everyone {
			if tasks[name].address == "" {
				return false, nil
			}
			c.running[name] = tasks[name]
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	c.Monitor.HostPort = net.JoinHostPort(c.running[harness.Monitor].address, "8000")
	c.Provider.HostPort = net.JoinHostPort(c.running[harness.Provider].address, "9000")
	if err := c.attach(ctx); err != nil {
		return err
	}
	for _, name := range c.names {
		if err := c.AwaitAskedIn(ctx, name, c.Address(name)); err != nil {
			return err
		}
	}
	return nil
}

// attach connects to the monitor's terminal.
func (c *cluster) attach(ctx context.Context) error {
	attached, err := c.engine.ContainerAttach(ctx, c.running[harness.Monitor].container, client.ContainerAttachOptions{
		Stream: true, Stdin: true, Stdout: true, Stderr: true, Logs: true,
	})
	if err != nil {
		return fmt.Errorf("attach to the monitor: %w", err)
	}
	file, err := os.Create(c.output)
	if err != nil {
		attached.HijackedResponse.Close()
		return err
	}
	c.menu = attached.HijackedResponse
	c.reader.Go(func() {
		defer file.Close()
		_, _ = io.Copy(file, c.menu.Reader) // a stream that breaks off has ended like any other
	})
	return nil
}

// remove takes the stack down, whatever state it is in.
func (c *cluster) remove() error {
	// The context of the run may have ended, and that is no reason to leave anything
	// behind.
	ctx, cancel := context.WithTimeout(context.Background(), removeLimit)
	defer cancel()
	failed := c.saveLogs(ctx)
	c.letGo()
	return errors.Join(failed, c.backend.down(ctx, c.engine), c.engine.Close())
}

// letGo ends all connections to the stack's processes.
func (c *cluster) letGo() {
	c.client.Close()
	if c.menu.Conn != nil {
		c.menu.Close()
	}
	c.reader.Wait()
}

// saveLogs writes down what each task has printed; swarm keeps those that have ended.
func (c *cluster) saveLogs(ctx context.Context) error {
	all := client.ContainerListOptions{All: true, Filters: ofStack(c.backend.stack())}
	found, err := c.engine.ContainerList(ctx, all)
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	slices.SortFunc(found.Items, byCreation)
	var failed error
	for _, item := range found.Items {
		name := c.processOf(item.Labels)
		if name == harness.Monitor || name == "" {
			continue // the menu's file has it
		}
		failed = errors.Join(failed, c.saveLog(ctx, item.ID, filepath.Join(c.spec.Dir, name)))
	}
	return failed
}

func (c *cluster) saveLog(ctx context.Context, container, path string) (err error) {
	logs, err := c.engine.ContainerLogs(ctx, container, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return fmt.Errorf("read the log of container %s: %w", container, err)
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	var files [2]*os.File
	for i, ending := range []string{".out", ".log"} {
		if files[i], err = os.OpenFile(path+ending, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return err
		}
		defer files[i].Close()
	}
	_, err = stdcopy.StdCopy(files[0], files[1], logs)
	return err
}

var _ harness.SelfHealing = (*cluster)(nil)

// Close is harness.Cluster's.
func (c *cluster) Close() error { return c.close() }

// Nodes is harness.Cluster's.
func (c *cluster) Nodes() []string { return slices.Clone(c.names) }

// Address is harness.Cluster's.
func (c *cluster) Address(node string) gossip.Address {
	if !slices.Contains(c.names, node) {
		return ""
	}
	return gossip.Address(net.JoinHostPort(node, strconv.Itoa(nodePort)))
}

func (c *cluster) Menu(_ context.Context, line string) error {
	_, err := io.WriteString(c.menu.Conn, line+"\n")
	return err
}

func (c *cluster) MenuOutput(context.Context) (string, error) {
	text, err := os.ReadFile(c.output)
	return string(text), err
}

func (c *cluster) Results(ctx context.Context) (text, records []byte, err error) {
	text, errText := c.read(ctx, "results.txt")
	records, errRecords := c.read(ctx, "results.jsonl")
	return text, records, errors.Join(errText, errRecords)
}

func (c *cluster) read(ctx context.Context, file string) ([]byte, error) {
	return docker.ReadFile(ctx, c.engine, c.running[harness.Monitor].container, dataDir+"/"+file)
}

// ReadStates is live.Processes'.
func (c *cluster) ReadStates(ctx context.Context) ([]byte, error) { return c.read(ctx, "states.json") }

// RemoveStates is live.Processes'.
func (c *cluster) RemoveStates(ctx context.Context) error {
	return c.execute(ctx, harness.Monitor, "rm", "-f", dataDir+"/states.json")
}

// Awaits is live.Processes'.
func (c *cluster) Awaits(ctx context.Context, name string) (string, error) {
	t, ok := c.running[name]
	if !ok {
		return "", fmt.Errorf("%s is not running", name)
	}
	return wire.Node{Client: c.client, HostPort: net.JoinHostPort(t.address, strconv.Itoa(nodePort))}.Awaits(ctx)
}

// Running is live.Processes'.
func (c *cluster) Running() []live.Node {
	var nodes []live.Node
	for _, name := range c.names {
		if t, ok := c.running[name]; ok {
			nodes = append(nodes, live.Node{Name: name, Address: c.Address(name), Started: t.started})
		}
	}
	return nodes
}
