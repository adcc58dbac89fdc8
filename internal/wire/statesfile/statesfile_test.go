package statesfile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire/statesfile"
)

func TestEncodeAndGenerations(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 250_000_000, time.UTC)
	states, mapping, err := statesfile.Encode([]statesfile.Node{
		{Address: "node2:5000", States: gossip.StateMap{
			{Address: "node1:5000", AppVersion: 1, Generation: 7, Heartbeat: 3, Status: "Normal", Updated: at},
		}},
		{Address: "node1:5000"},
	}, time.FixedZone("", 3600))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"node2:5000":{"node1:5000":{"heartBeat":{"heartBeatValue":3,"generation":7},` +
		`"appState":{"IP_Port":"node1:5000","App_version":1,"App_status":"Normal"},` +
		`"last_updated_time":"2026-11-24 13:00:00.250000"}}}`
	if string(states) != want {
		t.Errorf("states.json is\n%s\nwant\n%s", states, want)
	}
	if want := `{"node2:5000":0,"node1:5000":1}`; string(mapping) != want {
		t.Errorf("ip_mapping.json is %s, want %s", mapping, want)
	}
	got, err := statesfile.Generations(states)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[gossip.Address]map[gossip.Address]int64{"node2:5000": {"node1:5000": 7}}, got); d != "" {
		t.Error(d)
	}
	if _, err := statesfile.Generations(states[:40]); err == nil {
		t.Error("half a file is no error")
	}
}
