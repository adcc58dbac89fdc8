package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// spans reads the lengths of time in scripts: terms joined by '+', each a Go
// duration at SPEED=1 ("20s"), or one of the cluster's own intervals
// (heartbeat, gossip, fail) or the detection bound (bound), with a factor
// before it if wanted: "2*fail+gossip".
type spans struct {
	speed  float64
	timing protocol.Timing // as the cluster runs: divided by speed already
	bound  time.Duration
}

// mostSpan is longer than anybody waits, and far from what a time.Duration cannot hold.
const mostSpan = 365 * 24 * time.Hour

const spanHelp = `want terms such as 20s, fail, 2*gossip or bound, joined by '+'`

func (s spans) parse(text string) (time.Duration, error) {
	var sum time.Duration
	for term := range strings.SplitSeq(text, "+") {
		d, ok := s.term(term)
		if !ok || d < 0 || d > mostSpan {
			return 0, fmt.Errorf("%q is no length of time: %s", text, spanHelp)
		}
		if sum += d; sum > mostSpan {
			return 0, fmt.Errorf("%q is longer than a year", text)
		}
	}
	return sum, nil
}

func (s spans) term(term string) (time.Duration, bool) {
	factor, name, scaled := strings.Cut(term, "*")
	times := 1.0
	if !scaled {
		name = term
	} else {
		var err error
		if times, err = strconv.ParseFloat(factor, 64); err != nil || math.IsNaN(times) {
			return 0, false
		}
	}
	switch name {
	case "heartbeat":
		return product(times, s.timing.Heartbeat), true
	case "gossip":
		return product(times, s.timing.Gossip), true
	case "fail":
		return product(times, s.timing.Fail), true
	case "bound":
		return product(times, s.bound), true
	}
	d, err := time.ParseDuration(name)
	if err != nil {
		return 0, false
	}
	return product(times/s.speed, d), true
}

// product is f times d; beyond what a script may ask for it is some longer time still.
func product(f float64, d time.Duration) time.Duration {
	return time.Duration(min(f*float64(d), 2*float64(mostSpan)))
}
