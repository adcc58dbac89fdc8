package protocol_test

import (
	"encoding"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

func TestFreshnessIsReadAsWritten(t *testing.T) {
	for f, name := range map[protocol.Freshness]string{protocol.Arrival: "arrival", protocol.Emission: "emission"} {
		text, err := encoding.TextMarshaler(f).MarshalText()
		if err != nil || string(text) != name || f.String() != name {
			t.Errorf("%q, %v, want %q", text, err, name)
		}
		for _, written := range []string{name, strings.ToUpper(name)} {
			read := f + 1
			if err := read.UnmarshalText([]byte(written)); err != nil || read != f {
				t.Errorf("%q is read as %d, %v", written, read, err)
			}
		}
	}
	const want = `freshness "late": want arrival or emission`
	if _, err := protocol.ParseFreshness("late"); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestProtocolsAreFoundByNameAndNumber(t *testing.T) {
	names := protocol.Names()
	for i, s := range protocol.All() {
		byName, ok := protocol.ByName(strings.ToUpper(s.Name))
		byNumber, err := protocol.ByNumber(gossip.ProtocolNumber(i + 1))
		if !ok || err != nil || byName.Name != s.Name || byNumber.Name != s.Name || names[i] != s.Name {
			t.Errorf("%s: %v, %v, %v, %s", s.Name, ok, err, byNumber.Name, names[i])
		}
	}
	if _, ok := protocol.ByName("none"); ok {
		t.Error("there is a protocol called none")
	}
	for _, n := range []gossip.ProtocolNumber{0, 5} {
		if _, err := protocol.ByNumber(n); err == nil || !strings.HasSuffix(err.Error(), "is unknown, want 1 to 4") {
			t.Errorf("number %d: %v", n, err)
		}
	}
}

// TestTimingLimits: each limit itself, and a step beyond it.
func TestTimingLimits(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		heartbeat, gossip, fail time.Duration
		wrong                   string // the beginning of the error; empty: none
	}{
		{time.Second, 3 * time.Second, 10 * time.Second, ""},
		{10 * ms, 10 * ms, 11 * ms, ""},
		{10*ms - 1, 10 * ms, 11 * ms, "heartbeat interval"},
		{10 * ms, 10*ms - 1, 11 * ms, "gossip interval"},
		{time.Second, time.Second, 24 * time.Hour, ""},
		{time.Second, time.Second, 24*time.Hour + 1, "fail interval"},
		{20 * ms, 10 * ms, 20 * ms, "fail interval 20ms: want more than the heartbeat interval 20ms"},
		{10 * ms, 20 * ms, 20 * ms, "fail interval 20ms: want more than the gossip interval 20ms"},
		{10 * ms, 20 * ms, 20*ms + 1, ""},
	} {
		err := protocol.Timing{Heartbeat: c.heartbeat, Gossip: c.gossip, Fail: c.fail}.Validate()
		if (err == nil) != (c.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), c.wrong) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	want := protocol.Timing{Heartbeat: 250 * ms, Gossip: 750 * ms, Fail: 2500 * ms}
	if got := protocol.DefaultTiming().Scaled(4); got != want {
		t.Errorf("four times as fast: %+v, want %+v", got, want)
	}
}

// TestConfigLimits: what a node cannot be started with.
func TestConfigLimits(t *testing.T) {
	for wrong, change := range map[string]func(*protocol.Config){
		"own address":   func(c *protocol.Config) { c.Self = "nowhere" },
		"seed address":  func(c *protocol.Config) { c.Seed = "nowhere" },
		"random source": func(c *protocol.Config) { c.Random = nil },
		"generation -1": func(c *protocol.Config) { c.Generation = -1 },
		"known nodes":   func(c *protocol.Config) { c.Self = "other:1" },
		"protocol":      func(c *protocol.Config) { c.Protocol = protocol.Spec{} },
		"freshness 2":   func(c *protocol.Config) { c.Freshness = 2 },
		"fail interval": func(c *protocol.Config) { c.Timing.Fail = 0 },
		"":              func(c *protocol.Config) { c.Seed, c.Generation = numbered(3), 0 },
	} {
		var config protocol.Config
		newLone(t, "rr", 2, nil, func(c *protocol.Config) { config = *c })
		change(&config)
		err := config.Validate()
		if (err == nil) != (wrong == "") || err != nil && !strings.HasPrefix(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
		if _, err := protocol.New(config, began); (err == nil) != (wrong == "") {
			t.Errorf("%q: a node is made: %v", wrong, err)
		}
	}
}
