// Monitor watches a cluster: nodes tell it that they live and whom they
// suspect, it concludes by consensus who has failed, and it runs the three test
// cases of its menu.
//
// In flow reports by XML-RPC and what is typed; out flow answers by XML-RPC, the
// menu's texts on standard output, results.txt and results.jsonl, and a log on
// standard error. The rules live in monitor/core.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/admission"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/guard"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/metrics"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/dashboard"
	"gossiprpc/monitor/feed"
	"gossiprpc/monitor/service"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

const description = `Concludes which nodes of a cluster have failed, and runs the test cases.

It shows a menu: 1, 2 and 3 begin a test case; stop, collect, status, cancel and
forget NAME are understood too. "monitor dashboard" shows any monitor as a web
page.

Examples:
  monitor --config config_files/monitor.json
  monitor --config config_files/monitor.json --web :8080
  monitor --advertise 127.0.0.1 --provider 127.0.0.1:9000 --results /tmp/results.txt

Every setting is taken from its flag, else from GOSSIP_<FLAG>, else from the
config file, else the default.`

type flags struct {
	command.Flags
	Port     int    `help:"Port to listen on." default:"8000"`
	Provider string `help:"Where to ask for the cluster's protocol when a test case begins." default:"provider-node:9000" placeholder:"NAME:PORT"`
	Protocol string `help:"The cluster's protocol: one of ${protocols}, in any case. Asked of the provider when not given." placeholder:"NAME"`
	command.Intervals
	Align   bool              `help:"The nodes line their rounds up with the wall clock." default:"true" negatable:""`
	Results string            `help:"File that results are appended to; one ending in .jsonl lies beside it." default:"results.txt" placeholder:"FILE"`
	Seed    *int64            `help:"Seed that the nodes' draws come from, for results.jsonl." placeholder:"N"`
	Label   map[string]string `help:"Fact about the run for results.jsonl, such as backend=local; may be given several times." placeholder:"NAME=VALUE"`
	Web     string            `help:"HOST:PORT to serve the web page on, as monitor dashboard does; none when empty." placeholder:"HOST:PORT"`
	WebHost string            `help:"${webhost}" placeholder:"NAME,..."`
}

// protocols are what --help names.
var protocols = kong.Vars{"protocols": strings.Join(protocol.Names(), ", ")}

// run is the command: it serves until ctx, a signal or the menu ends it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "dashboard" {
		return runDashboard(ctx, args[1:], stdout, stderr)
	}
	var f flags
	if code, done := config.Parse(&f, "monitor", description, args, stdout, stderr, protocols, webHost); done {
		return code
	}
	log := f.Logger(stderr)
	m, err := newMonitor(ctx, f, stdout, log)
	if err != nil {
		fmt.Fprintf(stderr, "monitor: %v\n", err)
		return config.ExitWrongUse
	}
	defer m.client.Close()
	ctx, ended := command.WithSignals(ctx)
	err = m.serve(ctx, f, stdin, stderr, log)
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "monitor: %v\n", err)
		return config.ExitFailed
	}
	return code
}

// monitor is the process's parts, put together.
type monitor struct {
	self    gossip.Address
	record  *command.Recording
	gate    *admission.Gate
	client  *xmlrpc.Client // to the provider
	service *service.Service
	metrics *metrics.Metrics // nil: none were asked for
	server  *xmlrpc.Server
	inside  *xmlrpc.Server // the same for the own page, which may ask whatever the gate says
	hub     *viewer.Hub    // nil: nobody watches
	results string
	hosts   []string       // names of the web page
	memory  *xmlrpc.Memory // of all connections
}

func newMonitor(ctx context.Context, f flags, stdout io.Writer, log *slog.Logger) (*monitor, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	m := &monitor{results: c.Results}
	if f.Web != "" {
		m.hub = viewer.NewHub(viewer.DefaultHistory)
	}
	if m.self, err = command.Own(ctx, f.Advertise, f.Port); err != nil {
		return nil, err
	}
	if m.gate, err = f.Gate(m.self.Name(), log); err != nil {
		return nil, err
	}
	options, err := f.ServerOptions(log)
	if err != nil {
		return nil, err
	}
	options.BodyLimit = wire.BodyLimit
	if m.record, err = f.OpenRecording(recording.Monitor, m.self, c); err != nil {
		return nil, err
	}
	hosts, err := guard.ParseHosts(f.WebHost)
	if err != nil {
		return nil, fmt.Errorf("--web-host %w", err)
	}
	m.hosts, m.memory = append(hosts, m.self.Name()), options.Memory
	calls := xmlrpc.DefaultClientOptions()
	calls.Memory = options.Memory
	if m.client, err = xmlrpc.NewClient(m.gate.Client(calls)); err != nil {
		return nil, err
	}
	m.service, err = service.New(service.Options{
		Config: c, Client: m.client, Out: stdout, Logger: log, Admit: m.gate.Admit, Wrap: func(x *core.Core) machine.Machine {
			if m.hub == nil {
				return m.record.Wrap(x)
			}
			return m.record.Wrap(feed.WatchFrom(m.hub.Put, x, c, time.Now()))
		},
	})
	if err != nil {
		return nil, fmt.Errorf("--%w", err) // it names the setting
	}
	if f.Metrics != "" {
		m.metrics = newMetrics(m.service)
	}
	methods := m.metrics.Measure(wire.MonitorMethods(m.service))
	if m.inside, err = xmlrpc.NewServer(methods, options); err != nil {
		return nil, err
	}
	m.server, err = xmlrpc.NewServer(methods, m.gate.Server(options))
	return m, err
}

// settings are the flags in the words of the monitor's machine. What the machine
// cannot check, or would name otherwise than its flag, is checked here.
func (f flags) settings() (core.Config, error) {
	c := core.DefaultConfig()
	profile, _ := protocol.ProfileTiming(f.Profile)
	c.Timing = profile.With(f.Heartbeat, f.Gossip, f.Fail)
	if err := c.Timing.Validate(); err != nil {
		return c, err
	}
	if f.Web != "" {
		if err := command.CheckListen(f.Web); err != nil {
			return c, fmt.Errorf("--web %w", err)
		}
	}
	if f.Advertise != "" {
		if err := gossip.CheckName(f.Advertise); err != nil {
			return c, fmt.Errorf("--advertise: %w", err)
		}
	}
	if info, err := os.Stat(filepath.Dir(f.Results)); err != nil || !info.IsDir() {
		return c, fmt.Errorf("--results %s: want a file in a folder that is there", f.Results)
	}
	if info, err := os.Stat(f.Results); err == nil && !info.Mode().IsRegular() {
		return c, fmt.Errorf("--results %s: want a regular file, or none yet", f.Results)
	}
	c.Results, c.Aligned, c.Protocol = f.Results, f.Align, f.Protocol
	c.Seed, c.Labels = f.Seed, f.Label
	if c.Protocol == "" {
		c.Provider = gossip.Address(f.Provider)
	}
	c.Debug = f.LogLevel <= slog.LevelDebug
	_, c.UTCOffset = time.Now().Zone()
	return c, nil
}

// serve runs all parts until ctx ends or the menu says stop.
func (m *monitor) serve(ctx context.Context, f flags, stdin io.Reader, stderr io.Writer, log *slog.Logger) error {
	listener, err := command.Listen(ctx, f.Bind, m.self, stderr)
	if err != nil {
		return err
	}
	var page net.Listener
	if f.Web != "" {
		if page, err = command.ListenPage(ctx, f.Web, webPage, "", stderr); err != nil {
			_ = listener.Close() // nothing was served yet
			return err
		}
	}
	numbers, err := f.ListenMetrics(ctx, stderr)
	if err != nil {
		_ = listener.Close()
		if page != nil {
			_ = page.Close()
		}
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	if numbers != nil {
		g.Go(func() error { return m.metrics.Serve(ctx, m.gate.ListenPage(numbers), log) })
	}
	if page != nil {
		own := newInside()
		calls := xmlrpc.DefaultClientOptions()
		calls.Dial, calls.Memory = own.dial, m.memory
		g.Go(func() error { return m.inside.Serve(ctx, own) })
		g.Go(func() error { return m.hub.Run(ctx) })
		g.Go(func() error {
			return serveWeb(ctx, m.gate.ListenPage(page), dashboard.Options{
				Monitor: wire.Monitor{HostPort: string(m.self)}, Logger: log, Hub: m.hub, Records: core.Records(m.results),
				Hosts: m.hosts,
			}, calls)
		})
	}
	g.Go(func() error { return m.server.Serve(ctx, m.gate.Listen(listener)) })
	g.Go(func() error {
		m.service.Console(ctx, command.Lines(ctx, stdin))
		return nil
	})
	g.Go(func() error {
		defer stop()
		return m.record.While(log, func() error { return m.service.Run(ctx) })
	})
	return g.Wait()
}
