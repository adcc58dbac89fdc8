package protocol_test

import (
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// TestProfiles: a profile's intervals are valid, and any of them can be given apart.
func TestProfiles(t *testing.T) {
	for name, want := range map[string]protocol.Timing{
		"original": {Heartbeat: time.Second, Gossip: 3 * time.Second, Fail: 10 * time.Second},
		"lan":      {Heartbeat: 200 * time.Millisecond, Gossip: 200 * time.Millisecond, Fail: 2 * time.Second},
	} {
		got, ok := protocol.ProfileTiming(name)
		if !ok || got != want || got.Validate() != nil {
			t.Errorf("%s: %v, %v, %v", name, got, ok, got.Validate())
		}
	}
	if got, ok := protocol.ProfileTiming("wan"); ok {
		t.Errorf("wan: %v", got)
	}
	d := 7 * time.Second
	lan := protocol.LANTiming()
	for _, c := range []struct{ got, want protocol.Timing }{
		{lan.With(nil, nil, nil), lan},
		{lan.With(&d, nil, nil), protocol.Timing{Heartbeat: d, Gossip: lan.Gossip, Fail: lan.Fail}},
		{lan.With(nil, &d, nil), protocol.Timing{Heartbeat: lan.Heartbeat, Gossip: d, Fail: lan.Fail}},
		{lan.With(nil, nil, &d), protocol.Timing{Heartbeat: lan.Heartbeat, Gossip: lan.Gossip, Fail: d}},
	} {
		if c.got != c.want {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
}
