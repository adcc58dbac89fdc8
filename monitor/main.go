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
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/core"
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
	Port      int           `help:"Port to listen on." default:"8000"`
	Provider  string        `help:"Where to ask for the cluster's protocol when a test case begins." default:"provider-node:9000" placeholder:"NAME:PORT"`
	Protocol  string        `help:"The cluster's protocol: random, rr, brr or scrr, in any case. Asked of the provider when not given." placeholder:"NAME"`
	Heartbeat time.Duration `help:"Interval of the nodes' heartbeats." default:"1s"`
	Gossip    time.Duration `help:"Interval of the nodes' gossip rounds." default:"3s"`
	Fail      time.Duration `help:"Silence after which a node is suspected." default:"10s"`
	Align     bool          `help:"The nodes line their rounds up with the wall clock." default:"true" negatable:""`
	Results   string        `help:"File that results are appended to; one ending in .jsonl lies beside it." default:"results.txt" placeholder:"FILE"`
	Web       string        `help:"HOST:PORT to serve the web page on, as monitor dashboard does; none when empty." placeholder:"HOST:PORT"`
}

// run is the command: it serves until ctx, a signal or the menu ends it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "dashboard" {
		return runDashboard(ctx, args[1:], stdout, stderr)
	}
	var f flags
	if code, done := config.Parse(&f, "monitor", description, args, stdout, stderr); done {
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
	client  *xmlrpc.Client // to the provider
	service *service.Service
	server  *xmlrpc.Server
}

func newMonitor(ctx context.Context, f flags, stdout io.Writer, log *slog.Logger) (*monitor, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	m := &monitor{}
	if m.self, err = command.Own(ctx, f.Advertise, f.Port); err != nil {
		return nil, err
	}
	if m.record, err = f.OpenRecording(recording.Monitor, m.self, c); err != nil {
		return nil, err
	}
	if m.client, err = xmlrpc.NewClient(xmlrpc.DefaultClientOptions()); err != nil {
		return nil, err
	}
	m.service, err = service.New(service.Options{
		Config: c, Client: m.client, Out: stdout, Logger: log, Wrap: m.record.Wrap,
	})
	if err != nil {
		return nil, fmt.Errorf("--%w", err) // it names the setting
	}
	options := xmlrpc.DefaultServerOptions()
	options.MaxBody, options.Logger = f.MaxBody, log
	m.server, err = xmlrpc.NewServer(wire.MonitorMethods(m.service), options)
	return m, err
}

// settings are the flags in the words of the monitor's machine. What the machine
// cannot check, or would name otherwise than its flag, is checked here.
func (f flags) settings() (core.Config, error) {
	c := core.DefaultConfig()
	c.Timing = protocol.Timing{Heartbeat: f.Heartbeat, Gossip: f.Gossip, Fail: f.Fail}
	if err := c.Timing.Validate(); err != nil {
		return c, err
	}
	if f.Web != "" {
		if err := checkListen(f.Web); err != nil {
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
	c.Results, c.Aligned, c.Protocol = f.Results, f.Align, f.Protocol
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
		if page, err = listenWeb(ctx, f.Web, stderr); err != nil {
			_ = listener.Close() // nothing was served yet
			return err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	if page != nil {
		g.Go(func() error { return serveWeb(ctx, page, reachable(listener), log) })
	}
	g.Go(func() error { return m.server.Serve(ctx, listener) })
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
