// Package live is what the backends with real processes share, whatever the
// processes run in: real time, questions to the monitor and the provider by
// XML-RPC, and who has heard of whom, by the states that the monitor collects.
package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
)

// Patience is how long something may take that does not depend on the cluster's
// intervals: a process to listen, a node to ask the provider in.
const Patience = 60 * time.Second

// pollEvery is how often something that is about to happen is looked at.
const pollEvery = 20 * time.Millisecond

// Servers are a running cluster's monitor and provider. A cluster embeds it, and gets
// part of harness.Cluster from it.
type Servers struct {
	Monitor   wire.Monitor
	Provider  wire.Provider
	Processes Processes
}

// Processes are what a cluster knows of its own.
type Processes interface {
	// Ended names a process that has ended though nobody ended it.
	Ended() error
	// Running lists the nodes that have not been ended.
	Running() []Node
	// Menu types a line at the monitor's menu.
	Menu(ctx context.Context, line string) error
	// RemoveStates removes the monitor's states.json, if there is one, and
	// ReadStates reads it; a file that is not there is empty.
	RemoveStates(ctx context.Context) error
	ReadStates(ctx context.Context) ([]byte, error)
	// Awaits asks a running node what keeps it from being settled; see wire.Node.
	Awaits(ctx context.Context, name string) (string, error)
}

// Now is the wall clock's time.
func (s *Servers) Now() time.Time { return time.Now() }

// Wait lets d pass, and fails if a process has ended by itself meanwhile.
func (s *Servers) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.Processes.Ended()
}

// AliveDead splits the nodes by verdict.
func (s *Servers) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	return s.Monitor.AliveDead(ctx)
}

// SuspectMatrix has a row for each observer, in join order.
func (s *Servers) SuspectMatrix(ctx context.Context) ([][]int, error) {
	return s.Monitor.SuspectMatrix(ctx)
}

// Mapping is the join order.
func (s *Servers) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	return s.Monitor.Mapping(ctx)
}

// MonitorHostPort is where the monitor listens, for those who want to ask it
// themselves.
func (s *Servers) MonitorHostPort() string { return s.Monitor.HostPort }

// AwaitAskedIn returns when the provider knows the node.
func (s *Servers) AwaitAskedIn(ctx context.Context, name string, a gossip.Address) error {
	return Poll(ctx, name+" to ask the provider in", func() (bool, error) {
		if err := s.Processes.Ended(); err != nil {
			return false, err
		}
		members, err := s.Provider.Members(ctx)
		return err == nil && slices.Contains(members, a), nil
	})
}

// Poll waits until done says so, for [Patience] at most.
func Poll(ctx context.Context, what string, done func() (bool, error)) error {
	return PollFor(ctx, what, Patience, pollEvery, done)
}

// PollFor waits until done says so, for limit at most, and asks it every so often.
func PollFor(ctx context.Context, what string, limit, every time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}
