package live

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
)

// Collected is what of states.json matters here: for each node the states it
// last reported, by endpoint. The monitor's menu writes the file on `collect`.
type Collected map[gossip.Address]map[gossip.Address]struct {
	HeartBeat struct {
		Generation int64 `json:"generation"`
	} `json:"heartBeat"`
}

// ParseStates decodes states.json. It returns an error for half a file, which is what
// one reads while the monitor is still writing.
func ParseStates(text []byte) (Collected, error) {
	var c Collected
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("states.json: %w", err)
	}
	return c, nil
}

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
			state, ok := known[other.Address]
			if !ok || state.HeartBeat.Generation < other.Started.Unix() {
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
		collected, err = ParseStates(text)
		return err == nil, nil // not there yet, or half of it
	})
	return collected, err
}
