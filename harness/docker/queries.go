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
	"gossiprpc/internal/gossip"
)

// homeDir is where the processes run, and where the monitor leaves its files.
const (
	homeDir    = "/home/app_user"
	statesFile = homeDir + "/states.json"
)

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
	copied, err := c.engine.CopyFromContainer(ctx, p.container,
		client.CopyFromContainerOptions{SourcePath: path.Join(homeDir, file)})
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

func (c *cluster) Running() []live.Node {
	var running []live.Node
	for _, name := range c.names {
		if p := c.processes[name]; !p.down {
			running = append(running, live.Node{Name: name, Address: c.Address(name), Started: p.started})
		}
	}
	return running
}

func (c *cluster) RemoveStates(ctx context.Context) error {
	_, err := c.processes[harness.Monitor].shell.ask(ctx, "rm -f "+statesFile)
	return err
}

func (c *cluster) ReadStates(ctx context.Context) ([]byte, error) {
	return c.processes[harness.Monitor].shell.ask(ctx, "cat "+statesFile+" 2>/dev/null")
}
