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
	var settings any
	switch h.kind {
	case aMonitor:
		c := w.monitorConfig()
		h.monitor, settings = must(core.New(c)), c
		h.monitor.Observe(core.Observer{Input: w.heard, Result: w.concluded})
		h.machine = h.monitor
	case aProvider:
		c := registry.Config{Protocol: w.config.Protocol.Name}
		h.machine, settings = must(registry.NewProvider(c)), c
	case aNode:
		c := w.nodeConfig(h)
		h.node, settings = must(process.New(c)), c
		h.node.Observe(w.observed(h))
		h.machine = h.node
	}
	if w.config.Wrap != nil {
		h.machine = w.config.Wrap(
			Life{
				Name:     h.name,
				Self:     h.address,
				Number:   (h.life + 1) / 2,
				Began:    h.clock.read(w.now),
				Settings: settings,
			},
			h.machine,
		)
	}
}

// Life is one process from its start to its end.
type Life struct {
	Name     string
	Self     gossip.Address
	Number   uint32    // from 1
	Began    time.Time // by the process's clocks
	Settings any       // the Config of its machine
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
	c.Labels = w.config.Labels
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
