// Command crowd is many nodes in one process, each with a listener on 127.0.0.1 and an
// XML-RPC client of its own. It prints their addresses, then does what the lines of its
// standard input say, and answers each with a line of JSON; it ends when they do:
//
//	start I SEED   starts node I, which shakes hands with the node at SEED
//	kill I...      ends nodes at once: what calls them is refused
//	look           sums up the nodes that run
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

type settings struct {
	Nodes     int                `required:"" help:"How many nodes there are."`
	Monitor   string             `required:"" help:"Where the monitor listens."`
	Provider  string             `required:"" help:"Where the provider listens."`
	Heartbeat time.Duration      `default:"1s" help:"Between two heartbeats."`
	Gossip    time.Duration      `default:"3s" help:"Between two gossip rounds."`
	Fail      time.Duration      `default:"10s" help:"Silence after which a peer is suspected."`
	Freshness protocol.Freshness `default:"arrival" help:"From which instant relayed news counts."`
	Seed      uint64             `help:"Of the nodes' random sources."`
}

// summary is what the nodes of a crowd that run have in common. It is the answer to look.
type summary struct {
	Running int   `json:"running"`
	Known   int   `json:"known"`  // others that the node with the fewest knows
	Awaits  int   `json:"awaits"` // nodes that are not settled
	Suspect int   `json:"suspect"`
	Sent    int64 `json:"sent"` // bytes of gossip, in the lives that last
}

// member is a place for a node.
type member struct {
	self gossip.Address
	life *life // nil: it does not run
}

type life struct {
	agent *agent.Agent
	stop  context.CancelFunc
	ended chan error
}

type crowd struct {
	settings settings
	members  []member
}

func main() {
	var s settings
	kong.Parse(&s, kong.Description("Many nodes in one process."))
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	c := crowd{settings: s}
	waiting := make([]net.Listener, s.Nodes) // so that no port is given twice
	for i := range waiting {
		if waiting[i], err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return err
		}
		c.members = append(c.members, member{self: gossip.Address(waiting[i].Addr().String())})
	}
	addresses := make([]gossip.Address, s.Nodes)
	for i := range c.members {
		addresses[i] = c.members[i].self
	}
	answers := json.NewEncoder(os.Stdout)
	if err := answers.Encode(addresses); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.killAll()) }()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := c.do(ctx, strings.Fields(lines.Text()), waiting)
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (c *crowd) do(ctx context.Context, words []string, waiting []net.Listener) (answer any, err error) {
	if len(words) == 1 && words[0] == "look" {
		return c.look(ctx)
	}
	if len(words) < 2 {
		return nil, errors.New("want start I SEED, kill I..., or look")
	}
	var places []int
	for _, word := range words[1:] {
		i, err := strconv.Atoi(word)
		if err != nil && len(places) > 0 {
			break // a seed
		}
		if err != nil || i < 0 || i >= len(c.members) {
			return nil, fmt.Errorf("%q: want a number below %d", word, len(c.members))
		}
		places = append(places, i)
	}
	switch {
	case words[0] == "kill":
		for _, i := range places {
			c.members[i].life.stop()
		}
		for _, i := range places {
			err = errors.Join(err, c.members[i].end())
		}
		return "killed", err
	case words[0] == "start" && len(words) == 3:
		l := waiting[places[0]]
		waiting[places[0]] = nil
		return "started", c.start(ctx, places[0], gossip.Address(words[2]), l)
	}
	return nil, errors.New("want start I SEED, kill I..., or look")
}

// start has a node join. Its listener is nil when it has run before.
func (c *crowd) start(ctx context.Context, i int, seed gossip.Address, l net.Listener) (err error) {
	m := &c.members[i]
	if l == nil {
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", string(m.self)); err != nil {
			return err
		}
	}
	s := c.settings
	a, err := agent.New(agent.Config{
		Config: process.Config{
			Self: m.self, Seed: seed, Monitor: gossip.Address(s.Monitor), Provider: gossip.Address(s.Provider),
			Timing:  protocol.Timing{Heartbeat: s.Heartbeat, Gossip: s.Gossip, Fail: s.Fail},
			Aligned: true, Freshness: s.Freshness, Connect: true, Random: s.Seed + uint64(i),
		},
		Server: xmlrpc.DefaultServerOptions(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	m.life = &life{agent: a, stop: stop, ended: make(chan error, 1)}
	go func(life *life) { life.ended <- a.Run(ctx, l) }(m.life)
	return nil
}

// end waits for a node that has been stopped.
func (m *member) end() error {
	err := <-m.life.ended
	m.life = nil
	return err
}

func (c *crowd) killAll() (err error) {
	for i := range c.members {
		if life := c.members[i].life; life != nil {
			life.stop()
		}
	}
	for i := range c.members {
		if c.members[i].life != nil {
			err = errors.Join(err, c.members[i].end())
		}
	}
	return err
}

func (c *crowd) look(ctx context.Context) (summary, error) {
	var all summary
	for i := range c.members {
		life := c.members[i].life
		if life == nil {
			continue
		}
		select {
		case err := <-life.ended:
			return summary{}, fmt.Errorf("%s has ended by itself: %w", c.members[i].self, err)
		default:
		}
		v, err := life.agent.Vitals(ctx)
		if err != nil {
			return summary{}, err
		}
		awaits, err := life.agent.Awaits(ctx)
		if err != nil {
			return summary{}, err
		}
		if all.Running == 0 || v.Known < all.Known {
			all.Known = v.Known
		}
		if awaits != "" {
			all.Awaits++
		}
		all.Running++
		all.Suspect += v.Suspected
		all.Sent += v.Sent
	}
	return all, nil
}
