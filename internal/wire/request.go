package wire

import (
	"context"
	"fmt"

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
	case machine.Report:
		err = new(Told).Report(ctx, monitor, r)
	case machine.Mapping:
		var mapping map[gossip.Address]int
		mapping, err = monitor.Mapping(ctx)
		answer.Addresses = joinOrder(mapping)
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
