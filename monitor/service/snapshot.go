package service

import (
	"context"
	"time"

	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Snapshot is the monitor at one instant, for people and pages. It is the
// caller's own.
type Snapshot struct {
	Now    time.Time
	Fail   time.Duration
	Nodes  []NodeStatus // in join order
	Matrix [][]bool     // row: observer, column: observed, both in join order
	Case   *CaseStatus  // nil when none is running
	Totals consensus.Totals
	Events []Entry // the latest, oldest first
}

// NodeStatus is one node, and why its verdict is what it is.
type NodeStatus struct {
	consensus.Node
	HeartbeatAge time.Duration // 0 if there was no heartbeat yet: see HeartbeatAt
	Reason       consensus.Reason
}

// CaseStatus is a running case.
type CaseStatus struct {
	Case    testcase.Case
	Began   time.Time
	Waiting string // what it still needs
}

// snapshotEvents is how many log entries a Snapshot holds.
const snapshotEvents = 100

// Snapshot describes everything, at a cost of the square of the nodes.
func (s *Service) Snapshot(ctx context.Context) (Snapshot, error) {
	var out Snapshot
	err := s.do(ctx, func(c *core) {
		c.step(consensus.Tick{})
		now := time.Now()
		out = Snapshot{Now: now, Fail: c.state.Fail(), Totals: c.state.Totals(), Case: c.status(), Events: c.log.after(0, snapshotEvents)}
		for i := range c.state.Len() {
			n := NodeStatus{Node: c.state.At(i)}
			n.Reason, _ = c.state.Reason(n.Address)
			if !n.HeartbeatAt.IsZero() {
				n.HeartbeatAge = now.Sub(n.HeartbeatAt)
			}
			row := make([]bool, c.state.Len())
			for j := range row {
				row[j] = c.state.Suspects(i, j)
			}
			out.Nodes, out.Matrix = append(out.Nodes, n), append(out.Matrix, row)
		}
	})
	return out, err
}

// Running describes the running case; nil when there is none.
func (s *Service) Running(ctx context.Context) (*CaseStatus, error) {
	var status *CaseStatus
	err := s.do(ctx, func(c *core) { status = c.status() })
	return status, err
}

// Events has the log's entries with numbers above n, as far as they are kept.
func (s *Service) Events(ctx context.Context, n uint64) ([]Entry, error) {
	var out []Entry
	err := s.do(ctx, func(c *core) { out = c.log.after(n, s.options.MaxEvents) })
	return out, err
}

func (c *core) status() *CaseStatus {
	if c.run == nil {
		return nil
	}
	return &CaseStatus{Case: c.run.Case(), Began: c.run.Began(), Waiting: c.run.Waiting(c.state)}
}
