// Package agent runs a protocol state machine as a process: it gives it a clock,
// an inbox and an outbox.
//
// Calls from peers, outcomes of the node's own calls and the provider's lists go
// in as events; one loop steps the state machine with them and hands its effects
// out to the senders. Handlers never send, and senders never touch the state
// machine. All goroutines end before [Agent.Run] returns.
package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// Config is what a node process is run with.
type Config struct {
	Self       gossip.Address
	Seed       gossip.Address // empty: none
	Connect    bool           // gossip without waiting for [Agent.Connect]
	Timing     protocol.Timing
	Aligned    bool
	Freshness  protocol.Freshness
	RandomSeed uint64
	MaxBody    int64  // bytes of one call or answer; 0: the default
	Monitor    string // host:port
	Provider   string // host:port
	Logger     *slog.Logger
}

const (
	inboxSize = 1024
	// maxSends bounds the calls to peers under way; more than that means that
	// strangers make the node answer faster than their addresses can be reached.
	maxSends = 128
)

// Agent is one node process. Its methods may be called from any goroutine.
type Agent struct {
	config    Config
	log       *slog.Logger
	inbox     chan protocol.Event
	questions chan func(*protocol.Node)
	joined    chan struct{}  // closed once the loop answers questions
	peers     *xmlrpc.Client // to other nodes
	servers   *xmlrpc.Client // to the monitor and the provider
	provider  provider
	reports   *outbox
}

// New checks the configuration and makes an agent that has not started.
func New(c Config) (*Agent, error) {
	options := xmlrpc.DefaultClientOptions()
	options.Timeout = c.Timing.Gossip
	options.MaxBody = cmp.Or(c.MaxBody, options.MaxBody)
	peers, err := xmlrpc.NewClient(options)
	if err != nil {
		return nil, err
	}
	// An original monitor or provider may take seconds to answer.
	options.Timeout = max(c.Timing.Fail, 5*time.Second)
	servers, err := xmlrpc.NewClient(options)
	if err != nil {
		return nil, err
	}
	a := &Agent{
		config:    c,
		log:       c.Logger,
		inbox:     make(chan protocol.Event, inboxSize),
		questions: make(chan func(*protocol.Node)),
		joined:    make(chan struct{}),
		peers:     peers,
		servers:   servers,
	}
	a.provider = provider{
		link: wire.Provider{Client: servers, HostPort: c.Provider},
		self: c.Self, log: c.Logger, retry: c.Timing.Heartbeat, fetching: make(chan struct{}, 1),
	}
	a.reports = newOutbox(wire.Monitor{Client: servers, HostPort: c.Monitor}, c, peers.BytesSent)
	return a, nil
}

// Run serves peers on l, joins the monitor and the provider as soon as they can
// be reached, and gossips until ctx ends. It returns nil then.
func (a *Agent) Run(ctx context.Context, l net.Listener) error {
	defer a.peers.Close()
	defer a.servers.Close()
	options := xmlrpc.DefaultServerOptions()
	options.Logger = a.log
	options.MaxBody = cmp.Or(a.config.MaxBody, options.MaxBody)
	server, err := xmlrpc.NewServer(wire.NodeMethods(a), options)
	if err != nil {
		return fmt.Errorf("node server: %w", err)
	}
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return server.Serve(running, l) })
	g.Go(func() error { return a.reports.run(running) })
	g.Go(func() error { return a.run(running) })
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// ErrNotJoined is what peers are told while the node waits for the provider: it
// has no protocol yet, so their rounds must go on to somebody else.
var ErrNotJoined = errors.New("not in the cluster yet: waiting for the provider")

// Receive takes one message of a peer into the inbox. It implements
// [wire.NodeHandler].
func (a *Agent) Receive(ctx context.Context, from gossip.Address, m gossip.Message) error {
	if !a.hasJoined() {
		return ErrNotJoined
	}
	select {
	case a.inbox <- protocol.Receive{From: from, Message: m}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("take %s from %s: %w", m.Kind(), from, ctx.Err())
	}
}

// Connect starts the rounds and shakes hands with the seed, as the console's
// word does. It returns early when ctx ends.
func (a *Agent) Connect(ctx context.Context) {
	a.post(ctx, protocol.Connect{})
}

func (a *Agent) hasJoined() bool {
	select {
	case <-a.joined:
		return true
	default:
		return false
	}
}

// Digest is what the node knows now; nil while it waits for the provider.
func (a *Agent) Digest(ctx context.Context) gossip.Digest {
	if !a.hasJoined() {
		return nil
	}
	answer := make(chan gossip.Digest, 1)
	select {
	case a.questions <- func(n *protocol.Node) { answer <- n.Digest() }:
		return <-answer
	case <-ctx.Done():
		return nil
	}
}

func (a *Agent) post(ctx context.Context, ev protocol.Event) {
	select {
	case a.inbox <- ev:
	case <-ctx.Done():
	}
}

// run joins the provider, which names the protocol, and then steps the node.
func (a *Agent) run(ctx context.Context) error {
	spec, err := a.provider.join(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	node, err := protocol.New(protocol.Config{
		Parameters: protocol.Parameters{Protocol: spec, Timing: a.config.Timing, Aligned: a.config.Aligned, Freshness: a.config.Freshness},
		Self: a.config.Self, Seed: a.config.Seed, Generation: generation(now),
		Random: rand.New(rand.NewPCG(a.config.RandomSeed, nameHash(a.config.Self))),
	}, now)
	if err != nil {
		return err
	}
	a.log.Info("joined the provider", "node", a.config.Self, "protocol", spec.Name)
	l := &loop{agent: a, node: node}
	defer l.calls.Wait()
	close(a.joined)
	if a.config.Connect {
		l.step(ctx, protocol.Connect{})
	}
	return l.run(ctx)
}

// nameHash gives nodes that share a seed different draws.
func nameHash(a gossip.Address) uint64 {
	h := fnv.New64a()
	h.Write([]byte(a))
	return h.Sum64()
}

// generation is the start in Unix seconds; XML-RPC's int ends in 2038.
func generation(start time.Time) int32 {
	return int32(min(max(start.Unix(), 0), gossip.MaxGeneration))
}
