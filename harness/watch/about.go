package watch

import (
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/viewer"
)

// About says of a cluster what its parameters do. What is left is the caller's.
func About(p protocol.Parameters, nodes int) viewer.Run {
	about := viewer.Run{
		Version: viewer.Version, Protocol: p.Protocol.Name, Messages: true,
		Heartbeat: viewer.Seconds(p.Timing.Heartbeat), Gossip: viewer.Seconds(p.Timing.Gossip),
		Fail: viewer.Seconds(p.Timing.Fail), Freshness: p.Freshness.String(), Aligned: p.Aligned,
		Speed: float64(protocol.DefaultTiming().Heartbeat) / float64(p.Timing.Heartbeat),
	}
	if p.Protocol.Hearsay != nil {
		about.Bound = viewer.Seconds(p.DetectionBound(max(nodes, 1), 1))
	}
	return about
}
