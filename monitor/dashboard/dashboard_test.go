package dashboard_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/dashboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// original answers what the web app asks, as an original monitor does.
type original struct {
	wire.MonitorHandler // the reports, which the web app never sends
	order               []gossip.Address
	matrix              [][]int
	dead                []gossip.Address
	results             string
}

func (o original) Mapping(context.Context) (map[gossip.Address]int, error) {
	m := map[gossip.Address]int{}
	for i, a := range o.order {
		m[a] = i
	}
	return m, nil
}
func (o original) SuspectMatrix(context.Context) ([][]int, error) { return o.matrix, nil }
func (o original) FaultVector(context.Context) ([]int, error)     { return []int{0, 1}, nil }
func (o original) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	return o.order[:len(o.order)-len(o.dead)], o.dead, nil
}

func (o original) Results(context.Context) (string, error) {
	if o.results == "" {
		return "", errors.New("no such file")
	}
	return o.results, nil
}

// ours also has getStatus.
type ours struct {
	original
	status wire.Status
}

func (o ours) Status(context.Context) (wire.Status, error) { return o.status, nil }

// open serves a monitor and its dashboard.
func open(t *testing.T, h wire.MonitorHandler) *httptest.Server {
	t.Helper()
	return openAt(t, monitorOf(t, h))
}

// monitorOf serves a monitor and returns where.
func monitorOf(t *testing.T, h wire.MonitorHandler) string {
	t.Helper()
	server, err := xmlrpc.NewServer(wire.MonitorMethods(h), xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	monitor := httptest.NewServer(server)
	t.Cleanup(monitor.Close)
	return strings.TrimPrefix(monitor.URL, "http://")
}

func newClient(t *testing.T) *xmlrpc.Client {
	t.Helper()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func openAt(t *testing.T, monitor string) *httptest.Server {
	t.Helper()
	client := newClient(t)
	page := httptest.NewServer(dashboard.New(dashboard.Options{
		Monitor: wire.Monitor{Client: client, HostPort: monitor}, Logger: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(page.Close)
	return page
}

func get(t *testing.T, url string) (status int, kind, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(text)
}

var two = original{
	order:   []gossip.Address{"node1:5000", "node2:5000"},
	matrix:  [][]int{{0, 1}, {0, 0}},
	dead:    []gossip.Address{"node2:5000"},
	results: "\n\n--- <b>&\nTest Case",
}

func TestRoutesAnswerAsTheFlaskApp(t *testing.T) {
	page := open(t, two)
	for path, want := range map[string]struct{ kind, body string }{
		"/suspect_matrix": {"text/html; charset=utf-8", "[[0, 1], [0, 0]]"},
		"/fault_vector":   {"text/html; charset=utf-8", "[0, 1]"},
		"/status":         {"application/json", `{"dead":["node2:5000"],"live":["node1:5000"]}` + "\n"},
		"/results":        {"text/html; charset=utf-8", "<br><br>--- &lt;b&gt;&amp;<br>Test Case"},
	} {
		status, kind, body := get(t, page.URL+path)
		if status != 200 || kind != want.kind || body != want.body {
			t.Errorf("%s: %d %s %q, want %s %q", path, status, kind, body, want.kind, want.body)
		}
	}
}

func TestEmptyMonitor(t *testing.T) {
	page := open(t, original{})
	for path, want := range map[string]string{
		"/suspect_matrix": "[[]]",
		"/status":         `{"dead":[],"live":[]}` + "\n",
	} {
		if _, _, body := get(t, page.URL+path); body != want {
			t.Errorf("%s: %q, want %q", path, body, want)
		}
	}
	if status, _, _ := get(t, page.URL+"/results"); status != http.StatusInternalServerError {
		t.Errorf("/results without a file: %d, want 500 as the original", status)
	}
	if _, _, body := get(t, page.URL+"/plain"); !strings.Contains(body, "<b>0</b> nodes") || !strings.Contains(body, "None yet") {
		t.Errorf("page of an empty monitor: %s", body)
	}
}

func TestPlainPageOfAnOriginalMonitor(t *testing.T) {
	_, _, body := get(t, open(t, two).URL+"/plain")
	holds(t, body, "original monitor", "1 alive", "1 failed", "node2:5000", "unknown", "--- &lt;b&gt;&amp;")
}

func TestPlainPage(t *testing.T) {
	status := wire.Status{
		Nodes: []wire.NodeStatus{
			{Address: "node1:5000", Eligible: true, HeartbeatAge: 300 * time.Millisecond, Incarnation: 2, Observers: 1},
			{Address: "node2:5000", Failed: true, HeartbeatAge: -1, Incarnation: 1, Suspecting: 1, Observers: 1},
		},
		Matrix:  []gossip.Bits{{0b10}, {0}},
		Running: "Test Case", For: 1500 * time.Millisecond, Waiting: "0 of 1 <failed>",
		Events: []string{"node1 suspects <node2>"},
	}
	_, kind, body := get(t, open(t, ours{two, status}).URL+"/plain")
	if kind != "text/html; charset=utf-8" {
		t.Errorf("the page is %s", kind)
	}
	holds(t, body, "<b>2</b> nodes", "1 alive", "1 failed", "0.3 s", "1 of 1", "running for 1.5 s: 0 of 1 &lt;failed&gt;",
		"node1 suspects &lt;node2&gt;", `class="one">1<`, `class="mute"`)
	for _, not := range []string{"original monitor", "<script"} {
		if strings.Contains(body, not) {
			t.Errorf("the page has %q", not)
		}
	}
}

// Whoever has no JavaScript is led from the viewer to the plain page.
func TestViewerLeadsToThePlainPage(t *testing.T) {
	page := open(t, two)
	_, kind, body := get(t, page.URL+"/")
	if kind != "text/html; charset=utf-8" {
		t.Errorf("the viewer is %s", kind)
	}
	holds(t, body, `"sse":"api/v1/events"`, `"plain":"plain"`)
	_, after, _ := strings.Cut(body, "<noscript>")
	inside, _, _ := strings.Cut(after, "</noscript>")
	holds(t, inside, `<a href="plain">`)
	for _, file := range []string{"/app.js", "/style.css", "/plain.css"} {
		if status, _, _ := get(t, page.URL+file); status != http.StatusOK {
			t.Errorf("%s: %d", file, status)
		}
	}
}

func TestWideMatrixIsLeftOut(t *testing.T) {
	var status wire.Status
	for i := range 65 {
		a, err := gossip.NewAddress("node", i+1)
		if err != nil {
			t.Fatal(err)
		}
		status.Nodes = append(status.Nodes, wire.NodeStatus{Address: a})
		status.Matrix = append(status.Matrix, gossip.NewBits(65))
	}
	_, _, body := get(t, open(t, ours{two, status}).URL+"/plain")
	holds(t, body, "Too wide to look at with 65 nodes")
	if strings.Contains(body, `id="matrix"`) {
		t.Error("the matrix is shown all the same")
	}
}

func TestMonitorAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	page := openAt(t, gone)
	for _, path := range []string{"/status", "/results", "/suspect_matrix", "/fault_vector"} {
		if status, _, body := get(t, page.URL+path); status != http.StatusBadGateway || !strings.Contains(body, gone) {
			t.Errorf("%s: %d %q, want 502 and the monitor's name", path, status, body)
		}
	}
	_, _, body := get(t, page.URL+"/plain")
	holds(t, body, "does not answer", gone)
}

func TestNothingElseIsServed(t *testing.T) {
	page := open(t, two)
	if status, _, _ := get(t, page.URL+"/nowhere"); status != http.StatusNotFound {
		t.Errorf("/nowhere: %d, want 404", status)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page.URL+"/status", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /status: %d, want 405", answer.StatusCode)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	d := dashboard.New(dashboard.Options{
		Monitor: wire.Monitor{Client: client, HostPort: "127.0.0.1:1"}, Logger: slog.New(slog.DiscardHandler),
	})
	go func() { served <- d.Serve(ctx, l) }()
	if status, _, _ := get(t, "http://"+l.Addr().String()+"/plain.css"); status != http.StatusOK {
		t.Errorf("style sheet: %d", status)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v, want nil at the end of its context", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func holds(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q:\n%s", want, body)
		}
	}
}

// TestAForeignNameReadsNothing is what a page does whose own name was pointed here.
func TestAForeignNameReadsNothing(t *testing.T) {
	page := open(t, ours{original: two})
	for _, path := range []string{"/", "/plain", "/status", "/results", "/suspect_matrix", "/app.js"} {
		for name, change := range map[string]func(*http.Request){
			"host":   func(r *http.Request) { r.Host = "rebound.example" },
			"origin": func(r *http.Request) { r.Header.Set("Origin", "http://rebound.example") },
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			change(request)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			if err != nil || answer.StatusCode < 400 || strings.Contains(string(text), "node1") {
				t.Errorf("%s with a foreign %s: %d %q, %v", path, name, answer.StatusCode, text, err)
			}
		}
	}
}
