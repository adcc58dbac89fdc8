// Provider tells every node that joins which protocol the cluster runs, and
// every node that asks who is in it, in join order.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
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
		log.Warn("unknown --version, running random as the original does", "version", f.Version, "known", strings.Join(protocol.Names(), ", "))
		spec, _ = protocol.ByName("random")
	}
	options := xmlrpc.DefaultServerOptions()
	options.MaxBody = f.MaxBody
	options.Logger = log
	server, err := xmlrpc.NewServer(wire.ProviderMethods(newService(spec.Number, log)), options)
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
	err = serve(ctx, f, own, server, stderr)
	code := ended()
	if err != nil {
		fmt.Fprintf(stderr, "provider: %v\n", err)
		return config.ExitFailed
	}
	return code
}

// serve listens until ctx ends.
func serve(ctx context.Context, f flags, own gossip.Address, server *xmlrpc.Server, stderr io.Writer) error {
	listener, err := command.Listen(ctx, f.Bind, own, stderr)
	if err != nil {
		return err
	}
	return server.Serve(ctx, listener)
}
