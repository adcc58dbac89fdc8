// Command gossip-crowd is many nodes in one process, for harness/scale: see
// harness/scale/crowd for the orders that it takes.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/scale/crowd"
	"gossiprpc/internal/gossip"
)

type settings struct {
	Monitor   gossip.Address     `required:"" help:"Where the monitor listens."`
	Provider  gossip.Address     `required:"" help:"Where the provider listens."`
	Heartbeat time.Duration      `default:"1s" help:"Between two heartbeats."`
	Gossip    time.Duration      `default:"3s" help:"Between two gossip rounds."`
	Fail      time.Duration      `default:"10s" help:"Silence after which a peer is suspected."`
	Freshness protocol.Freshness `default:"arrival" help:"From which instant relayed news counts."`
	Seed      uint64             `help:"Of the nodes' random sources."`
}

func main() {
	var s settings
	kong.Parse(&s, kong.Description("Many nodes in one process, which take orders from standard input."))
	err := crowd.Serve(context.Background(), process.Config{
		Monitor: s.Monitor, Provider: s.Provider,
		Timing:  protocol.Timing{Heartbeat: s.Heartbeat, Gossip: s.Gossip, Fail: s.Fail},
		Aligned: true, Freshness: s.Freshness, Connect: true, Random: s.Seed,
	}, os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gossip-crowd:", err)
		os.Exit(1)
	}
}
