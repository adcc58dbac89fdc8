package admission

import (
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// claimed is in whose name a call speaks. Questions speak in nobody's. What a digest
// or a state map tells of others is relayed news, and no claim.
func claimed(r machine.Request) (node gossip.Address, claims bool) {
	switch r := r.(type) {
	case machine.Message:
		return r.From, true
	case machine.Register:
		return r.Node, true
	case machine.Heartbeat:
		return r.Node, true
	case machine.States:
		return r.Node, true
	case machine.Suspects:
		return r.Node, true
	case machine.Traffic:
		return r.Node, true
	case machine.Report:
		return r.Node, true
	case machine.Join:
		return r.Node, true
	}
	return "", false
}
