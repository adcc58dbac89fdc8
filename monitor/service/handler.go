package service

import (
	"context"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
)

var _ wire.MonitorHandler = (*Service)(nil)

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
func (s *Service) SuspectMatrix(ctx context.Context) ([][]int, error) {
	return read(ctx, s, func(time.Time) [][]int {
		var matrix [][]int
		for _, row := range s.core.Matrix() {
			matrix = append(matrix, bits(row))
		}
		return matrix
	})
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
