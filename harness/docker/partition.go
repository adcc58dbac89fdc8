package docker

import (
	"context"
	"fmt"
	"slices"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
)

// Partition gives each group a network of its own. The group with the monitor
// keeps the one that all began in, by which this process reaches the monitor. A
// group of one gets none: there is nobody to talk to.
func (c *cluster) Partition(ctx context.Context, groups ...[]string) error {
	sides, err := c.sides(groups)
	if err != nil {
		return err
	}
	if err := c.Heal(ctx); err != nil {
		return err
	}
	target := map[string]string{}
	for i, side := range sides {
		id := ""
		if len(side) > 1 {
			name := fmt.Sprintf("%spart%d", c.prefix, i+1)
			if err := c.dropStale(ctx, name); err != nil {
				return err
			}
			if id, err = c.addNetwork(ctx, name); err != nil {
				return err
			}
			c.parts = append(c.parts, id)
		}
		for _, member := range side {
			target[member] = id
		}
	}
	return c.each(ctx, slices.Concat(sides...), func(ctx context.Context, p *process) error {
		return c.move(ctx, p, target[p.name])
	})
}

// sides returns the groups that have to move, including the one of all unnamed
// processes.
func (c *cluster) sides(groups [][]string) ([][]string, error) {
	named := map[string]bool{}
	for _, group := range groups {
		for _, name := range group {
			if _, err := c.process(name); err != nil {
				return nil, err
			}
			if named[name] {
				return nil, fmt.Errorf("%s is in two groups", name)
			}
			named[name] = true
		}
	}
	rest := slices.DeleteFunc(c.everyone(), func(name string) bool { return named[name] })
	var sides [][]string
	for _, group := range append(slices.Clone(groups), rest) {
		if len(group) > 0 && !slices.Contains(group, harness.Monitor) {
			sides = append(sides, group)
		}
	}
	return sides, nil
}

// Heal brings all back into one network.
func (c *cluster) Heal(ctx context.Context) error {
	err := c.each(ctx, c.everyone(), func(ctx context.Context, p *process) error { return c.move(ctx, p, c.home) })
	if err != nil {
		return err
	}
	for len(c.parts) > 0 {
		if err := removeNetwork(ctx, c.engine, c.parts[0]); err != nil {
			return err
		}
		c.parts = c.parts[1:]
	}
	return nil
}

// move takes a container out of its network and puts it into another ("": none).
func (c *cluster) move(ctx context.Context, p *process, to string) error {
	if p.network == to {
		return nil
	}
	if p.network != "" {
		_, err := c.engine.NetworkDisconnect(ctx, p.network, client.NetworkDisconnectOptions{
			Container: p.container,
			Force:     true,
		})
		if err != nil {
			return fmt.Errorf("disconnect container %s: %w", p.host, err)
		}
		p.network = ""
	}
	if to == "" {
		return nil
	}
	_, err := c.engine.NetworkConnect(ctx, to, client.NetworkConnectOptions{
		Container:      p.container,
		EndpointConfig: &network.EndpointSettings{},
	})
	if err != nil {
		return fmt.Errorf("connect container %s: %w", p.host, err)
	}
	p.network = to
	return nil
}
