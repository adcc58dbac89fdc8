package core

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/testcase"
)

// Config is all that a monitor is set up with; it reads back from JSON as it was
// written. Start from [DefaultConfig].
type Config struct {
	Protocol string          `json:"protocol,omitempty"` // of the cluster, by name; empty: ask the provider
	Provider gossip.Address  `json:"provider,omitempty"` // empty: nobody to ask
	Timing   protocol.Timing `json:"timing"`             // what the nodes run with, in nanoseconds
	Aligned  bool            `json:"aligned"`            // the nodes' rounds follow the wall clock
	Seed     *int64          `json:"seed,omitempty"`     // of the cluster's random sources; nil: unknown
	// Labels say in results.jsonl what the monitor cannot know of the run.
	Labels map[string]string `json:"labels,omitempty"`

	Results   string `json:"results"`         // path of results.txt; results.jsonl lies beside it
	Directory string `json:"directory"`       // for states.json and ip_mapping.json
	MaxNodes  int    `json:"max_nodes"`       // a further node is refused
	MaxEvents int    `json:"max_events"`      // how many the event log keeps
	Debug     bool   `json:"debug,omitempty"` // log each change of an opinion too
	UTCOffset int    `json:"utc_offset"`      // seconds east of UTC, of the times in texts and files
}

// DefaultConfig has the original's intervals and files.
func DefaultConfig() Config {
	return Config{
		Timing: protocol.DefaultTiming(), Aligned: true,
		Results: "results.txt", Directory: ".", MaxNodes: 4096, MaxEvents: 4096,
	}
}

// Validate names the field that is wrong.
func (c Config) Validate() error {
	if err := c.Timing.Validate(); err != nil {
		return err
	}
	if _, ok := protocol.ByName(c.Protocol); !ok && c.Protocol != "" {
		return fmt.Errorf("protocol %q: want one of %s", c.Protocol, strings.Join(protocol.Names(), ", "))
	}
	if c.Provider != "" {
		if _, err := gossip.ParseAddress(string(c.Provider)); err != nil {
			return fmt.Errorf("provider: %w", err)
		}
	}
	switch {
	case c.Results == "":
		return errors.New("results: no path")
	case strings.HasSuffix(c.Results, recordsEnding):
		return fmt.Errorf("results %s: want another ending than %s, which lies beside it", c.Results, recordsEnding)
	case c.MaxNodes < 1:
		return fmt.Errorf("max nodes: %d, want 1 or more", c.MaxNodes)
	case c.MaxEvents < 1:
		return fmt.Errorf("max events: %d, want 1 or more", c.MaxEvents)
	}
	return nil
}

func (c Config) zone() *time.Location {
	if c.UTCOffset == 0 {
		return time.UTC
	}
	return time.FixedZone("", c.UTCOffset)
}

// setup is what every test case begins with.
func (c Config) setup() testcase.Setup {
	s := testcase.Setup{
		Heartbeat: c.Timing.Heartbeat, Gossip: c.Timing.Gossip, Fail: c.Timing.Fail,
		Aligned: c.Aligned, Seed: c.Seed, Labels: c.Labels, Bound: c.slowest,
	}
	if spec, ok := protocol.ByName(c.Protocol); ok {
		s.Protocol, s.Bound = spec.Name, c.bound(spec)
	}
	return s
}

// bound is how long a cluster that runs a protocol may take to right verdicts.
func (c Config) bound(s protocol.Spec) func(nodes, deaths int) time.Duration {
	return protocol.Parameters{Protocol: s, Timing: c.Timing, Aligned: c.Aligned}.DetectionBound
}

// slowest is the bound of a cluster whose protocol nobody has named.
func (c Config) slowest(nodes, deaths int) time.Duration {
	var most time.Duration
	for _, s := range protocol.All() {
		most = max(most, c.bound(s)(nodes, deaths))
	}
	return most
}
