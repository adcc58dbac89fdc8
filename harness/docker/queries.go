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

// maxFile is the largest file, in bytes, that is read whole out of a container.
const maxFile = 64 << 20

// read is a file in a process's home; one that is not there is empty.
func (c *cluster) read(ctx context.Context, name, file string) ([]byte, error) {
	return ReadFile(ctx, c.engine, c.processes[name].container, path.Join(homeDir, file))
}

// ReadFile is a file in a container; one that is not there is empty.
func ReadFile(ctx context.Context, engine *client.Client, container, file string) ([]byte, error) {
	content, err := open(ctx, engine, container, file)
	if err != nil || content == nil {
		return nil, err
	}
	text, err := readWhole(content, maxFile)
	if err != nil {
		err = fmt.Errorf("read %s out of container %s: %w", file, container, err)
	}
	return text, errors.Join(err, content.Close())
}

// readWhole fails for what is longer than most bytes, and never cuts it short.
func readWhole(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		return nil, fmt.Errorf("it has more than %d bytes", most)
	}
	return text, err
}

// member is a file on its way out of a container.
type member struct {
	io.Reader
	io.Closer
}

// open is a file in a container; nil if it is not there.
func open(ctx context.Context, engine *client.Client, container, file string) (io.ReadCloser, error) {
	copied, err := engine.CopyFromContainer(ctx, container, client.CopyFromContainerOptions{SourcePath: file})
	if cerrdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s out of container %s: %w", file, container, err)
	}
	archive := tar.NewReader(copied.Content)
	if _, err := archive.Next(); err != nil {
		err = fmt.Errorf("read %s out of container %s: %w", file, container, err)
		return nil, errors.Join(err, copied.Content.Close())
	}
	return member{archive, copied.Content}, nil
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
