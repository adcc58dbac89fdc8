// Package service runs a monitor: it puts the monitor's machine (monitor/core)
// and the runtime (internal/host) together and answers the monitor's RPC methods.
// No rule lives here.
//
// What nodes tell becomes an event of the machine; what pages and people ask for
// is read between two of its steps. Methods may be called from any goroutine.
package service

import (
	"context"
	"io"
	"log/slog"
	"time"

	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/core"
)

// Options are what a Service is run with.
type Options struct {
	core.Config
	Client *xmlrpc.Client // to the provider
	Out    io.Writer      // the terminal
	Logger *slog.Logger
	// Wrap puts something between the machine and its runtime, such as a flight
	// recorder; nil: nothing.
	Wrap func(*core.Core) machine.Machine
	// Admit says whether a call may be taken, see [host.Options].
	Admit func(context.Context, machine.Request) error
}

// Service is a monitor. Its methods wait until Run is running, and return
// [host.ErrEnded] after it.
type Service struct {
	core    *core.Core
	host    *host.Host
	results string // path of results.txt
}

// New makes a Service that does nothing until Run. An error is about the Config.
func New(o Options) (*Service, error) {
	c, err := core.New(o.Config)
	if err != nil {
		return nil, err
	}
	var whole machine.Machine = c
	if o.Wrap != nil {
		whole = o.Wrap(c)
	}
	h := host.New(whole, host.Options{Servers: o.Client, Out: o.Out, Logger: o.Logger, Admit: o.Admit})
	return &Service{core: c, host: h, results: o.Results}, nil
}

// Run runs the monitor until ctx ends, which counts as the menu's stop, or the
// menu says so: what a test case has ended with is on the disk then. It may be
// called once.
func (s *Service) Run(ctx context.Context) error {
	running := context.WithoutCancel(ctx)
	defer context.AfterFunc(ctx, func() { s.host.Type(running, "stop") })()
	return s.host.Run(running)
}

// Console has the menu take lines as typed, until there are no more or ctx ends.
func (s *Service) Console(ctx context.Context, lines <-chan string) { s.host.Console(ctx, lines) }

// tell has the monitor take what a node reports.
func (s *Service) tell(ctx context.Context, r machine.Request) error {
	_, err := s.host.Call(ctx, r)
	return err
}

// read looks at the monitor between two steps.
func read[T any](ctx context.Context, s *Service, look func(now time.Time) T) (T, error) {
	seen := make(chan T, 1) // a look may still come after ctx has ended
	if err := s.host.Look(ctx, func(now time.Time) { seen <- look(now) }); err != nil {
		return *new(T), err
	}
	return <-seen, nil
}
