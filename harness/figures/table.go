package figures

import (
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"gossiprpc/harness/sim"
)

var detectionHead = []string{
	"protocol", "freshness", "nodes", "loss", "heartbeat_s", "gossip_s", "fail_s", "seed", "warm_s",
	"first_verdict_s", "verdict_s", "observers_mean_s", "observers_missed", "wrongly_suspected_pairs",
}

func detectionRow(r Measurement) []string {
	mean, missed := r.Death.mean()
	return []string{
		r.Protocol.Name, r.Freshness.String(), strconv.Itoa(r.Nodes), number(r.Loss),
		seconds(r.Timing.Heartbeat), seconds(r.Timing.Gossip), seconds(r.Timing.Fail),
		strconv.FormatUint(r.Seed, 10), seconds(r.Warm),
		seconds(r.Death.FirstVerdict), seconds(r.Death.Verdict), number(mean),
		strconv.Itoa(missed), strconv.Itoa(r.Suspects),
	}
}

// seconds writes a length of time in seconds, and nothing for sim.None.
func seconds(d time.Duration) string {
	if d == sim.None {
		return ""
	}
	return number(d.Seconds())
}

// number writes six digits, and nothing for NaN or infinity.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// writeRows writes lines of CSV.
func writeRows(out io.Writer, rows ...[]string) error {
	return csv.NewWriter(out).WriteAll(rows)
}

// writeTable writes a CSV file.
func writeTable(path string, head []string, rows [][]string) error {
	var text bytes.Buffer
	if err := writeRows(&text, slices.Concat([][]string{head}, rows)...); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}
