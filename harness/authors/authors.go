// Package authors holds the runs that the original's authors recorded. Their menu could
// end without agreement: they are a baseline to show beside, never an expected value.
package authors

import (
	_ "embed" // for recorded.json
	"encoding/json"
	"fmt"
)

//go:embed recorded.json
var recordedJSON []byte

// Reading is one test case at the original's pace.
type Reading struct {
	Protocol string  `json:"protocol"`
	Case     int     `json:"case"`
	Nodes    int     `json:"nodes"` // 8, 16 or 32
	Seconds  float64 `json:"seconds"`
}

// Recorded lists all readings.
func Recorded() ([]Reading, error) {
	var all []Reading
	if err := json.Unmarshal(recordedJSON, &all); err != nil {
		return nil, fmt.Errorf("recorded.json: %w", err)
	}
	return all, nil
}

// Time is the recorded time of a case divided by speed, as text; "-" if there is none.
func Time(protocol string, kase, nodes int, speed float64) string {
	all, err := Recorded()
	if err != nil {
		return err.Error()
	}
	for _, r := range all {
		if r.Protocol == protocol && r.Case == kase && r.Nodes == nodes {
			return fmt.Sprintf("%.1f s", r.Seconds/speed)
		}
	}
	return "-"
}
