package live

import (
	"context"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire/statesfile"
)

// Collected is what of states.json matters here: for each node the generations of
// the endpoints whose states it last reported.
type Collected map[gossip.Address]map[gossip.Address]int64

// Node is a node that is running. With the zero time for Started, news of an
// earlier process of the same name counts too.
type Node struct {
	Name    string
	Address gossip.Address
	Started time.Time
}

// Missing lists for each node which others it has not heard of since they were
// started. A node's own state counts too: without it the report is one of an
// earlier process. A generation is in whole seconds, and so is the comparison.
func (c Collected) Missing(running []Node) map[string][]string {
	missing := map[string][]string{}
	for _, n := range running {
		known := c[n.Address]
		for _, other := range running {
			generation, ok := known[other.Address]
			if !ok || generation < other.Started.Unix() {
				missing[n.Name] = append(missing[n.Name], other.Name)
			}
		}
	}
	return missing
}

// Joined has the monitor's menu collect the nodes' states, and lists for each
// running node which others it has not heard of.
func (s *Servers) Joined(ctx context.Context) (map[string][]string, error) {
	collected, err := s.Collect(ctx)
	if err != nil {
		return nil, err
	}
	return collected.Missing(s.Processes.Running()), nil
}

// Collect has the monitor's menu write states.json, and reads it.
func (s *Servers) Collect(ctx context.Context) (Collected, error) {
	if err := s.Processes.RemoveStates(ctx); err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	if err := s.Processes.Menu(ctx, "collect"); err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	var collected Collected
	err := Poll(ctx, "the monitor to collect", func() (bool, error) {
		if err := s.Processes.Ended(); err != nil {
			return false, err
		}
		text, err := s.Processes.ReadStates(ctx)
		if err != nil {
			return false, err
		}
		collected, err = statesfile.Generations(text)
		return err == nil, nil // not there yet, or half of it
	})
	return collected, err
}
