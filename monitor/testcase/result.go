package testcase

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Result is what a case ended with, as a line of results.jsonl holds it. Times
// named ..._s are seconds since the menu entry, negative if before it; null
// where there is none. In case 3 the victims are the revived nodes.
type Result struct {
	Case     Case      `json:"case"`
	Title    string    `json:"title"`
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Seconds  float64   `json:"seconds"`
	Protocol *string   `json:"protocol"` // null: unknown
	Settings Settings  `json:"settings"`
	Seed     *int64    `json:"seed"` // null: unknown
	Nodes    int       `json:"nodes"`

	Victims  []gossip.Address `json:"victims"`
	Verdicts []Verdict        `json:"verdicts"` // one for each victim
	Disputed []Dispute        `json:"disputed"`

	FirstSuspicion *float64 `json:"first_suspicion_s"` // the earliest that stood until its victim's verdict
	Verdict        *float64 `json:"verdict_s"`         // the latest of the victims'
	Unanimous      *float64 `json:"unanimous_s"`       // since when all live nodes' views are identical, and the verdicts there

	Messages        int64  `json:"messages"`
	Bytes           *int64 `json:"bytes"` // null: some node never reported its traffic
	FalseFailures   int64  `json:"false_failures"`
	FalseSuspicions int64  `json:"false_suspicions"`

	// Labels are what the monitor was told of the run, such as its backend.
	Labels map[string]string `json:"labels,omitempty"`

	Deaf bool `json:"deaf"` // at some time during the case the monitor heard too little to judge
}

// Settings are the cluster's intervals as the monitor was told them, and the
// bound that held at the end.
type Settings struct {
	Heartbeat float64 `json:"heartbeat_s"`
	Gossip    float64 `json:"gossip_s"`
	Fail      float64 `json:"fail_s"`
	Aligned   bool    `json:"aligned"`
	Bound     float64 `json:"bound_s"`
}

// Verdict is how one victim's verdict came about. In case 3 it is the verdict
// that it is alive, which no suspicion comes before.
type Verdict struct {
	Node           gossip.Address `json:"node"`
	Incarnation    uint32         `json:"incarnation"`
	FirstSuspicion *float64       `json:"first_suspicion_s"`
	At             float64        `json:"verdict_s"`
}

// Dispute is a verdict that heartbeats still contradicted at the end.
type Dispute struct {
	Node    gossip.Address   `json:"node"`
	Verdict string           `json:"verdict"` // failed or alive
	Missing []gossip.Address `json:"missing"` // eligible observers that do not suspect it
}

func (r *Run) result(now time.Time, s *consensus.State, f findings) Result {
	since := func(t time.Time) *float64 {
		seconds := t.Sub(r.began).Seconds()
		return &seconds
	}
	totals := s.Totals()
	res := Result{
		Case: r.kind, Title: r.kind.Title(), Began: r.began, Ended: now, Seconds: now.Sub(r.began).Seconds(),
		Settings: Settings{
			Heartbeat: r.setup.Heartbeat.Seconds(), Gossip: r.setup.Gossip.Seconds(), Fail: r.setup.Fail.Seconds(),
			Aligned: r.setup.Aligned, Bound: f.bound.Seconds(),
		},
		Seed: r.setup.Seed, Nodes: s.Len(),
		Victims: []gossip.Address{}, Verdicts: []Verdict{}, Disputed: []Dispute{},
		Messages:        totals.Messages - r.before.Messages,
		FalseFailures:   totals.FalseFailures - r.before.FalseFailures,
		FalseSuspicions: totals.FalseSuspicions - r.before.FalseSuspicions,
		Labels:          r.setup.Labels,
		Deaf:            s.DeafSince(r.began),
	}
	if r.setup.Protocol != "" {
		res.Protocol = &r.setup.Protocol
	}
	for _, n := range f.counted {
		v := Verdict{Node: n.Address, Incarnation: n.Incarnation}
		if r.kind == Revival {
			v.At = *since(n.ClearedAt)
		} else {
			v.At, v.FirstSuspicion = *since(n.FailedAt), since(n.FirstSuspicion)
			if res.FirstSuspicion == nil || *v.FirstSuspicion < *res.FirstSuspicion {
				res.FirstSuspicion = v.FirstSuspicion
			}
		}
		if res.Verdict == nil || v.At > *res.Verdict {
			res.Verdict = &v.At
		}
		res.Victims = append(res.Victims, n.Address)
		res.Verdicts = append(res.Verdicts, v)
	}
	for _, n := range f.disputed {
		reason, _ := s.Reason(n.Address)
		d := Dispute{Node: n.Address, Verdict: "alive", Missing: append([]gossip.Address{}, reason.Missing...)}
		if n.Failed {
			d.Verdict = "failed"
		}
		res.Disputed = append(res.Disputed, d)
	}
	if at, ok := s.Unanimous(); ok {
		// Views may have been alike before the verdict, which takes more than that.
		res.Unanimous = since(at)
		if res.Verdict != nil && *res.Verdict > *res.Unanimous {
			res.Unanimous = res.Verdict
		}
	}
	if allReportTraffic(s) {
		bytes := totals.Bytes - r.before.Bytes
		res.Bytes = &bytes
	}
	return res
}

func allReportTraffic(s *consensus.State) bool {
	for i := range s.Len() {
		if !s.At(i).TrafficReported {
			return false
		}
	}
	return true
}

const heading = "------------- Consensus Achieved --------------\n"

// File is the block that the original appends to results.txt, byte for byte.
// Cases 2 and 3 lack the colon before the message count, as there.
func (r Result) File() string {
	colon := ": "
	if r.Case != Single {
		colon = ""
	}
	return fmt.Sprintf(
		"\n\n%s%s\nRun time for detection: %s\nTotal Messages exchanged for consensus%s%d\nFalse Failure Detection Count: %d\nTotal number of nodes in cluster: %d\n",
		heading,
		r.Title,
		pythonFloat(r.Seconds),
		colon,
		r.Messages,
		r.FalseFailures,
		r.Nodes,
	)
}

// Terminal is the block that the original prints: Python's print puts a space
// of its own between a label and its value.
func (r Result) Terminal() string {
	colon := ": "
	if r.Case != Single {
		colon = ""
	}
	return fmt.Sprintf(
		"%sRun time for detection:  %s\nTotal Messages exchanged for consensus%s %d\nFalse Failure Detection Count:  %d\n",
		heading,
		pythonFloat(r.Seconds),
		colon,
		r.Messages,
		r.FalseFailures,
	)
}

// Line is the result as one line of results.jsonl, newline included.
func (r Result) Line() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode result of case %d: %w", r.Case, err)
	}
	return append(b, '\n'), nil
}

// pythonFloat writes seconds as Python's str does: the shortest text that reads
// back the same, with a point or an exponent.
func pythonFloat(v float64) string {
	if v > 0 && v < 1e-4 {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
