package main

import (
	"context"
	"time"

	"gossiprpc/internal/host"
	"gossiprpc/internal/metrics"
	"gossiprpc/provider/registry"
)

var (
	infoKind    = metrics.Gauge("gossip_provider_info", "Always 1; the cluster's protocol.", "protocol")
	membersKind = metrics.Gauge("gossip_provider_members", "Nodes that have joined.")
)

var kinds = []*metrics.Kind{infoKind, membersKind}

func newMetrics(h *host.Host, p *registry.Provider, protocol string) *metrics.Metrics {
	return metrics.New("provider", kinds, func(ctx context.Context, yield func(metrics.Sample)) error {
		seen := make(chan int, 1) // a look may still come after ctx has ended
		if err := h.Look(ctx, func(time.Time) { seen <- p.Len() }); err != nil {
			return err
		}
		yield(infoKind.Of(1, protocol))
		yield(membersKind.Of(float64(<-seen)))
		return nil
	})
}
