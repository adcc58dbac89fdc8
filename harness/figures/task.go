package figures

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gossiprpc/harness/scenario"
)

// Make measures everything, writes tables and plots into the options' folder, and
// reports progress to out.
func Make(ctx context.Context, out io.Writer, s Options) error {
	began := time.Now()
	large, err := largeRuns(largeCSV)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(s.Folder, "runs-")
	if err != nil {
		return err
	}
	caseJobs, cases := caseRuns(s, scratch)
	var jobs []job
	var runs [3][][]Measurement
	for i, plans := range [][]plan{grid(s), frontier(s), sizes(s)} {
		more, results := trials(plans, s.Seed)
		jobs, runs[i] = append(jobs, more...), results
	}
	jobs = append(jobs, caseJobs...)
	// The long ones come first, so that none runs alone at the end.
	slices.SortStableFunc(jobs, func(a, b job) int { return int(b.weight - a.weight) })
	if err := work(ctx, out, "figures", jobs); err != nil {
		return err
	}
	if err := s.write(out, summarise(cases), large, summed(runs[0]), summed(runs[1]), summed(runs[2])); err != nil {
		return err
	}
	for _, c := range cases {
		if !c.Passed {
			fmt.Fprintf(out, "case %d, %s by %v, %d nodes, %s, seed %d has not passed: %s\n", c.Case, c.Protocol, c.Freshness,
				c.Nodes, begun(c.Begin), c.Seed, c.Why)
		}
	}
	if left, err := os.ReadDir(scratch); err == nil && len(left) == 0 {
		os.Remove(scratch)
	}
	fmt.Fprintf(out, "figures in %s, %v\n", s.Folder, time.Since(began).Round(time.Second))
	return nil
}

func summed(results [][]Measurement) []Quality {
	var all []Quality
	for _, runs := range results {
		all = append(all, Summarise(runs))
	}
	return all
}

func (s Options) write(out io.Writer, cases []caseSummary, large []largeRun, grid, frontier, sizes []Quality) error {
	caseRows := make([][]string, len(cases))
	for i, c := range cases {
		caseRows[i] = c.row()
	}
	if err := writeTable(filepath.Join(s.Folder, "cases.csv"), caseHead, caseRows); err != nil {
		return err
	}
	for name, all := range map[string][]Quality{"quality": grid, "frontier": frontier, "detection": sizes} {
		rows := make([][]string, len(all))
		for i, q := range all {
			rows[i] = q.row()
		}
		if err := writeTable(filepath.Join(s.Folder, name+".csv"), qualityHead, rows); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(s.Folder, "large.csv"), []byte(largeCSV), 0o644); err != nil {
		return err
	}
	intervals := fmt.Sprintf("heartbeat %v, gossip %v", s.Timing.Heartbeat, s.Timing.Gossip)
	fail := fmt.Sprintf(", T_fail %v", s.Timing.Fail)
	sheets, err := reportSheets(cases, fmt.Sprintf("%s%s, SPEED=%g, %d runs from seed %d", intervals, fail, s.Speed,
		s.Runs, s.Seed))
	if err != nil {
		return err
	}
	sheets = append(sheets,
		detectionSheet(sizes, large, s.Timing, fmt.Sprintf("at rest; %s%s; up to %d runs a point from seed %d, 95 %% intervals; "+
			"points without a line: one run each, kept in large.csv", intervals, fail, s.Runs, s.Seed)),
		trafficSheet(sizes, fmt.Sprintf("at rest; %s; request bodies between nodes, reports to the monitor left out; "+
			"points of one n are set apart", intervals)),
		frontierSheet(frontier, fmt.Sprintf("at rest; %s; %d runs a point from seed %d, %v without a death in each; words: T_fail",
			intervals, frontier[0].Runs, s.Seed, frontier[0].Calm)),
		qualitySheet(grid, fmt.Sprintf("at rest; %s%s; %d runs a point from seed %d (2 at 128 nodes), 95 %% intervals", intervals,
			fail, min(s.Runs, 5), s.Seed)),
	)
	for _, sheet := range sheets {
		if err := sheet.save(s.Folder); err != nil {
			return err
		}
	}
	summary(out, grid)
	caseTable(out, cases)
	return nil
}

// summary prints the numbers that people look for first.
func summary(out io.Writer, grid []Quality) {
	fmt.Fprintf(out, "\n%-8s %-9s %6s %6s  %-16s %-20s %-20s\n", "protocol", "freshness", "nodes", "loss",
		"detection, s", "observers right", "verdicts wrong")
	for _, q := range grid {
		if q.Loss != 0 && q.Loss != 0.1 || q.Nodes == 128 {
			continue
		}
		fmt.Fprintf(out, "%-8s %-9v %6d %6g  %-16v %-20v %d in %.0f node-hours\n", q.Protocol.Name, q.Freshness, q.Nodes,
			q.Loss, q.Detection, q.Observers.Accuracy, q.Verdicts.Count, q.Verdicts.Hours)
	}
}

// caseTable prints what the state that a case began in makes of it.
func caseTable(out io.Writer, cases []caseSummary) {
	fmt.Fprintf(out, "\n%-8s %-9s %5s %6s  %-22s %-22s %-18s %-18s\n", "protocol", "freshness", "case", "nodes",
		"just joined, s", "at rest, s", "messages, joined", "messages, at rest")
	for _, joined := range cases {
		at := joined.point
		at.Begin = scenario.AtRest
		i := slices.IndexFunc(cases, func(c caseSummary) bool { return c.point == at })
		if joined.Begin != scenario.JustJoined || i < 0 {
			continue
		}
		fmt.Fprintf(out, "%-8s %-9v %5d %6d  %-22v %-22v %-18v %-18v\n", at.Protocol, at.Freshness, at.Case, at.Nodes,
			joined.Seconds, cases[i].Seconds, joined.Messages, cases[i].Messages)
	}
}
