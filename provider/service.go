package main

import (
	"context"
	"log/slog"
	"sync"

	"gossiprpc/internal/gossip"
	"gossiprpc/provider/registry"
)

// service answers the provider's RPC methods. It is safe for many goroutines.
type service struct {
	number gossip.ProtocolNumber
	log    *slog.Logger

	mu      sync.Mutex
	members registry.Registry
}

func newService(number gossip.ProtocolNumber, log *slog.Logger) *service {
	return &service{number: number, log: log}
}

func (s *service) Join(_ context.Context, a gossip.Address) (gossip.ProtocolNumber, error) {
	s.mu.Lock()
	fresh, err := s.members.Join(a)
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if fresh {
		s.log.Info("joined", "node", a)
	}
	return s.number, nil
}

func (s *service) Members(context.Context) ([]gossip.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members.Members(), nil
}

// Protocol is an extension: the original tells its protocol only to those who
// join, and a monitor is no member.
func (s *service) Protocol(context.Context) (gossip.ProtocolNumber, error) {
	return s.number, nil
}
