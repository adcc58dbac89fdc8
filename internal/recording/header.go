package recording

import (
	"encoding/json"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
)

// Kind is which of the three processes a record is of.
type Kind string

// The three processes.
const (
	Node     Kind = "node"
	Monitor  Kind = "monitor"
	Provider Kind = "provider"
)

// Header says whose events a recording holds.
type Header struct {
	Kind Kind           `json:"kind"`
	Self gossip.Address `json:"self"`
	// Settings are the Config of the machine, the seed of its random source among
	// them: it can be made anew from them.
	Settings json.RawMessage `json:"settings"`
	Version  string          `json:"version"` // of the program
	// Started is when the recording began. A node that joins its provider in that
	// second has it, in Unix seconds, as its generation.
	Started time.Time `json:"started"`
	// Zone and Offset are the time zone's name and seconds east of Greenwich then.
	Zone   string `json:"zone"`
	Offset int    `json:"offset"`
}

// NewHeader describes a process with these settings, which must have JSON.
func NewHeader(k Kind, self gossip.Address, settings any, version string, now time.Time) (Header, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return Header{}, fmt.Errorf("settings of %s: %w", self, err)
	}
	zone, offset := now.Zone()
	return Header{
		Kind: k, Self: self, Settings: text, Version: version,
		Started: now.Round(0), Zone: zone, Offset: offset,
	}, nil
}
