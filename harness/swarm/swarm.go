// Package swarm runs clusters as deploy/swarm has them: one stack of a Docker Swarm,
// whose nodes are the tasks of one service.
//
// A harness.ClusterSpec goes in; a harness.Cluster comes out, and in the run's folder
// what each task has printed. Swarm itself starts a task that has ended again, after the
// delay that its service names: to restart a node is to wait for that. The nodes join in
// any order, and draw from seeds of their own. Only processes on this machine can be
// reached, so the swarm is one of one machine.
package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/docker"
)

// What keeps a stack from being deployed, beside what harness/docker names.
var (
	ErrNoSwarm = errors.New("the engine manages no swarm")
	ErrTaken   = errors.New("stack name taken")
)

// Backend deploys stacks. A zero field has a default. It is safe for many goroutines, but
// stacks that are up at the same time need different names.
type Backend struct {
	File  string // the stack's description; "deploy/swarm/stack.yml"
	Image string // "gossip"
	Stack string // its name; "gossip-run"
	Host  string // the engine, as for docker.Backend
	Web   int    // port of the web page on this machine; 0: 5000
}

// Name is "swarm".
func (b *Backend) Name() string { return "swarm" }

// Cannot is harness.Limited's.
func (b *Backend) Cannot() []string { return []string{"partition", "cut", "loss"} }

func (b *Backend) stack() string { return defaulted(b.Stack, "gossip-run") }

func (b *Backend) file() string { return defaulted(b.File, "deploy/swarm/stack.yml") }

func defaulted(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

// Available is nil if stacks can be deployed. Else it wraps [ErrNoSwarm], [ErrTaken] or
// an error of harness/docker.
func (b *Backend) Available(ctx context.Context) error {
	engine, err := b.connect(ctx)
	if err != nil {
		return err
	}
	return engine.Close()
}

func (b *Backend) connect(ctx context.Context) (*client.Client, error) {
	if err := (&docker.Backend{Image: b.Image, Host: b.Host}).Available(ctx); err != nil {
		return nil, err
	}
	engine, err := docker.Dial(ctx, b.Host)
	if err != nil {
		return nil, err
	}
	if err := b.free(ctx, engine); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return engine, nil
}

// free tells whether the engine manages a swarm without a stack of this name.
func (b *Backend) free(ctx context.Context, engine *client.Client) error {
	about, err := engine.Info(ctx, client.InfoOptions{})
	if err != nil {
		return fmt.Errorf("ask the engine about its swarm: %w", err)
	}
	if s := about.Info.Swarm; s.LocalNodeState != swarm.LocalNodeStateActive || !s.ControlAvailable {
		return fmt.Errorf("%w (it is %s): `docker swarm init` makes one of this machine", ErrNoSwarm, s.LocalNodeState)
	}
	services, err := engine.ServiceList(ctx, client.ServiceListOptions{Filters: ofStack(b.stack())})
	if err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	if len(services.Items) > 0 {
		return fmt.Errorf("%w: there is a stack %s already, `go tool mage swarm:down` removes it", ErrTaken, b.stack())
	}
	return nil
}

// ofStack finds what belongs to a stack.
func ofStack(name string) client.Filters {
	return client.Filters{}.Add("label", "com.docker.stack.namespace="+name)
}

// restartDelay is how long a dead task stays dead: longer than the cluster may need to
// find that out, since that is what people look at.
func restartDelay(s harness.ClusterSpec) time.Duration {
	return (2 * s.DetectionBound(s.Nodes, 1)).Round(time.Second) + time.Second
}

// environment has what the stack's file takes.
func (b *Backend) environment(s harness.ClusterSpec) []string {
	var labels []string
	for name, value := range s.Labels(b) {
		labels = append(labels, name+"="+value)
	}
	slices.Sort(labels)
	values := map[string]string{
		"IMAGE": defaulted(b.Image, "gossip"), "PROTOCOL": s.Protocol.Name, "NODES": strconv.Itoa(s.Nodes),
		"HEARTBEAT": s.Timing.Heartbeat.String(), "GOSSIP": s.Timing.Gossip.String(), "FAIL": s.Timing.Fail.String(),
		"ALIGN": strconv.FormatBool(s.Aligned), "FRESHNESS": s.Freshness.String(), "LABEL": strings.Join(labels, ";"),
		"RESTART_DELAY": restartDelay(s).String(),
	}
	if b.Web != 0 {
		values["WEB_PORT"] = strconv.Itoa(b.Web)
	}
	environ := os.Environ()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		environ = append(environ, name+"="+values[name])
	}
	if b.Host != "" {
		environ = append(environ, "DOCKER_HOST="+b.Host)
	}
	return environ
}

// deploy has the engine's own program read the stack's file.
func (b *Backend) deploy(ctx context.Context, s harness.ClusterSpec) error {
	return b.run(ctx, b.environment(s), "stack", "deploy", "--compose-file", b.file(), b.stack())
}

// Down removes the stack, results and all, and returns when it is gone.
func (b *Backend) Down(ctx context.Context) (err error) {
	engine, err := docker.Dial(ctx, b.Host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return b.down(ctx, engine)
}

func (b *Backend) down(ctx context.Context, engine *client.Client) error {
	if err := b.run(ctx, os.Environ(), "stack", "rm", b.stack()); err != nil {
		return err
	}
	// What the stack held goes one after the other: services, tasks, the network.
	all := client.ContainerListOptions{All: true, Filters: ofStack(b.stack())}
	return poll(ctx, "stack "+b.stack()+" to be gone", removeLimit, func() (bool, error) {
		containers, err := engine.ContainerList(ctx, all)
		if err != nil {
			return false, fmt.Errorf("list containers: %w", err)
		}
		networks, err := engine.NetworkList(ctx, client.NetworkListOptions{Filters: ofStack(b.stack())})
		if err != nil {
			return false, fmt.Errorf("list networks: %w", err)
		}
		if len(containers.Items)+len(networks.Items) > 0 {
			return false, nil
		}
		volume := b.stack() + "_results"
		_, err = engine.VolumeRemove(ctx, volume, client.VolumeRemoveOptions{Force: true})
		return err == nil, nil // it is in use for a moment more
	})
}

func (b *Backend) run(ctx context.Context, environ []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = environ
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}

var _ harness.Backend = (*Backend)(nil)
