// Package states reads the states.json that the monitor's menu writes on
// `collect`, and judges by it who has heard of whom. In flows the file and when
// each process was started; out flows who has not heard of whom. It serves all
// backends.
package states

import (
	"encoding/json"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
)

// Collected is what of states.json matters here: for each node the states it
// last reported, by endpoint.
type Collected map[gossip.Address]map[gossip.Address]struct {
	HeartBeat struct {
		Generation int64 `json:"generation"`
	} `json:"heartBeat"`
}

// Read decodes states.json. Half a file, which is what a reader in the middle of
// its writing finds, is an error.
func Read(text []byte) (Collected, error) {
	var c Collected
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("states.json: %w", err)
	}
	return c, nil
}

// Node is a node that is running.
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
