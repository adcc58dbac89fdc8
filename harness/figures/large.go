package figures

import (
	"context"
	"fmt"
	"io"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// largeTrials are one run for each protocol and rule at n nodes, the quick ones
// first. Random gossip takes no hearsay, so the rule makes no difference to it.
func largeTrials(n int, seed uint64) []Trial {
	var all []Trial
	add := func(name string, f protocol.Freshness, warmRounds int) {
		p, _ := protocol.ByName(name)
		s := Setting{Protocol: p, Nodes: n, Timing: protocol.DefaultTiming(), Freshness: f}
		all = append(all, Trial{Setting: s, Seed: seed, Warm: time.Duration(warmRounds) * s.Timing.Gossip})
	}
	brr, _ := protocol.ByName("brr")
	rr, _ := protocol.ByName("rr")
	add("random", protocol.Arrival, 7)
	add("scrr", protocol.Arrival, 7)
	add("brr", protocol.Arrival, 7)
	add("brr", protocol.Emission, brr.SpreadRounds(n)+4)
	add("scrr", protocol.Emission, 7)
	add("rr", protocol.Arrival, 7)
	if n <= 2048 {
		add("rr", protocol.Emission, rr.SpreadRounds(n)+4)
	}
	return all
}

// Large measures detection at n nodes, one run after the other: half an hour at
// 4096. Each is written as a line of CSV when it is over.
func Large(ctx context.Context, out, table io.Writer, n int, seed uint64) error {
	for _, t := range largeTrials(n, seed) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		began := time.Now()
		s, err := t.Run()
		if err != nil {
			return err
		}
		if err := writeRows(table, detectionRow(Measurement{t, s})); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s, %v, %d nodes: %v after the kill, %v\n", t.Protocol.Name, t.Freshness, n, s.Death.Verdict,
			time.Since(began).Round(time.Second))
	}
	return nil
}
