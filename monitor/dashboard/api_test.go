package dashboard_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/dashboard"
)

func TestSnapshot(t *testing.T) {
	status := wire.Status{
		Nodes: []wire.NodeStatus{
			{Address: "node1:5000", Eligible: true, HeartbeatAge: 300 * time.Millisecond, Incarnation: 2, Observers: 1},
			{Address: "node2:5000", Failed: true, HeartbeatAge: -1, Incarnation: 1, Suspecting: 1, Observers: 1},
		},
		Matrix:  []gossip.Bits{{0b10}, {0}},
		Running: "Test Case", For: 1500 * time.Millisecond, Waiting: "0 of 1",
	}
	page := open(t, ours{two, status})
	const nodes = `"nodes":[{"address":"node1:5000","failed":false,"eligible":true,"heartbeat_age_s":0.3,"incarnation":2,` +
		`"suspecting":0,"observers":1},{"address":"node2:5000","failed":true,"eligible":false,"heartbeat_age_s":null,` +
		`"incarnation":1,"suspecting":1,"observers":1}]`
	for path, matrix := range map[string]string{
		"/api/v1/snapshot": "", "/api/v1/snapshot?matrix=1": `"matrix":[[0,1],[0,0]],`,
	} {
		status, kind, body := get(t, page.URL+path)
		want := `"deaf":"","case":{"title":"Test Case","running_s":1.5,"waiting":"0 of 1"},` + nodes + `,` + matrix + `"events":[]}`
		if status != http.StatusOK || kind != "application/json" || !strings.HasSuffix(strings.TrimSpace(body), want) {
			t.Errorf("%s: %d %s %s\nwant %s", path, status, kind, body, want)
		}
	}
	_, _, body := get(t, open(t, two).URL+"/api/v1/snapshot")
	holds(t, body, `"case":null`, `"incarnation":0`, `"failed":true`)
}

func TestResultList(t *testing.T) {
	_, kind, body := get(t, open(t, two).URL+"/api/v1/results")
	if kind != "application/json" {
		t.Errorf("results are %s", kind)
	}
	holds(t, body, `"results":null`, `Test Case`)

	records := filepath.Join(t.TempDir(), "results.jsonl")
	page := httptest.NewServer(dashboard.New(dashboard.Options{
		Monitor: wire.Monitor{Client: newClient(t), HostPort: monitorOf(t, original{})}, Logger: slog.New(slog.DiscardHandler), Records: records,
	}))
	t.Cleanup(page.Close)
	_, _, body = get(t, page.URL+"/api/v1/results")
	holds(t, body, `{"results":[],"text":""}`)
	if err := os.WriteFile(records, []byte("{\"case\":1}\n{\"case\":2}\n{\"ca"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, body = get(t, page.URL+"/api/v1/results")
	holds(t, body, `{"results":[{"case":1},{"case":2}],"text":""}`)
}

// The stream of a monitor that is polled goes on while the monitor is away, and says
// that it is.
func TestEventsOfAPolledMonitor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := xmlrpc.NewServer(wire.MonitorMethods(two), xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	monitor := httptest.NewServer(server)
	d := dashboard.New(dashboard.Options{
		Monitor: wire.Monitor{Client: newClient(t), HostPort: strings.TrimPrefix(monitor.URL, "http://")},
		Logger:  slog.New(slog.DiscardHandler),
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx, l) }()
	answer, err := http.Get("http://" + l.Addr().String() + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("events are %s", kind)
	}
	lines := bufio.NewScanner(answer.Body)
	for _, want := range []string{`"k":"run"`, `"name":"node2"`, `"k":"cell","by":0,"of":1`, `"k":"verdict","node":1,"failed":true`} {
		await(t, lines, want)
	}
	monitor.Close()
	await(t, lines, `"k":"away","text":"`)
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	_ = answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}

func await(t *testing.T, lines *bufio.Scanner, want string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return
		}
	}
	t.Fatalf("the stream ended before %s: %v", want, lines.Err())
}
