package wire

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// Do makes the call that r stands for to the process at to. A fault of the other
// side's is a *xmlrpc.Fault.
func Do(ctx context.Context, c *xmlrpc.Client, to gossip.Address, r machine.Request) (machine.Answer, error) {
	monitor := Monitor{Client: c, HostPort: string(to)}
	provider := Provider{Client: c, HostPort: string(to)}
	var answer machine.Answer
	var err error
	switch r := r.(type) {
	case machine.Message:
		err = SendMessage(ctx, c, r.From, to, r.Message)
	case machine.Register:
		err = monitor.Register(ctx, r.Node)
	case machine.Heartbeat:
		err = monitor.Heartbeat(ctx, r.Node)
	case machine.States:
		err = monitor.SendStates(ctx, r.Node, r.Map, int(r.Messages))
	case machine.Suspects:
		err = monitor.UpdateSuspects(ctx, r.Node, r.Vector, r.Generation)
	case machine.Traffic:
		err = monitor.ReportTraffic(ctx, r.Node, r.Bytes)
	case machine.Mapping:
		answer.Addresses, err = monitor.joinOrder(ctx)
	case machine.Join:
		answer.Protocol, err = provider.Join(ctx, r.Node)
	case machine.Members:
		answer.Addresses, err = provider.Members(ctx)
	case machine.Protocol:
		answer.Protocol, err = provider.Protocol(ctx)
	default:
		err = fmt.Errorf("request of type %T has no method", r)
	}
	return answer, err
}

// joinOrder is the monitor's mapping as a list.
func (m Monitor) joinOrder(ctx context.Context) ([]gossip.Address, error) {
	mapping, err := m.Mapping(ctx)
	if err != nil {
		return nil, err
	}
	order := make([]gossip.Address, 0, len(mapping))
	for a := range mapping {
		order = append(order, a)
	}
	slices.SortFunc(order, func(a, b gossip.Address) int {
		return cmp.Or(cmp.Compare(mapping[a], mapping[b]), cmp.Compare(a, b))
	})
	return order, nil
}
