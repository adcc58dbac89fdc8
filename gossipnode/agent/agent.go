// Package agent runs a node: it puts the node's machine (gossipnode/process), the
// runtime (internal/host) and an XML-RPC server together. No rule lives here.
package agent

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// Config is what a node process is run with.
type Config struct {
	process.Config
	MaxBody int64     // bytes of one call or answer; 0: the default
	Out     io.Writer // the terminal; nil: none
	Logger  *slog.Logger
	// Wrap puts something between the machine and its runtime, such as a flight
	// recorder; nil: nothing.
	Wrap func(machine.Machine) machine.Machine
}

// Agent is one node process. Its methods may be called from any goroutine.
type Agent struct {
	config         Config
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
	a := &Agent{config: c}
	options := xmlrpc.DefaultClientOptions()
	options.Timeout = c.Timing.Gossip
	options.MaxBody = cmp.Or(c.MaxBody, options.MaxBody)
	if a.peers, err = xmlrpc.NewClient(options); err != nil {
		return nil, err
	}
	options.Timeout = max(c.Timing.Fail, 5*time.Second)
	if a.servers, err = xmlrpc.NewClient(options); err != nil {
		return nil, err
	}
	out := c.Out
	if out == nil {
		out = io.Discard
	}
	a.host = host.New(whole, host.Options{Peers: a.peers, Servers: a.servers, Out: out, Logger: c.Logger})
	return a, nil
}

// Run serves peers on l and runs the node until ctx ends or the node exits. Only
// an exit for a reason is an error.
func (a *Agent) Run(ctx context.Context, l net.Listener) error {
	defer a.peers.Close()
	defer a.servers.Close()
	options := xmlrpc.DefaultServerOptions()
	options.Logger = a.config.Logger
	options.MaxBody = cmp.Or(a.config.MaxBody, options.MaxBody)
	server, err := xmlrpc.NewServer(wire.NodeMethods(a), options)
	if err != nil {
		return fmt.Errorf("node server: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	g, running := errgroup.WithContext(running)
	g.Go(func() error { return server.Serve(running, l) })
	g.Go(func() error {
		defer stop()
		return a.host.Run(running)
	})
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// Receive takes one message of a peer in. It implements [wire.NodeHandler].
func (a *Agent) Receive(ctx context.Context, from gossip.Address, m gossip.Message) error {
	_, err := a.host.Call(ctx, machine.Message{From: from, Message: m})
	return err
}

// Console has the node take lines as typed, until there are no more or ctx ends.
func (a *Agent) Console(ctx context.Context, lines <-chan string) { a.host.Console(ctx, lines) }
