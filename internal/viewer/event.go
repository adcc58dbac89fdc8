// Package viewer is the page on which people watch a cluster: its assets, and the
// stream of events that feeds it. The stream is documented in docs/API.md.
//
// Events go in with their time, lines of JSON come out. Where they come from (a
// monitor, a flight record, a simulation) is the business of monitor/feed and
// harness/watch. Simulations in browsers make them too, so files that need HTTP are
// left out there (build tag js): it would double what a visitor loads.
package viewer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Version is the stream's, in its [Run] event. A reader skips kinds and fields that
// it does not know; the version rises when that is not enough.
const Version = 1

// Event is what one line of the stream tells. Nodes are named by their indices,
// which [Stream.Node] gives out. Fields in seconds say so; a zero that says nothing
// is left out of the line.
type Event interface{ kind() string }

type (
	// Run says what is watched. It comes first.
	Run struct {
		Version   int     `json:"version"`
		Source    Source  `json:"source"`
		Protocol  string  `json:"protocol"` // empty: unknown
		Heartbeat float64 `json:"heartbeat"`
		Gossip    float64 `json:"gossip"`
		Fail      float64 `json:"fail"` // T_fail
		Freshness string  `json:"freshness,omitempty"`
		Aligned   bool    `json:"aligned"`
		Speed     float64 `json:"speed"` // by which the original's intervals are divided
		Backend   string  `json:"backend,omitempty"`
		Seed      uint64  `json:"seed,omitempty"`
		Bound     float64 `json:"bound"` // the detection bound for one death
		Start     string  `json:"start"` // of the run, RFC 3339
		Messages  bool    `json:"messages"`
		Script    string  `json:"script,omitempty"`
		Name      string  `json:"name,omitempty"` // of the run, for people
	}
	// Node tells of a node's name, or that its place in the ring has changed.
	Node struct {
		Index   int    `json:"i"`
		Name    string `json:"name"`
		Address string `json:"address"`
		Ring    int    `json:"ring"` // from 0, in the order that rr, brr and scrr go through
	}
	// Gone is a node that the monitor was told to forget.
	Gone struct {
		Node int `json:"node"`
	}
	// Start is the beginning of a process, which knows nothing yet: of a monitor no
	// cell, voice or verdict stands from then on, of a node nothing that it has heard.
	Start struct {
		Who  string `json:"who"` // monitor, provider, or a node's name
		Node *int   `json:"node,omitempty"`
		Life int    `json:"life"` // from 1
	}
	// Act is what the harness, or a person, has done.
	Act struct {
		What  string `json:"what"`
		Nodes []int  `json:"nodes,omitempty"`
		Text  string `json:"text,omitempty"`
	}
	// Send is the beginning of a call to a node.
	Send struct {
		ID      uint64 `json:"id"` // of the call, in this stream
		From    int    `json:"from"`
		To      int    `json:"to"`
		Message string `json:"m"`
		Round   int64  `json:"round,omitempty"`
	}
	// CallEnd is the outcome of a call.
	CallEnd struct {
		ID  uint64  `json:"id"`
		How Outcome `json:"how"`
	}
	// Heard is what a node has learnt of others by one message. The slices run in
	// parallel.
	Heard struct {
		Node    int       `json:"node"`
		Via     int       `json:"via"` // whose message; the node itself: it was set up with it
		Of      []int     `json:"of"`
		Beat    []int32   `json:"beat"`
		Renewed []int     `json:"renewed,omitempty"` // 1: it counts as heard of; left out: all do
		Age     []float64 `json:"age,omitempty"`     // how old the news is; left out: it counts from now
	}
	// Opinion is a node's own, which has changed.
	Opinion struct {
		Node    int    `json:"node"`
		Of      int    `json:"of"`
		Suspect bool   `json:"suspect"`
		Why     string `json:"why"`
	}
	// Beat is a heartbeat that the monitor took.
	Beat struct {
		Node int `json:"node"`
	}
	// Cell is a change in the monitor's suspect matrix.
	Cell struct {
		By      int  `json:"by"`
		Of      int  `json:"of"`
		Suspect bool `json:"suspect"`
	}
	// Row is an observer's whole row of the matrix, when it has begun anew.
	Row struct {
		By      int   `json:"by"`
		Suspect []int `json:"suspect"` // whom; all others it does not
	}
	// Voice tells whether an observer's opinion counts.
	Voice struct {
		Node     int  `json:"node"`
		Eligible bool `json:"eligible"`
	}
	// Verdict is the monitor's.
	Verdict struct {
		Node   int   `json:"node"`
		Failed bool  `json:"failed"`
		By     []int `json:"by"`              // who suspects it; of a verdict taken back, who does not
		False  bool  `json:"false,omitempty"` // the verdict that is taken back was wrong
	}
	// Deaf is how little the monitor hears.
	Deaf struct {
		Text string `json:"text"` // empty: enough
	}
	// Away is why the source does not see its monitor.
	Away struct {
		Text string `json:"text"` // empty: it sees it
	}
	// Case is a step of a test case.
	Case struct {
		Number  int             `json:"n"`
		What    CaseStep        `json:"what"`
		Waiting string          `json:"waiting,omitempty"`
		Result  json.RawMessage `json:"result,omitempty"` // as in results.jsonl
	}
	// Log is a line worth showing.
	Log struct {
		Who  string `json:"who"`
		Text string `json:"text"`
	}
	// EndOfRun comes last, of a run that is over.
	EndOfRun struct {
		Verdict string `json:"verdict"` // pass, fail, unknown; empty: nobody has judged it
		Text    string `json:"text,omitempty"`
	}
)

// Source is where a stream comes from.
type Source string

// The sources.
const (
	Live      Source = "live"
	Recorded  Source = "record"
	Simulated Source = "sim"
	Monitored Source = "monitor"
)

// Outcome is how a call ended.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // or otherwise not reached
	Timeout Outcome = "timeout"
	Fault   Outcome = "fault"
)

// CaseStep is what a [Case] tells.
type CaseStep string

// The steps.
const (
	CaseBegins    CaseStep = "begin"
	CaseWaits     CaseStep = "waiting"
	CaseEnds      CaseStep = "end"
	CaseCancelled CaseStep = "cancel"
)

func (Run) kind() string      { return "run" }
func (Node) kind() string     { return "node" }
func (Gone) kind() string     { return "gone" }
func (Start) kind() string    { return "start" }
func (Act) kind() string      { return "act" }
func (Send) kind() string     { return "send" }
func (CallEnd) kind() string  { return "end" }
func (Away) kind() string     { return "away" }
func (Heard) kind() string    { return "heard" }
func (Opinion) kind() string  { return "opinion" }
func (Beat) kind() string     { return "beat" }
func (Cell) kind() string     { return "cell" }
func (Row) kind() string      { return "row" }
func (Voice) kind() string    { return "voice" }
func (Verdict) kind() string  { return "verdict" }
func (Deaf) kind() string     { return "deaf" }
func (Case) kind() string     { return "case" }
func (Log) kind() string      { return "log" }
func (EndOfRun) kind() string { return "end-of-run" }

// AppendLine appends an event as one line of the stream, newline included. Times
// are told to the microsecond.
func AppendLine(b []byte, at time.Duration, e Event) ([]byte, error) {
	fields, err := json.Marshal(e)
	if err != nil {
		return b, fmt.Errorf("event %s at %v: %w", e.kind(), at, err)
	}
	b = append(b, `{"t":`...)
	b = strconv.AppendFloat(b, Seconds(at), 'f', -1, 64)
	b = append(b, `,"k":"`...)
	b = append(b, e.kind()...)
	b = append(b, '"')
	if len(fields) > len("{}") {
		b = append(b, ',')
	}
	b = append(b, fields[1:]...)
	return append(b, '\n'), nil
}

// Seconds is a length of time as the stream has it.
func Seconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e6 }
