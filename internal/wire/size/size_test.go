package size_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/wire/size"
	"gossiprpc/internal/xmlrpc"
)

type sink struct{}

func (sink) Receive(context.Context, gossip.Address, gossip.Message) error { return nil }

// TestOfMessage holds the formula against what the real client posts.
func TestOfMessage(t *testing.T) {
	server, err := xmlrpc.NewServer(wire.NodeMethods(sink{}), xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	var posted int64
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posted = r.ContentLength
		server.ServeHTTP(w, r)
	}))
	defer h.Close()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	to := gossip.Address(strings.TrimPrefix(h.URL, "http://"))
	digest := gossip.NewDigest([]gossip.DigestEntry{
		{Address: "node1:5000", AppVersion: 1, Generation: 1_700_000_000, Heartbeat: 7},
		{Address: "node1234:5000", AppVersion: 1, Generation: 0, Heartbeat: 2_000_000_000},
		{Address: "x:1", AppVersion: -1, Generation: 99, Heartbeat: 100},
	})
	var states []gossip.EndpointState
	for _, e := range digest {
		states = append(states, gossip.EndpointState{
			Address: e.Address, AppVersion: e.AppVersion, Generation: e.Generation, Heartbeat: e.Heartbeat,
			Status: "Normal", Updated: time.Unix(1_700_000_000, 5000),
		})
	}
	var large gossip.Digest
	var largeStates gossip.StateMap
	for i := range 65 {
		a := gossip.Address(fmt.Sprintf("node%03d:5000", i))
		large = append(large, gossip.DigestEntry{Address: a, AppVersion: 1, Generation: 1_700_000_000, Heartbeat: int32(i)})
		largeStates = append(largeStates, gossip.EndpointState{Address: a, Status: "Normal", Updated: time.Unix(1_700_000_000, 5000)})
	}
	for _, m := range []gossip.Message{
		gossip.Gossip{Digest: large[:64]},
		gossip.Gossip{Digest: large},
		gossip.Syn{ClusterID: 1, Digest: large},
		gossip.Ack{Wanted: []gossip.Address{"x:1"}, States: largeStates},
		gossip.Ack2{States: largeStates[:64]},
		gossip.Ack2{States: largeStates},
		gossip.Gossip{Digest: digest},
		gossip.Gossip{},
		gossip.Syn{ClusterID: 1, Digest: digest},
		gossip.Ack{Wanted: []gossip.Address{"node1:5000", "x:1"}, States: states},
		gossip.Ack{},
		gossip.Ack2{States: states},
	} {
		if err := wire.SendMessage(t.Context(), client, "node17:5000", to, m); err != nil {
			t.Fatal(err)
		}
		if got := size.OfMessage("node17:5000", m); int64(got) != posted {
			t.Errorf("%s: computed %d bytes, posted %d", m.Kind(), got, posted)
		}
	}
}
