// Provider tells every node that joins which protocol the cluster runs, and
// every node that asks who is in it, in join order.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/admission"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/metrics"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/provider/registry"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

const description = `Tells nodes which protocol to run and who has joined.

Examples:
  provider --config config_files/provider.json --version scrr
  provider --version random --port 9001 --advertise 127.0.0.1

Every setting is taken from its flag, else from GOSSIP_<FLAG>, else from the
config file, else the default.`

type flags struct {
	command.Flags
	Version string `help:"Protocol of the cluster: one of ${protocols}, in any case. An unknown one means random." placeholder:"PROTOCOL"`
	Port    int    `help:"Port to listen on." default:"9000"`
}

// protocols are what --help names.
var protocols = kong.Vars{"protocols": strings.Join(protocol.Names(), ", ")}

// run is the command: it serves until ctx or a signal ends it.
func run(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var f flags
	if code, done := config.Parse(&f, "provider", description, args, stdout, stderr, protocols); done {
		return code
	}
	log := f.Logger(stderr)
	spec, ok := protocol.ByName(f.Version)
	if f.Version == "" {
		fmt.Fprintf(stderr, "provider: --version is missing, want one of %s\n", strings.Join(protocol.Names(), ", "))
		return config.ExitWrongUse
	}
	if !ok {
		known := strings.Join(protocol.Names(), ", ")
		log.Warn("unknown --version, running random as the original does", "version", f.Version, "known", known)
		spec, _ = protocol.ByName("random")
	}
	ctx, ended := command.WithSignals(ctx)
	p, err := newProvider(ctx, f, registry.Config{Protocol: spec.Name}, stdout, log)
	if err != nil {
		ended()
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitWrongUse
	}
	err = p.serve(ctx, f, stderr, log)
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitFailed
	}
	return code
}

// provider is the process's parts, put together.
type provider struct {
	self    gossip.Address
	record  *command.Recording
	gate    *admission.Gate
	host    *host.Host
	metrics *metrics.Metrics // nil: none were asked for
	server  *xmlrpc.Server
}

func newProvider(
	ctx context.Context, f flags, c registry.Config, stdout io.Writer, log *slog.Logger,
) (p *provider, err error) {
	p = &provider{}
	if p.self, err = command.Own(ctx, f.Advertise, f.Port); err != nil {
		return nil, err
	}
	m, err := registry.NewProvider(c)
	if err != nil {
		return nil, err
	}
	if p.gate, err = f.Gate(p.self.Name(), log); err != nil {
		return nil, err
	}
	options, err := f.ServerOptions(log)
	if err != nil {
		return nil, err
	}
	options.BodyLimit = wire.BodyLimit
	if p.record, err = f.OpenRecording(recording.Provider, p.self, c); err != nil {
		return nil, err
	}
	p.host = host.New(p.record.Wrap(m), host.Options{Out: stdout, Logger: log, Admit: p.gate.Admit})
	if f.Metrics != "" {
		p.metrics = newMetrics(p.host, m, c.Protocol)
	}
	methods := p.metrics.Measure(wire.ProviderMethods(service{p.host}))
	p.server, err = xmlrpc.NewServer(methods, p.gate.Server(options))
	return p, err
}

// serve listens until ctx ends.
func (p *provider) serve(ctx context.Context, f flags, stderr io.Writer, log *slog.Logger) error {
	listener, err := command.Listen(ctx, f.Bind, p.self, stderr)
	if err != nil {
		return err
	}
	numbers, err := f.ListenMetrics(ctx, stderr)
	if err != nil {
		_ = listener.Close() // nothing was served yet
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if numbers != nil {
		g.Go(func() error { return p.metrics.Serve(ctx, p.gate.ListenPage(numbers), log) })
	}
	g.Go(func() error { return p.record.While(log, func() error { return p.host.Run(ctx) }) })
	g.Go(func() error { return p.server.Serve(ctx, p.gate.Listen(listener)) })
	return g.Wait()
}
