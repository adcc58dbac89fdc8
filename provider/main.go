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

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
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
	Version string `help:"Protocol of the cluster: random, rr, brr or scrr, in any case. An unknown one means random." placeholder:"PROTOCOL"`
	Port    int    `help:"Port to listen on." default:"9000"`
}

// run is the command: it serves until ctx or a signal ends it.
func run(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var f flags
	if code, done := config.Parse(&f, "provider", description, args, stdout, stderr); done {
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
	p, err := newProvider(registry.Config{Protocol: spec.Name}, f.MaxBody, stdout, log)
	if err != nil {
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitWrongUse
	}

	ctx, ended := command.WithSignals(ctx)
	own, err := command.Own(ctx, f.Advertise, f.Port)
	if err != nil {
		ended()
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitWrongUse
	}
	err = p.serve(ctx, f, own, stderr)
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitFailed
	}
	return code
}

// provider is the process's parts, put together.
type provider struct {
	host   *host.Host
	server *xmlrpc.Server
}

func newProvider(c registry.Config, maxBody int64, stdout io.Writer, log *slog.Logger) (*provider, error) {
	m, err := registry.NewProvider(c)
	if err != nil {
		return nil, err
	}
	h := host.New(m, host.Options{Out: stdout, Logger: log})
	options := xmlrpc.DefaultServerOptions()
	options.MaxBody, options.Logger = maxBody, log
	server, err := xmlrpc.NewServer(wire.ProviderMethods(service{h}), options)
	return &provider{host: h, server: server}, err
}

// serve listens until ctx ends.
func (p *provider) serve(ctx context.Context, f flags, own gossip.Address, stderr io.Writer) error {
	listener, err := command.Listen(ctx, f.Bind, own, stderr)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.host.Run(ctx) })
	g.Go(func() error { return p.server.Serve(ctx, listener) })
	return g.Wait()
}
