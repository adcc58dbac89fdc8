package service

import (
	"context"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/monitor/core"
)

var _ wire.StatusHandler = (*Service)(nil)

// Vitals is the monitor in numbers, between two of its steps.
func (s *Service) Vitals(ctx context.Context) (core.Vitals, error) {
	return read(ctx, s, s.core.Vitals)
}

// Status is the monitor's snapshot as the web page asks for it.
func (s *Service) Status(ctx context.Context) (wire.Status, error) {
	type seen struct {
		core.Snapshot
		matrix []gossip.Bits
	}
	snapshot, err := read(ctx, s, func(now time.Time) seen { return seen{s.core.Snapshot(now), s.core.Matrix()} })
	if err != nil {
		return wire.Status{}, err
	}
	out := wire.Status{Matrix: snapshot.matrix, Deaf: snapshot.Deaf, Unwritten: snapshot.Unwritten}
	for _, n := range snapshot.Nodes {
		age := time.Duration(-1)
		if !n.HeartbeatAt.IsZero() {
			age = n.HeartbeatAge
		}
		out.Nodes = append(out.Nodes, wire.NodeStatus{
			Address: n.Address, Failed: n.Failed, Eligible: n.Eligible, HeartbeatAge: age,
			Incarnation: int(n.Incarnation), Suspecting: n.Suspecting, Observers: n.Observers,
		})
	}
	for _, e := range snapshot.Events {
		out.Events = append(out.Events, e.At.Format("15:04:05.000  ")+e.Text)
	}
	if c := snapshot.Case; c != nil {
		out.Running, out.For, out.Waiting = c.Case.Title(), snapshot.Now.Sub(c.Began), c.Waiting
	}
	return out, nil
}
