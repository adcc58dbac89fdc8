package service

import (
	"context"
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/monitor/consensus"
)

var _ wire.MonitorHandler = (*Service)(nil)

// Register takes a node in, or begins its next incarnation.
func (s *Service) Register(ctx context.Context, a gossip.Address) error {
	return s.tell(ctx, a, consensus.Register{Node: a})
}

// Heartbeat renews a node's sign of life.
func (s *Service) Heartbeat(ctx context.Context, a gossip.Address) error {
	return s.tell(ctx, a, consensus.Heartbeat{Node: a})
}

// ReceiveStates takes a node's state map and its message count, which must not
// be negative.
func (s *Service) ReceiveStates(ctx context.Context, a gossip.Address, m gossip.StateMap, count int32) error {
	if count < 0 {
		return fmt.Errorf("message count %d of %s, want 0 or more", count, a)
	}
	return s.tell(ctx, a, consensus.States{Node: a, Map: m, Messages: count})
}

// UpdateSuspects takes an observer's fault vector. The generation is not said
// to be anyone's and plays no part (DESIGN.md, decision 9).
func (s *Service) UpdateSuspects(ctx context.Context, a gossip.Address, v gossip.FaultVector, _ int32) error {
	return s.tell(ctx, a, consensus.Suspects{Node: a, Vector: v})
}

// ReportTraffic takes how many bytes of gossip a node has sent since its start.
func (s *Service) ReportTraffic(ctx context.Context, a gossip.Address, bytes int64) error {
	if bytes < 0 {
		return fmt.Errorf("traffic of %s: %d bytes, want 0 or more", a, bytes)
	}
	return s.tell(ctx, a, consensus.Traffic{Node: a, Bytes: bytes})
}

func (s *Service) tell(ctx context.Context, a gossip.Address, in consensus.Input) error {
	var refused error
	err := s.do(ctx, func(c *core) {
		if refused = c.admit(a); refused == nil {
			c.step(in)
		}
	})
	if err != nil {
		return err
	}
	return refused
}

// Mapping is the join order, which is also the order of rows and columns.
func (s *Service) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	m := map[gossip.Address]int{}
	err := s.do(ctx, func(c *core) {
		for i := range c.state.Len() {
			m[c.state.At(i).Address] = i
		}
	})
	return m, err
}

// SuspectMatrix has a row for each observer: 1 where it suspects. With no nodes
// it is one empty row, as the original's.
func (s *Service) SuspectMatrix(ctx context.Context) ([][]int, error) {
	var m [][]int
	err := s.do(ctx, func(c *core) {
		for i := range c.state.Len() {
			row := make([]int, c.state.Len())
			for j := range row {
				row[j] = bit(c.state.Suspects(i, j))
			}
			m = append(m, row)
		}
	})
	if len(m) == 0 {
		m = [][]int{{}}
	}
	return m, err
}

// FaultVector is the verdicts in join order, 1 for failed.
func (s *Service) FaultVector(ctx context.Context) ([]int, error) {
	v := []int{}
	err := s.do(ctx, func(c *core) {
		for i := range c.state.Len() {
			v = append(v, bit(c.state.At(i).Failed))
		}
	})
	return v, err
}

// AliveDead splits the nodes by verdict, each part in join order.
func (s *Service) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	live, dead = []gossip.Address{}, []gossip.Address{}
	err = s.do(ctx, func(c *core) {
		for i := range c.state.Len() {
			if n := c.state.At(i); n.Failed {
				dead = append(dead, n.Address)
			} else {
				live = append(live, n.Address)
			}
		}
	})
	return live, dead, err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
