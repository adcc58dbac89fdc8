package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"gossiprpc/harness/live"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// makeNetwork makes the network that all containers begin in. It replaces an empty
// one that an earlier run has left.
func (c *cluster) makeNetwork(ctx context.Context) error {
	name := c.prefix + "network"
	if err := c.dropStale(ctx, name); err != nil {
		return err
	}
	id, err := c.addNetwork(ctx, name)
	c.home = id
	return err
}

func (c *cluster) addNetwork(ctx context.Context, name string) (string, error) {
	create, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // as with containers
	defer cancel()
	made, err := c.engine.NetworkCreate(create, name, client.NetworkCreateOptions{
		Driver: "bridge", Labels: map[string]string{Label: c.prefix},
	})
	if cerrdefs.IsConflict(err) || cerrdefs.IsAlreadyExists(err) {
		return "", taken("network", name)
	}
	if err != nil {
		return "", fmt.Errorf("make network %s: %w", name, err)
	}
	return made.ID, nil
}

// dropStale makes way for a network of this name. The engine would otherwise
// make a second of the same name, or say no.
func (c *cluster) dropStale(ctx context.Context, name string) error {
	found, err := c.engine.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for network %s: %w", name, err)
	}
	if _, ours := found.Network.Labels[Label]; !ours || found.Network.Name != name || len(found.Network.Containers) > 0 {
		return taken("network", name)
	}
	if _, err := c.engine.NetworkRemove(ctx, found.Network.ID, client.NetworkRemoveOptions{}); err != nil &&
		!cerrdefs.IsNotFound(err) {
		return fmt.Errorf("remove network %s, left over by an earlier run: %w", name, err)
	}
	return nil
}

func taken(what, name string) error {
	return fmt.Errorf("%w: there is a %s %s already: another run is going on "+
		"(choose another name prefix by PREFIX=), or `go tool mage docker:clean` removes what an earlier one left", ErrTaken,
		what, name)
}

// loopback is the address at which the monitor's and the provider's ports are
// published for the harness.
var loopback = netip.MustParseAddr("127.0.0.1")

// makeContainer makes and starts a process's container, and attaches to its
// shell.
func (c *cluster) makeContainer(ctx context.Context, p *process) error {
	config := &container.Config{
		Image: p.image, Cmd: []string{"bash"}, Labels: map[string]string{Label: c.prefix},
		// The shell ends when its input does, which is when this process dies.
		OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}
	host := &container.HostConfig{AutoRemove: true, NetworkMode: container.NetworkMode(c.prefix + "network")}
	if p.other {
		config.Entrypoint, config.Cmd = []string{"bash"}, nil // whatever the image has
	}
	if p.port != nodePort {
		port := network.MustParsePort(strconv.Itoa(p.port))
		config.ExposedPorts = network.PortSet{port: {}}
		host.PortBindings = network.PortMap{port: {{HostIP: loopback}}}
	}
	// A call that is broken off may still make the container, and nobody would
	// know which one it is.
	create, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	made, err := c.engine.ContainerCreate(create, client.ContainerCreateOptions{
		Name: p.host, Config: config, HostConfig: host,
		// The original looks for monitor-node, provider-node and node1, whatever the
		// prefix.
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			c.prefix + "network": {Aliases: []string{strings.TrimPrefix(p.host, c.prefix)}},
		}},
	})
	if cerrdefs.IsConflict(err) || cerrdefs.IsAlreadyExists(err) {
		return taken("container", p.host)
	}
	if err != nil {
		return fmt.Errorf("make container %s: %w", p.host, err)
	}
	p.container = made.ID
	if err := c.putCertificates(ctx, p); err != nil {
		return err
	}
	if err := p.shell.attach(ctx, c.engine, p.container, &c.readers); err != nil {
		return fmt.Errorf("attach to container %s: %w", p.host, err)
	}
	if _, err := c.engine.ContainerStart(ctx, p.container, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start container %s: %w", p.host, err)
	}
	p.network = c.home
	return nil
}

// published is where this machine reaches a process's port.
func (c *cluster) published(ctx context.Context, name string) (string, error) {
	p := c.processes[name]
	found, err := c.engine.ContainerInspect(ctx, p.container, client.ContainerInspectOptions{})
	if err != nil {
		return "", fmt.Errorf("inspect container %s: %w", p.host, err)
	}
	if s := found.Container.NetworkSettings; s != nil {
		for _, binding := range s.Ports[network.MustParsePort(strconv.Itoa(p.port))] {
			if binding.HostIP == loopback {
				return net.JoinHostPort(loopback.String(), binding.HostPort), nil
			}
		}
	}
	return "", fmt.Errorf("the engine has not published port %d of container %s", p.port, p.host)
}

// removeLimit is how long all of a cluster's removal may take.
const removeLimit = 2 * time.Minute

// remove ends and removes all that the cluster has made, whatever state it is in.
func (c *cluster) remove() error {
	// The context of the run may have ended, and that is no reason to leave
	// anything behind.
	ctx, cancel := context.WithTimeout(context.Background(), removeLimit)
	defer cancel()
	c.client.Close()
	var mu sync.Mutex
	c.endRecorded(ctx)
	failed := c.fetchRecords(ctx)
	err := c.each(ctx, c.everyone(), func(_ context.Context, p *process) error {
		if p.container == "" {
			return nil
		}
		// One that cannot be removed is no reason to leave the others.
		err := removeContainer(ctx, c.engine, p.container)
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err)
		return nil
	})
	err = errors.Join(err, failed)
	for _, p := range c.processes {
		p.hangUp()
	}
	c.readers.Wait()
	for _, id := range append(c.parts, c.home) {
		if id != "" {
			err = errors.Join(err, removeNetwork(ctx, c.engine, id))
		}
	}
	return errors.Join(err, c.engine.Close())
}

// removeContainer returns when it is gone, even if the engine was about to
// remove it by itself.
func removeContainer(ctx context.Context, engine *client.Client, id string) error {
	_, err := engine.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || cerrdefs.IsNotFound(err) {
		return nil
	}
	if !cerrdefs.IsConflict(err) {
		return fmt.Errorf("remove container %s: %w", id, err)
	}
	return live.Poll(ctx, "container "+id+" to be removed", func() (bool, error) {
		_, err := engine.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
		return cerrdefs.IsNotFound(err), nil
	})
}

func removeNetwork(ctx context.Context, engine *client.Client, id string) error {
	_, err := engine.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("remove network %s: %w", id, err)
	}
	return nil
}
