package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
)

func (c *cluster) Nodes() []string { return slices.Clone(c.names) }

func (c *cluster) Address(node string) gossip.Address {
	if node == harness.Monitor || node == harness.Provider || c.ports[node] == 0 {
		return ""
	}
	return gossip.Address(hostport(c.ports[node]))
}

// HostPort is [Processes]'.
func (c *cluster) HostPort(name string) string { return hostport(c.ports[name]) }

// Numbers is [Processes]'.
func (c *cluster) Numbers(name string) string {
	if c.numbers[name] == 0 {
		return ""
	}
	return hostport(c.numbers[name])
}

// PID is [Processes]'.
func (c *cluster) PID(name string) int { return c.keeper.PID(name) }

// Awaits is live.Processes'.
func (c *cluster) Awaits(ctx context.Context, name string) (string, error) {
	return wire.Node{Client: c.client, HostPort: hostport(c.ports[name])}.Awaits(ctx)
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

func (c *cluster) Running() []live.Node {
	var running []live.Node
	for _, name := range c.names {
		if !c.down[name] {
			running = append(running, live.Node{Name: name, Address: c.Address(name), Started: c.started[name]})
		}
	}
	return running
}

func (c *cluster) statesFile() string { return filepath.Join(c.dir, "states.json") }

func (c *cluster) RemoveStates(context.Context) error {
	if err := os.Remove(c.statesFile()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (c *cluster) ReadStates(context.Context) ([]byte, error) { return readIfThere(c.statesFile()) }
