package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
)

func (c *cluster) Nodes() []string { return slices.Clone(c.names) }

func (c *cluster) Address(node string) gossip.Address {
	if node == harness.Monitor || node == harness.Provider || c.ports[node] == 0 {
		return ""
	}
	return gossip.Address(hostport(c.ports[node]))
}

func (c *cluster) Now() time.Time { return time.Now() }

func (c *cluster) Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.unexpectedEnd()
}

func (c *cluster) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	return c.monitor.AliveDead(ctx)
}

func (c *cluster) SuspectMatrix(ctx context.Context) ([][]int, error) {
	return c.monitor.SuspectMatrix(ctx)
}

func (c *cluster) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	return c.monitor.Mapping(ctx)
}

func (c *cluster) MenuOutput(context.Context) (string, error) {
	text, err := os.ReadFile(c.commands[harness.Monitor].Stdout)
	return string(text), err
}

func (c *cluster) Results(context.Context) (text, records []byte, err error) {
	text, errText := readIfThere(filepath.Join(c.dir, "results.txt"))
	records, errRecords := readIfThere(filepath.Join(c.dir, "results.jsonl"))
	return text, records, errors.Join(errText, errRecords)
}

func readIfThere(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// collectedStates is of states.json what Joined looks at: for each node the
// states it last reported, by endpoint.
type collectedStates map[gossip.Address]map[gossip.Address]struct {
	HeartBeat struct {
		Generation int64 `json:"generation"`
	} `json:"heartBeat"`
}

// Joined has the monitor's menu collect the nodes' state maps. A node has heard
// of another when it has a state of it that is no older than the other's
// process.
func (c *cluster) Joined(ctx context.Context) (map[string][]string, error) {
	states, err := c.collect(ctx)
	if err != nil {
		return nil, err
	}
	missing := map[string][]string{}
	for _, name := range c.names {
		if c.down[name] {
			continue
		}
		known := states[c.Address(name)]
		for _, other := range c.names {
			if c.down[other] {
				continue
			}
			state, ok := known[c.Address(other)]
			// Its own state in it tells that the report is not one of an earlier
			// process.
			if !ok || state.HeartBeat.Generation < c.started[other].Unix() {
				missing[name] = append(missing[name], other)
			}
		}
	}
	return missing, nil
}

func (c *cluster) collect(ctx context.Context) (collectedStates, error) {
	file := filepath.Join(c.dir, "states.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := c.Menu(ctx, "collect"); err != nil {
		return nil, err
	}
	var states collectedStates
	err := poll(ctx, "the monitor to collect", func() (bool, error) {
		text, err := readIfThere(file)
		if err != nil {
			return false, err
		}
		return len(text) > 0 && json.Unmarshal(text, &states) == nil, nil // half a file is not JSON yet
	})
	if err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	return states, nil
}
