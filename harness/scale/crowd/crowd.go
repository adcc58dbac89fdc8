// Package crowd is many nodes in one process, each with a listener on 127.0.0.1 and an
// XML-RPC client of its own. The command is in gossip-crowd; harness/scale gives orders.
package crowd

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// Summary is what the nodes that run have in common.
type Summary struct {
	Running int   `json:"running"`
	Known   int   `json:"known"`  // others that the node with the fewest knows
	Awaits  int   `json:"awaits"` // nodes that are not settled
	Sent    int64 `json:"sent"`   // bytes of gossip, in the lives that last
}

// Plus is the summary of both crowds.
func (s Summary) Plus(o Summary) Summary {
	if s.Running > 0 && (o.Running == 0 || s.Known < o.Known) {
		o.Known = s.Known
	}
	return Summary{s.Running + o.Running, o.Known, s.Awaits + o.Awaits, s.Sent + o.Sent}
}

// life is one life of a node.
type life struct {
	agent *agent.Agent
	stop  context.CancelFunc
	ended chan error
}

// crowd is the nodes that run, by port.
type crowd struct {
	node  process.Config // of all, without addresses of their own
	lives map[int]*life
	begun uint64 // lives so far: each has random draws of its own
}

// errOrder is wrapped when an order makes no sense.
var errOrder = errors.New("want start PORT SEED, kill PORT..., or look")

// Serve does what the lines of in say, and answers each with a line of JSON on out:
//
//	start PORT SEED   starts the node at PORT, which shakes hands with the one at SEED
//	kill PORT...      ends nodes at the same instant: what calls them is refused
//	look              answers a [Summary]
//
// It returns when in ends, after all nodes have, or at an order that cannot be carried
// out. node is what all nodes are started with; Self and Seed are their own.
func Serve(ctx context.Context, node process.Config, in io.Reader, out io.Writer) (err error) {
	c := crowd{node: node, lives: map[int]*life{}}
	defer func() {
		var all []int
		for port := range c.lives {
			all = append(all, port)
		}
		err = errors.Join(err, c.kill(all))
	}()
	answers := json.NewEncoder(out)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := c.do(ctx, strings.Fields(lines.Text()))
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (c *crowd) do(ctx context.Context, words []string) (Summary, error) {
	switch {
	case len(words) == 3 && words[0] == "start":
		ports, err := portsOf(words[1:2])
		if err != nil {
			return Summary{}, err
		}
		seed, err := gossip.ParseAddress(words[2])
		if err != nil {
			return Summary{}, err
		}
		return Summary{}, c.start(ctx, ports[0], seed)
	case len(words) > 1 && words[0] == "kill":
		ports, err := portsOf(words[1:])
		if err != nil {
			return Summary{}, err
		}
		return Summary{}, c.kill(ports)
	case len(words) == 1 && words[0] == "look":
		return c.look(ctx)
	}
	return Summary{}, errOrder
}

func portsOf(words []string) (ports []int, err error) {
	for _, word := range words {
		port, err := strconv.Atoi(word)
		if err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("%q: want a port, 1 to 65535", word)
		}
		ports = append(ports, port)
	}
	return ports, nil
}

func (c *crowd) start(ctx context.Context, port int, seed gossip.Address) error {
	if c.lives[port] != nil {
		return errors.New("it runs already")
	}
	node := c.node
	node.Self, node.Seed, node.Random = Address(port), seed, node.Random+c.begun
	a, err := agent.New(agent.Config{
		Config: node, Server: xmlrpc.DefaultServerOptions(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", string(node.Self))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	n := &life{agent: a, stop: stop, ended: make(chan error, 1)}
	c.lives[port] = n
	c.begun++
	go func() { n.ended <- a.Run(ctx, l) }()
	return nil
}

// Address is that of the node at a port.
func Address(port int) gossip.Address {
	return gossip.Address(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

func (c *crowd) kill(ports []int) (err error) {
	for _, port := range ports {
		if c.lives[port] == nil {
			return fmt.Errorf("nothing runs at %d", port)
		}
	}
	for _, port := range ports {
		c.lives[port].stop()
	}
	for _, port := range ports {
		err = errors.Join(err, <-c.lives[port].ended)
		delete(c.lives, port)
	}
	return err
}

// look asks all nodes at the same time: on a busy machine each takes a while to answer.
func (c *crowd) look(ctx context.Context) (Summary, error) {
	var mu sync.Mutex
	var all Summary
	asked, ctx := errgroup.WithContext(ctx)
	for port, n := range c.lives {
		select {
		case err := <-n.ended:
			delete(c.lives, port)
			return Summary{}, errors.Join(fmt.Errorf("%d has ended by itself: %w", port, err), asked.Wait())
		default:
		}
		asked.Go(func() error {
			v, err := n.agent.Vitals(ctx)
			if err != nil {
				return err
			}
			awaits, err := n.agent.Awaits(ctx)
			if err != nil {
				return err
			}
			one := Summary{Running: 1, Known: v.Known, Sent: v.Sent}
			if awaits != "" {
				one.Awaits = 1
			}
			mu.Lock()
			defer mu.Unlock()
			all = all.Plus(one)
			return nil
		})
	}
	err := asked.Wait()
	return all, err
}
