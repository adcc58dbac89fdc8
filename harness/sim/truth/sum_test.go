package truth

import (
	"fmt"
	"time"

	"gossiprpc/harness/sim"
)

// total sums up several runs: wrong verdicts, wrong victims of cases, and the
// mean share of node-time that had a wrong verdict.
func total(outcomes []Outcome) (wrong, endings int, share float64) {
	for _, o := range outcomes {
		wrong += o.Wrong
		endings += o.Endings
		share += o.Share / float64(len(outcomes))
	}
	return wrong, endings, share
}

// sum is a row of a table.
func sum(outcomes []Outcome) string {
	wrong, endings, share := total(outcomes)
	runs, deaths, missed, ended := 0, 0, 0, 0
	var all, last, slowest, end time.Duration
	for _, o := range outcomes {
		if o.Wrong > 0 {
			runs++
		}
		latest := time.Duration(0)
		for _, d := range o.Found {
			if d.Verdict == sim.None {
				missed++
				continue
			}
			deaths++
			all += d.Verdict
			latest = max(latest, d.Verdict)
		}
		last += latest
		slowest = max(slowest, latest)
		if o.Ended != sim.None {
			ended++
			end += o.Ended
		}
	}
	text := fmt.Sprintf("runs %d, with a wrong verdict %d, wrong verdicts %d (%.5f of node-time), wrong victims %d",
		len(outcomes), runs, wrong, share, endings)
	if deaths+missed > 0 {
		mean := func(d time.Duration, of int) float64 { return d.Seconds() / float64(max(1, of)) }
		text += fmt.Sprintf("; deaths found after %.2f s, the last of a run after %.2f s, at most %.2f s, missed %d",
			mean(all, deaths), mean(last, len(outcomes)), slowest.Seconds(), missed)
		text += fmt.Sprintf("; cases ended %d, after %.2f s", ended, mean(end, ended))
	}
	return text
}
