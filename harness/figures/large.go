package figures

import (
	"context"
	_ "embed" // for large.csv
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// Run is a trial and what came of it.
type Run struct {
	Trial
	Sample
}

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
		fmt.Fprintln(table, csvLine(detectionRow(Run{t, s})))
		fmt.Fprintf(out, "%s, %v, %d nodes: %v after the kill, %v\n", t.Protocol.Name, t.Freshness, n, s.Death.Verdict, time.Since(began).Round(time.Second))
	}
	return nil
}

// largeCSV holds runs of Large that were made once, for clusters that take longer
// than the figures may.
//
//go:embed large.csv
var largeCSV string

// largeRun is a line of it.
type largeRun struct {
	protocol  string
	freshness protocol.Freshness
	nodes     int
	verdict   float64 // seconds
}

func largeRuns(text string) ([]largeRun, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("large.csv: %w", err)
	}
	var all []largeRun
	for _, fields := range lines[1:] {
		rule, err := protocol.ParseFreshness(fields[1])
		if err != nil {
			return nil, fmt.Errorf("large.csv: %w", err)
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("large.csv: %w", err)
		}
		verdict, err := strconv.ParseFloat(fields[10], 64)
		if err != nil {
			continue // not found within the limit
		}
		all = append(all, largeRun{fields[0], rule, n, verdict})
	}
	return all, nil
}
