// Package service is the monitor at work: one loop that owns the consensus and
// the running test case, with the monitor's RPC methods on top.
//
// In flow what nodes report (Service is the wire.MonitorHandler of a server),
// the passing of time, and what is typed at the menu. Out flow answers, a
// Snapshot for people and pages, an event log in memory, and the files
// results.txt, results.jsonl, states.json and ip_mapping.json.
//
// Every method may be called from any goroutine: it hands a piece of work to
// the loop and waits for it. Files are written outside the loop, so a slow disk
// never makes a report late.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// What a menu entry may meet. ErrStopped comes from every method after Run has
// ended.
var (
	ErrStopped = errors.New("the monitor has stopped")
	ErrRunning = errors.New("a test case is running")
	ErrIdle    = errors.New("no test case is running")
	ErrUnknown = errors.New("unknown node")
	ErrFull    = errors.New("too many nodes")
)

// Options are what a Service needs. Start from DefaultOptions.
type Options struct {
	Setup testcase.Setup // of each case; Bound holds while the protocol is not known

	// Protocol asks which protocol the cluster runs, at each case's beginning
	// and beside it. Nil when Setup names it, or nobody can tell.
	Protocol func(ctx context.Context) (Protocol, error)

	Results   string // path of results.txt; results.jsonl lies beside it
	Directory string // for states.json and ip_mapping.json
	MaxNodes  int    // a further node is refused
	MaxEvents int    // how many the event log keeps

	// Ended is told of each case that has ended, after its result is written;
	// err is why that failed. It is called from one goroutine.
	Ended func(result testcase.Result, err error)

	Logger *slog.Logger
}

// Protocol is what there is to know of a cluster's protocol.
type Protocol struct {
	Name  string
	Bound func(nodes, deaths int) time.Duration
}

// DefaultOptions has the original's intervals and files, and a bound of T_fail
// that callers replace by the protocols' own.
func DefaultOptions() Options {
	const fail = 10 * time.Second
	return Options{
		Setup: testcase.Setup{
			Heartbeat: time.Second, Gossip: 3 * time.Second, Fail: fail, Aligned: true,
			Bound: func(int, int) time.Duration { return fail },
		},
		Results: "results.txt", Directory: ".", MaxNodes: 4096, MaxEvents: 4096,
		Ended:  func(testcase.Result, error) {},
		Logger: slog.New(slog.DiscardHandler),
	}
}

// Validate names the field that is wrong.
func (o Options) Validate() error {
	switch {
	case o.Setup.Fail <= 0:
		return fmt.Errorf("fail: %s, want more than 0", o.Setup.Fail)
	case o.Setup.Bound == nil:
		return errors.New("bound: none, want a function")
	case o.Results == "":
		return errors.New("results: no path")
	case o.MaxNodes < 1:
		return fmt.Errorf("max nodes: %d, want 1 or more", o.MaxNodes)
	case o.MaxEvents < 1:
		return fmt.Errorf("max events: %d, want 1 or more", o.MaxEvents)
	case o.Ended == nil, o.Logger == nil:
		return errors.New("ended and logger: none, want both")
	}
	return nil
}

// Service is a monitor. Methods wait until Run is running.
type Service struct {
	options  Options
	work     chan work
	finished chan finished // to the writer
	stopped  chan struct{}
}

type work struct {
	f    func(*core)
	done chan struct{}
}

// New makes a Service that does nothing until Run.
func New(o Options) (*Service, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("monitor options: %w", err)
	}
	return &Service{
		options: o, work: make(chan work), stopped: make(chan struct{}),
		finished: make(chan finished),
	}, nil
}

// Run serves until ctx ends, and returns nil when the last goroutine has ended
// and the last result is written. It may be called once.
func (s *Service) Run(ctx context.Context) error {
	var lookups, writer errgroup.Group
	writer.Go(func() error {
		for f := range s.finished {
			s.conclude(f)
		}
		return nil
	})
	c := &core{
		options: s.options,
		state:   consensus.New(s.options.Setup.Fail),
		log:     newEventLog(s.options.MaxEvents),
		lookup:  func() *lookup { return startLookup(ctx, &lookups, s.options.Protocol) },
	}
	c.state.SetBound(s.options.Setup.Bound)
	s.loop(ctx, c)
	close(s.stopped)
	for _, f := range c.finished {
		s.finished <- f
	}
	close(s.finished)
	return errors.Join(lookups.Wait(), writer.Wait())
}

func (s *Service) loop(ctx context.Context, c *core) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var answered <-chan struct{}
		if c.asked != nil {
			answered = c.asked.done
		}
		var write chan<- finished
		var next finished
		if len(c.finished) > 0 {
			write, next = s.finished, c.finished[0]
		}
		select {
		case <-ctx.Done():
			return
		case w := <-s.work:
			w.f(c)
			close(w.done)
		case write <- next:
			c.finished = c.finished[1:]
		case <-answered:
			c.identify()
		case <-timer.C:
			c.step(consensus.Tick{})
		}
		c.arm(timer)
	}
}

// do has f run by the loop, and returns when it has.
func (s *Service) do(ctx context.Context, f func(*core)) error {
	w := work{f: f, done: make(chan struct{})}
	select {
	case s.work <- w:
		<-w.done
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopped:
		return ErrStopped
	}
}
