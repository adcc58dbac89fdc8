// Command gossipnode is one node of a cluster: it gossips with its peers and
// tells the monitor whom it suspects.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/recording"
)

const description = `One node of a gossip cluster.

With --config it shows a console (connect, stop, collect) and waits; without, it
writes config_PORT and connects to its seed by itself. It tells that it has joined,
how many others it knows, and whom it suspects or clears, unless --quiet.

Examples:
  gossipnode --config config_files/config1.json
  gossipnode
  gossipnode --port 5001 --advertise 127.0.0.1 --seed-host 127.0.0.1 --monitor 127.0.0.1:8000 --provider 127.0.0.1:9000

Every setting is taken from its flag, else from GOSSIP_<FLAG>, else from the
config file, else the default.`

type settings struct {
	command.Flags
	Port     int    `help:"Port to listen on, and of the node's address." default:"5000"`
	SeedHost string `help:"Name of the node to join through." default:"node1"`
	SeedPort int    `help:"Port of the node to join through." default:"5000"`
	Connect  bool   `help:"Do at once what the console's connect does."`
	Monitor  string `help:"Where the monitor listens." default:"monitor-node:8000"`
	Provider string `help:"Where the provider listens." default:"provider-node:9000"`
	command.Intervals
	Align     bool               `help:"Line rounds up with the wall clock; --no-align starts them at connect, as the original." default:"true" negatable:""`
	Freshness protocol.Freshness `help:"From which instant relayed news counts: its arrival (the original's rule), or the emission of the heartbeat." default:"arrival" placeholder:"RULE"`
	Quiet     bool               `help:"Do not tell on standard output who was heard of, is suspected or cleared." short:"q"`
	Seed      *uint64            `help:"Seed of the random target draws; default: a new one each run." placeholder:"N"`
}

func main() {
	if os.Getenv("GOMAXPROCS") == "" {
		// A node needs a thousandth of one processor. With two, an eighth of what it takes goes on
		// waking one from the other.
		runtime.GOMAXPROCS(1)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var s settings
	if code, done := config.Parse(&s, "gossipnode", description, args, stdout, stderr); done {
		return code
	}
	log := s.Logger(stderr)
	ctx, signalled := command.WithSignals(ctx)
	code, err := s.serve(ctx, stdin, stdout, stderr, log)
	if err != nil {
		signalled()
		fmt.Fprintf(stderr, "gossipnode: %v\n", err)
		return code
	}
	return signalled()
}

// serve runs the node until ctx ends, or "stop" is typed.
func (s settings) serve(
	ctx context.Context,
	stdin io.Reader,
	stdout, stderr io.Writer,
	log *slog.Logger,
) (int, error) {
	profile, _ := protocol.ProfileTiming(s.Profile)
	timing := profile.With(s.Heartbeat, s.Gossip, s.Fail)
	if err := timing.Validate(); err != nil {
		return config.ExitWrongUse, err
	}
	monitor, err := gossip.ParseAddress(s.Monitor)
	if err != nil {
		return config.ExitWrongUse, fmt.Errorf("--monitor: %w", err)
	}
	provider, err := gossip.ParseAddress(s.Provider)
	if err != nil {
		return config.ExitWrongUse, fmt.Errorf("--provider: %w", err)
	}
	self, err := command.Own(ctx, s.Advertise, s.Port)
	if err != nil {
		return config.ExitWrongUse, err
	}
	seed, err := gossip.NewAddress(s.SeedHost, s.SeedPort)
	if err != nil {
		return config.ExitWrongUse, fmt.Errorf("seed: %w", err)
	}
	gate, err := s.Gate(self.Name(), log)
	if err != nil {
		return config.ExitWrongUse, err
	}
	console := s.Config != ""
	node := process.Config{
		Self: self, Seed: seed, Monitor: monitor, Provider: provider, ClusterID: gate.ClusterID(),
		Timing: timing, Aligned: s.Align, Freshness: s.Freshness,
		Connect: s.Connect || !console, Console: console, Talk: !s.Quiet, Random: s.randomSeed(),
	}
	limits, err := s.ServerOptions(log)
	if err != nil {
		return config.ExitWrongUse, err
	}
	record, err := s.OpenRecording(recording.Node, self, node)
	if err != nil {
		return config.ExitWrongUse, err
	}
	a, err := agent.New(agent.Config{
		Config: node, Server: limits, Out: stdout, Logger: log, Wrap: record.Wrap, Gate: gate,
	})
	if err != nil {
		return config.ExitFailed, err
	}
	l, err := command.Listen(ctx, s.Bind, self, stderr)
	if err != nil {
		return config.ExitFailed, err
	}
	numbers, err := s.ListenMetrics(ctx, stderr)
	if err != nil {
		_ = l.Close() // nothing was served yet
		return config.ExitFailed, err
	}
	if !console {
		writeConfig(self, seed, log)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var beside errgroup.Group
	if console {
		beside.Go(func() error {
			a.Console(running, command.Lines(running, stdin))
			return nil
		})
	}
	if numbers != nil {
		m := newMetrics(a)
		a.Measure(m.Measure)
		beside.Go(func() error {
			defer stop()
			return m.Serve(running, gate.ListenPage(numbers), log)
		})
	}
	err = record.While(log, func() error { return a.Run(running, l) })
	stop()
	if err := errors.Join(err, beside.Wait()); err != nil {
		return config.ExitFailed, err
	}
	return config.ExitOK, nil
}

func (s settings) randomSeed() uint64 {
	if s.Seed != nil {
		return *s.Seed
	}
	return rand.Uint64()
}
