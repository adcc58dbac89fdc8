package main

import (
	"context"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/metrics"
)

var (
	infoKind       = metrics.Gauge("gossip_node_info", "Always 1; once the provider has let the node in.", "protocol")
	knownKind      = metrics.Gauge("gossip_node_known_nodes", "Other nodes that this one knows.")
	suspectedKind  = metrics.Gauge("gossip_node_suspected_nodes", "Other nodes that this one suspects.")
	generationKind = metrics.Gauge("gossip_node_generation_timestamp_seconds", "The node's generation: when it started, in Unix time.")
	callsKind      = metrics.Gauge("gossip_node_peer_calls", "Calls to other nodes under way.")
	monitorKind    = metrics.Gauge("gossip_node_monitor_up", "1 unless the last call to the monitor had no answer.")
	providerKind   = metrics.Gauge("gossip_node_provider_up", "1 unless the last call to the provider had no answer.")
	heartbeatsKind = metrics.Counter("gossip_node_heartbeats_total", "The node's own heartbeat: how often it beat.")
	messagesKind   = metrics.Counter("gossip_node_messages_total", "Messages, by the original's way of counting.")
	sentKind       = metrics.Counter("gossip_node_sent_bytes_total", "Bytes of requests sent to other nodes.")
)

var kinds = []*metrics.Kind{
	infoKind, knownKind, suspectedKind, generationKind, callsKind, monitorKind, providerKind, heartbeatsKind, messagesKind,
	sentKind,
}

func newMetrics(a *agent.Agent) *metrics.Metrics {
	return metrics.New("gossipnode", kinds, func(ctx context.Context, yield func(metrics.Sample)) error {
		v, err := a.Vitals(ctx)
		if err == nil {
			samples(v, yield)
		}
		return err
	})
}

func samples(v process.Vitals, yield func(metrics.Sample)) {
	if v.Protocol != "" {
		yield(infoKind.Of(1, v.Protocol))
		yield(generationKind.Of(float64(v.Generation)))
	}
	yield(knownKind.Of(float64(v.Known)))
	yield(suspectedKind.Of(float64(v.Suspected)))
	yield(callsKind.Of(float64(v.Calls)))
	yield(monitorKind.Of(up(v.MonitorAway)))
	yield(providerKind.Of(up(v.ProviderAway)))
	yield(heartbeatsKind.Of(float64(v.Heartbeat)))
	yield(messagesKind.Of(float64(v.Messages)))
	yield(sentKind.Of(float64(v.Sent)))
}

func up(away bool) float64 {
	if away {
		return 0
	}
	return 1
}
