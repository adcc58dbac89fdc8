package tasks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/swarm"
)

// stack is the name under which people's own stacks go; scenarios have one of theirs.
const stack = "gossip"

// SwarmUp deploys a stack of so many nodes, and leaves it up.
func SwarmUp(ctx context.Context, out io.Writer, environ []string, nodes string) (err error) {
	v, err := settings.Read("swarm:up", environ, "NODES="+nodes)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gossip-swarm-")
	if err != nil {
		return failed("%w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := protocol.DefaultParameters(v.Protocol)
	p.Timing, p.Freshness = p.Timing.Scaled(v.Speed), v.Freshness
	b := &swarm.Backend{Image: v.Image, Stack: stack}
	fmt.Fprintf(out, "deploying stack %s: %d nodes, %s\n", stack, v.Nodes, v.Protocol.Title)
	if err := b.Up(ctx, harness.ClusterSpec{Parameters: p, Nodes: v.Nodes, Speed: v.Speed, Dir: dir}); err != nil {
		return failed("%w", err)
	}
	fmt.Fprintf(out, "all %d nodes have heard of each other\n\n"+
		"  the page   http://localhost:%s\n"+
		"  the menu   docker attach $(docker ps -qf name=%s_monitor-node)\n"+
		"  a death    docker kill $(docker ps -qf name=%s_node.%d), which swarm undoes after a while\n"+
		"  the end    go tool mage swarm:down\n",
		v.Nodes, cmp.Or(os.Getenv("WEB_PORT"), "5000"), stack, stack, v.Nodes)
	return nil
}

// SwarmScenario runs a shipped script on a stack of its own, which it removes.
func SwarmScenario(ctx context.Context, out io.Writer, environ []string, name, protocolName, nodes string) error {
	if _, err := scenario.Scenarios.ReadFile("scenarios/" + name + ".txt"); err != nil {
		return settings.Wrongf("no scenario %q, want one of harness/scenario/scenarios", name)
	}
	return Scenario(ctx, out, append(slices.Clone(environ), "BACKEND=swarm"), name, protocolName, nodes)
}

// SwarmDown removes the stack that SwarmUp has deployed, its results too.
func SwarmDown(ctx context.Context, out io.Writer) error {
	if err := (&swarm.Backend{Stack: stack}).Down(ctx); err != nil {
		return failed("%w", err)
	}
	fmt.Fprintf(out, "stack %s is gone\n", stack)
	return nil
}
