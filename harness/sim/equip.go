package sim

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/testcase"
	"gossiprpc/provider/registry"
)

// The addresses of the two processes that are no nodes, and the monitor's file.
const (
	monitorAddress  gossip.Address = "monitor:8000"
	providerAddress gossip.Address = "provider:9000"
	results                        = "results.txt"
	resultLines                    = "results.jsonl"
)

// equip makes the machine that a process runs, as its command does.
func (w *World) equip(h *host) {
	switch h.kind {
	case aMonitor:
		h.monitor = must(core.New(w.monitorConfig()))
		h.monitor.Observe(core.Observer{Input: w.heard, Result: w.concluded})
		h.machine = h.monitor
	case aProvider:
		h.machine = must(registry.NewProvider(registry.Config{Protocol: w.config.Protocol.Name}))
	case aNode:
		h.node = must(process.New(w.nodeConfig(h)))
		h.node.Observe(w.observed(h))
		h.machine = h.node
	}
}

// must is for settings that [Config.Validate] has accepted.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("simulation: %v", err))
	}
	return v
}

func (w *World) nodeConfig(h *host) process.Config {
	c := process.Config{
		Self: h.address, Seed: h.seed, Monitor: monitorAddress, Provider: providerAddress,
		Timing: w.config.Timing, Aligned: w.config.Aligned, Freshness: w.config.Freshness,
		Connect: true, Random: w.config.Seed + uint64(h.life) - 1,
	}
	if w.known != nil && h.life == 1 {
		c.Known, c.Connect = w.known.nodes, false
	}
	return c
}

func (w *World) monitorConfig() core.Config {
	c := core.DefaultConfig()
	seed := int64(w.config.Seed)
	c.Protocol, c.Timing, c.Aligned, c.Seed, c.Results = w.config.Protocol.Name, w.config.Timing, w.config.Aligned, &seed, results
	c.MaxNodes = max(c.MaxNodes, len(w.hosts))
	return c
}

func (w *World) heard(now time.Time, in consensus.Input, events []consensus.Event) {
	for i := range w.hooks {
		if f := w.hooks[i].Input; f != nil {
			f(now, in, events)
		}
	}
}

func (w *World) concluded(r testcase.Result) {
	for i := range w.hooks {
		if f := w.hooks[i].Result; f != nil {
			f(r)
		}
	}
}
