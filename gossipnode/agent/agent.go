// Package agent runs a node: it puts the node's machine (gossipnode/process), the
// runtime (internal/host) and an XML-RPC server together. No rule lives here.
package agent

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/admission"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// Config is what a node process is run with.
type Config struct {
	process.Config
	// Server has the limits of calls, which hold for the node's own calls too.
	Server xmlrpc.ServerOptions
	Out    io.Writer   // the terminal; nil: none
	Dial   xmlrpc.Dial // opens connections; nil: over TCP
	Logger *slog.Logger
	// Wrap puts something between the machine and its runtime, such as a flight
	// recorder; nil: nothing.
	Wrap func(machine.Machine) machine.Machine
	Gate *admission.Gate // who may speak to it; nil: everyone
}

// Agent is one node process. Its methods may be called from any goroutine.
type Agent struct {
	config         Config
	node           *process.Process // looked at by host.Look only
	methods        xmlrpc.Methods
	host           *host.Host
	peers, servers *xmlrpc.Client
}

// New checks the configuration and makes an agent that has not started.
func New(c Config) (*Agent, error) {
	node, err := process.New(c.Config)
	if err != nil {
		return nil, err
	}
	var whole machine.Machine = node
	if c.Wrap != nil {
		whole = c.Wrap(whole)
	}
	a := &Agent{config: c, node: node}
	a.methods = wire.NodeMethods(a)
	options := xmlrpc.DefaultClientOptions()
	options.Timeout, options.Dial = c.Timing.Gossip, c.Dial
	options.MaxBody, options.Memory = c.Server.MaxBody, c.Server.Memory
	if a.peers, err = xmlrpc.NewClient(c.Gate.Client(options)); err != nil {
		return nil, err
	}
	options.Timeout = max(c.Timing.Fail, 5*time.Second)
	if a.servers, err = xmlrpc.NewClient(c.Gate.Client(options)); err != nil {
		return nil, err
	}
	out := c.Out
	if out == nil {
		out = io.Discard
	}
	a.host = host.New(whole, host.Options{
		Peers: a.peers, Servers: a.servers, Out: out, Logger: c.Logger, Admit: c.Gate.Admit,
	})
	return a, nil
}

// Run serves peers on l and runs the node until ctx ends or the node exits. Only
// an exit for a reason is an error.
func (a *Agent) Run(ctx context.Context, l net.Listener) error {
	defer a.peers.Close()
	defer a.servers.Close()
	options := a.config.Gate.Server(a.config.Server)
	options.BodyLimit = wire.BodyLimit
	server, err := xmlrpc.NewServer(a.methods, options)
	if err != nil {
		return fmt.Errorf("node server: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	g, running := errgroup.WithContext(running)
	g.Go(func() error { return server.Serve(running, a.config.Gate.Listen(l)) })
	g.Go(func() error {
		defer stop()
		return a.host.Run(running)
	})
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// Measure has each method that peers call replaced by what measure returns. It must
// come before Run.
func (a *Agent) Measure(measure func(xmlrpc.Methods) xmlrpc.Methods) { a.methods = measure(a.methods) }

// Vitals is the node in numbers, between two of its steps.
func (a *Agent) Vitals(ctx context.Context) (process.Vitals, error) {
	seen := make(chan process.Vitals, 1) // a look may still come after ctx has ended
	if err := a.host.Look(ctx, func(time.Time) { seen <- a.node.Vitals() }); err != nil {
		return process.Vitals{}, err
	}
	return <-seen, nil
}

// Receive takes one message of a peer in. It implements [wire.NodeHandler].
func (a *Agent) Receive(ctx context.Context, from gossip.Address, m gossip.Message) error {
	_, err := a.host.Call(ctx, machine.Message{From: from, Message: m})
	return err
}

// Awaits says what keeps the node from being settled. It implements
// [wire.SettledHandler].
func (a *Agent) Awaits(ctx context.Context) (string, error) {
	said := make(chan string, 1) // a look may still come after ctx has ended
	if err := a.host.Look(ctx, func(time.Time) { said <- a.node.Awaits() }); err != nil {
		return "", err
	}
	return <-said, nil
}

// Console has the node take lines as typed, until there are no more or ctx ends.
func (a *Agent) Console(ctx context.Context, lines <-chan string) { a.host.Console(ctx, lines) }
