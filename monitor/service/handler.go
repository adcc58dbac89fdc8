package service

import (
	"context"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
)

var (
	_ wire.MonitorHandler = (*Service)(nil)
	_ wire.Revised        = (*Service)(nil)
)

// Register takes a node in, or begins its next incarnation.
func (s *Service) Register(ctx context.Context, a gossip.Address) error {
	return s.tell(ctx, machine.Register{Node: a})
}

// Heartbeat renews a node's sign of life.
func (s *Service) Heartbeat(ctx context.Context, a gossip.Address) error {
	return s.tell(ctx, machine.Heartbeat{Node: a})
}

// ReceiveStates takes a node's state map and its message count.
func (s *Service) ReceiveStates(ctx context.Context, a gossip.Address, m gossip.StateMap, count int32) error {
	return s.tell(ctx, machine.States{Node: a, Map: m, Messages: count})
}

// UpdateSuspects takes an observer's fault vector.
func (s *Service) UpdateSuspects(ctx context.Context, a gossip.Address, v gossip.FaultVector, generation int32) error {
	return s.tell(ctx, machine.Suspects{Node: a, Vector: v, Generation: generation})
}

// ReportTraffic takes how many bytes of gossip a node has sent since its start.
func (s *Service) ReportTraffic(ctx context.Context, a gossip.Address, bytes int64) error {
	return s.tell(ctx, machine.Traffic{Node: a, Bytes: bytes})
}

// Report takes all that a node tells at a time.
func (s *Service) Report(ctx context.Context, r machine.Report) error { return s.tell(ctx, r) }

// Mapping is the join order, which is also the order of rows and columns.
func (s *Service) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	answer, err := s.host.Call(ctx, machine.Mapping{})
	if err != nil {
		return nil, err
	}
	mapping := make(map[gossip.Address]int, len(answer.Addresses))
	for i, a := range answer.Addresses {
		mapping[a] = i
	}
	return mapping, nil
}

// SuspectMatrix has a row for each observer: 1 where it suspects.
// One too large to send is an error.
func (s *Service) SuspectMatrix(ctx context.Context) ([][]int, error) {
	type seen struct {
		nodes int
		rows  []gossip.Bits
	}
	now, err := read(ctx, s, func(time.Time) seen {
		v := seen{nodes: s.core.State().Len()}
		if v.nodes <= wire.MaxMatrix {
			v.rows = s.core.Matrix()
		}
		return v
	})
	if err != nil {
		return nil, err
	}
	if now.nodes > wire.MaxMatrix {
		return nil, fmt.Errorf("the suspect matrix of %d nodes is not sent: it may have %d; getStatus tells of each node",
			now.nodes, wire.MaxMatrix)
	}
	matrix := make([][]int, len(now.rows))
	for i, row := range now.rows {
		matrix[i] = make([]int, now.nodes)
		for j := range matrix[i] {
			if row.Has(j) {
				matrix[i][j] = 1
			}
		}
	}
	return matrix, nil
}

// Revision rises whenever the nodes, the matrix or a verdict changes.
func (s *Service) Revision(ctx context.Context) (uint64, error) {
	return read(ctx, s, func(time.Time) uint64 { return s.core.State().Revision() })
}

// FaultVector is the verdicts in join order, 1 for failed.
func (s *Service) FaultVector(ctx context.Context) ([]int, error) {
	return read(ctx, s, func(time.Time) []int { return bits(s.core.Verdicts()) })
}

// AliveDead splits the nodes by verdict, each part in join order.
func (s *Service) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	type nodes struct{ live, dead []gossip.Address }
	n, err := read(ctx, s, func(time.Time) (n nodes) {
		n.live, n.dead = s.core.AliveDead()
		return n
	})
	return n.live, n.dead, err
}

func bits(flags []bool) []int {
	out := make([]int, len(flags))
	for i, set := range flags {
		if set {
			out[i] = 1
		}
	}
	return out
}
