package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/harness/states"
	"gossiprpc/internal/gossip"
)

// homeDir is where the processes run, and where the monitor leaves its files.
const homeDir = "/home/app_user"

func (c *cluster) Nodes() []string { return slices.Clone(c.names) }

func (c *cluster) Address(node string) gossip.Address {
	p := c.processes[node]
	if p == nil || p.port != nodePort {
		return ""
	}
	a, err := gossip.NewAddress(p.host, p.port)
	if err != nil {
		return "" // not with a valid prefix
	}
	return a
}

func (c *cluster) MenuOutput(context.Context) (string, error) {
	text, err := os.ReadFile(c.processes[harness.Monitor].stdout)
	return string(text), err
}

func (c *cluster) Results(ctx context.Context) (text, records []byte, err error) {
	text, errText := c.read(ctx, harness.Monitor, "results.txt")
	records, errRecords := c.read(ctx, harness.Monitor, "results.jsonl")
	return text, records, errors.Join(errText, errRecords)
}

// maxFile is the largest file, in bytes, that is read out of a container.
const maxFile = 64 << 20

// read is a file in a process's home; one that is not there is empty.
func (c *cluster) read(ctx context.Context, name, file string) (_ []byte, err error) {
	p := c.processes[name]
	copied, err := c.engine.CopyFromContainer(ctx, p.container, client.CopyFromContainerOptions{SourcePath: path.Join(homeDir, file)})
	if cerrdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s out of %s: %w", file, p.host, err)
	}
	defer func() { err = errors.Join(err, copied.Content.Close()) }()
	archive := tar.NewReader(copied.Content)
	if _, err := archive.Next(); err != nil {
		return nil, fmt.Errorf("read %s out of %s: %w", file, p.host, err)
	}
	return io.ReadAll(io.LimitReader(archive, maxFile))
}

// Joined has the monitor's menu collect the nodes' state maps, see
// [states.Collected].
func (c *cluster) Joined(ctx context.Context) (map[string][]string, error) {
	collected, err := c.collect(ctx)
	if err != nil {
		return nil, err
	}
	var running []states.Node
	for _, name := range c.names {
		if p := c.processes[name]; !p.down {
			running = append(running, states.Node{Name: name, Address: c.Address(name), Started: p.started})
		}
	}
	return collected.Missing(running), nil
}

func (c *cluster) collect(ctx context.Context) (states.Collected, error) {
	shell := &c.processes[harness.Monitor].shell
	file := path.Join(homeDir, "states.json")
	if _, err := shell.ask(ctx, "rm -f "+file); err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	if err := c.Menu(ctx, "collect"); err != nil {
		return nil, fmt.Errorf("collect: %w", err)
	}
	var collected states.Collected
	err := live.Poll(ctx, "the monitor to collect", func() (bool, error) {
		text, err := shell.ask(ctx, "cat "+file+" 2>/dev/null")
		if err != nil {
			return false, err
		}
		collected, err = states.Read(text)
		return err == nil, nil // not there yet, or half of it
	})
	return collected, err
}
