package main

import (
	"context"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
)

// service answers the provider's RPC methods by the provider's machine. It is
// safe for many goroutines.
type service struct{ host *host.Host }

var _ wire.ProviderHandler = service{}

func (s service) Join(ctx context.Context, a gossip.Address) (gossip.ProtocolNumber, error) {
	answer, err := s.host.Call(ctx, machine.Join{Node: a})
	return answer.Protocol, err
}

func (s service) Members(ctx context.Context) ([]gossip.Address, error) {
	answer, err := s.host.Call(ctx, machine.Members{})
	return answer.Addresses, err
}

func (s service) Protocol(ctx context.Context) (gossip.ProtocolNumber, error) {
	answer, err := s.host.Call(ctx, machine.Protocol{})
	return answer.Protocol, err
}
