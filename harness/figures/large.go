package figures

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// mostWarmRounds is how many rounds a large cluster may take to settle down: with
// more a run would take hours.
const mostWarmRounds = 100

// largeTrials are one run for each protocol and rule at n nodes, the quick ones
// first. Where hearsay counts for nothing the rule makes no difference.
func largeTrials(n int, seed uint64) []Trial {
	var all []Trial
	for _, p := range protocol.All() {
		for _, rule := range rules(p) {
			rounds := 7
			if rule == protocol.Emission && p.Hearsay(true) {
				rounds = p.SpreadRounds(n) + 4
			}
			if rounds > mostWarmRounds {
				continue
			}
			s := Setting{Protocol: p, Nodes: n, Timing: protocol.DefaultTiming(), Freshness: rule}
			all = append(all, Trial{Setting: s, Seed: seed, Warm: time.Duration(rounds) * s.Timing.Gossip})
		}
	}
	slices.SortStableFunc(all, func(a, b Trial) int { return cmp.Compare(a.Warm, b.Warm) })
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
		s, err := t.Run(ctx)
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
