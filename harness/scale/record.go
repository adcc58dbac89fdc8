package scale

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"gossiprpc/internal/gossip"
)

func (r *run) menu(number int) error {
	_, err := fmt.Fprintln(r.monitor.in, number)
	return err
}

// record is a line of results.jsonl.
type record struct {
	Case          int              `json:"case"`
	Victims       []gossip.Address `json:"victims"` // in case 3: who came back
	FalseFailures int              `json:"false_failures"`
}

// wrong says what is wrong with a result about these nodes; nothing is with none.
func (r *record) wrong(about []gossip.Address) string {
	if r == nil {
		return ""
	}
	for _, a := range r.Victims {
		if !slices.Contains(about, a) {
			return fmt.Sprintf("the case ended with %s, which nothing has happened to", a)
		}
	}
	if r.FalseFailures > 0 {
		return fmt.Sprintf("%d false failures", r.FalseFailures)
	}
	return ""
}

// result reads the next line of results.jsonl, which must be of a case; nil: it is not
// there yet.
func (r *run) result(number int) (*record, error) {
	text, err := os.ReadFile(r.file("jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines) <= r.records+1 {
		return nil, nil // the last one has no end yet
	}
	var found record
	if err := json.Unmarshal(lines[r.records], &found); err != nil {
		return nil, fmt.Errorf("%s: %w", r.file("jsonl"), err)
	}
	if found.Case != number {
		return nil, fmt.Errorf("%s: case %d has ended, want %d", r.file("jsonl"), found.Case, number)
	}
	r.records++
	return &found, nil
}
