package local

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"gossiprpc/harness"
	"gossiprpc/harness/local/relay"
)

// ownIP is where a process listens and calls from: one of loopback's, of its own if it is called
// by way of a relay.
func (c *cluster) ownIP(name string) string {
	if c.relays == nil {
		return host
	}
	number, err := strconv.Atoi(strings.TrimPrefix(name, "node"))
	switch {
	case err == nil:
		return fmt.Sprintf("127.2.%d.%d", number>>8, number&0xff)
	case name == harness.Monitor:
		return "127.1.0.1"
	default:
		return "127.1.0.2"
	}
}

// relay has a process be called by way of a relay, if there are any.
func (c *cluster) relay(name string) error {
	if c.relays == nil {
		return nil
	}
	port := c.ports[name]
	err := c.relays.Relay(relay.Process{
		Name: name, Public: hostport(port), Own: net.JoinHostPort(c.ownIP(name), strconv.Itoa(port)),
		Node: c.Address(name) != "",
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return nil
}

// Partition is harness.Cluster's.
func (c *cluster) Partition(_ context.Context, groups ...[]string) error {
	if c.relays == nil {
		return c.oneLoopback("partition")
	}
	sides := map[string]int{}
	for i, group := range groups {
		for _, name := range group {
			if c.ports[name] == 0 {
				return fmt.Errorf("partition: there is no %s", name)
			}
			if sides[name] > 0 {
				return fmt.Errorf("partition: %s is in two groups", name)
			}
			sides[name] = i + 1
		}
	}
	c.relays.Partition(sides)
	return nil
}

// Cut is harness.Cutting's.
func (c *cluster) Cut(_ context.Context, from, to string) error {
	if c.relays == nil {
		return c.oneLoopback("cut")
	}
	for _, name := range []string{from, to} {
		if c.ports[name] == 0 {
			return fmt.Errorf("cut: there is no %s", name)
		}
	}
	c.relays.Cut(from, to)
	return nil
}

// Loss is harness.Cluster's.
func (c *cluster) Loss(_ context.Context, share float64) error {
	if c.relays == nil {
		return c.oneLoopback("loss")
	}
	if c.spec.TLS {
		return fmt.Errorf("loss: %w: with TLS messages look like the rest", harness.ErrUnsupported)
	}
	c.relays.Lose(share)
	return nil
}

func (c *cluster) oneLoopback(act string) error {
	return fmt.Errorf("%s: %w: local processes share one loopback", act, harness.ErrUnsupported)
}

// Heal is harness.Cluster's.
func (c *cluster) Heal(context.Context) error {
	if c.relays != nil {
		c.relays.Partition(nil)
		c.relays.Mend()
		c.relays.Lose(0)
	}
	return nil
}
