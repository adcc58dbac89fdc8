package figures

import (
	"strconv"
	"strings"
	"time"

	"gossiprpc/harness/sim"
)

var detectionHead = []string{
	"protocol", "freshness", "nodes", "loss", "heartbeat_s", "gossip_s", "fail_s", "seed", "warm_s",
	"first_verdict_s", "verdict_s", "observers_mean_s", "observers_missed", "wrongly_suspected_pairs",
}

func detectionRow(r run) []string {
	mean, missed := r.Death.mean()
	return []string{
		r.Protocol.Name, r.Freshness.String(), strconv.Itoa(r.Nodes), number(r.Loss),
		seconds(r.Timing.Heartbeat), seconds(r.Timing.Gossip), seconds(r.Timing.Fail),
		strconv.FormatUint(r.Seed, 10), seconds(r.Warm),
		seconds(r.Death.FirstVerdict), seconds(r.Death.Verdict), number(mean), strconv.Itoa(missed), strconv.Itoa(r.Suspects),
	}
}

// seconds of a length of time; empty when it did not come to an end.
func seconds(d time.Duration) string {
	if d == sim.None {
		return ""
	}
	return number(d.Seconds())
}

// number keeps six digits, so that files do not differ by rounding.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func csvLine(fields []string) string { return strings.Join(fields, ",") }
