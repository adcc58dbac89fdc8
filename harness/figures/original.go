package figures

import (
	_ "embed" // for the original's readings
	"encoding/json"
	"fmt"
)

// The runs that the original's authors recorded, and runs of the original in
// containers for this project. The files say how far they can be trusted. They are
// drawn beside our own runs and never serve as expected values.
//
//go:embed original/recorded.json
var recordedJSON []byte

//go:embed original/measured.json
var measuredJSON []byte

// reading is one test case as it went with the original. A nil number: it did not
// end, or is not known.
type reading struct {
	Protocol      string
	Case, Nodes   int
	Seconds       *float64
	Messages      *float64
	FalseFailures *float64
}

// recorded are the authors' own readings, the mean of ten runs each as they say.
func recorded() ([]reading, error) {
	var file struct {
		Runs []struct {
			Protocol      string   `json:"protocol"`
			Case          int      `json:"case"`
			Nodes         int      `json:"nodes"`
			Seconds       *float64 `json:"seconds"`
			Messages      *float64 `json:"messages"`
			FalseFailures *float64 `json:"false_failures"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(recordedJSON, &file); err != nil {
		return nil, fmt.Errorf("recorded.json: %w", err)
	}
	var all []reading
	for _, r := range file.Runs {
		all = append(all, reading{r.Protocol, r.Case, r.Nodes, r.Seconds, r.Messages, r.FalseFailures})
	}
	return all, nil
}

// measured are single runs of the original in containers: seconds until
// results.txt had the block.
func measured() ([]reading, error) {
	var file struct {
		Runs []struct {
			Protocol      string   `json:"protocol"`
			Case          int      `json:"case"`
			Nodes         int      `json:"nodes"`
			Printed       *float64 `json:"printed_s"`
			Messages      *float64 `json:"messages"`
			FalseFailures *float64 `json:"false_failures"`
		} `json:"runs"`
	}
	if err := json.Unmarshal(measuredJSON, &file); err != nil {
		return nil, fmt.Errorf("measured.json: %w", err)
	}
	var all []reading
	for _, r := range file.Runs {
		all = append(all, reading{r.Protocol, r.Case, r.Nodes, r.Printed, r.Messages, r.FalseFailures})
	}
	return all, nil
}
