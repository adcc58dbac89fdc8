package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/harness/states"
	"gossiprpc/internal/gossip"
)

func (c *cluster) Nodes() []string { return slices.Clone(c.names) }

func (c *cluster) Address(node string) gossip.Address {
	if node == harness.Monitor || node == harness.Provider || c.ports[node] == 0 {
		return ""
	}
	return gossip.Address(hostport(c.ports[node]))
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

// Joined has the monitor's menu collect the nodes' state maps. A node has heard
// of another when it has a state of it that is no older than the other's
// process.
func (c *cluster) Joined(ctx context.Context) (map[string][]string, error) {
	collected, err := c.collect(ctx)
	if err != nil {
		return nil, err
	}
	var running []states.Node
	for _, name := range c.names {
		if !c.down[name] {
			running = append(running, states.Node{Name: name, Address: c.Address(name), Started: c.started[name]})
		}
	}
	return collected.Missing(running), nil
}

func (c *cluster) collect(ctx context.Context) (states.Collected, error) {
	file := filepath.Join(c.dir, "states.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := c.Menu(ctx, "collect"); err != nil {
		return nil, err
	}
	var collected states.Collected
	err := live.Poll(ctx, "the monitor to collect", func() (bool, error) {
		text, err := readIfThere(file)
		if err != nil || len(text) == 0 {
			return false, err
		}
		collected, err = states.Read(text)
		return err == nil, nil // half a file: the rest is on its way
	})
	return collected, err
}
