package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"gossiprpc/internal/metrics"
	"gossiprpc/internal/xmlrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	beats = metrics.Counter("gossip_test_beats_total", "Beats.")
	peers = metrics.Gauge("gossip_test_peers", "Peers.", "state")
)

func sampled(err error) *metrics.Metrics {
	return metrics.New("test", []*metrics.Kind{beats, peers}, func(_ context.Context, yield func(metrics.Sample)) error {
		if err == nil {
			yield(beats.Of(7))
			yield(peers.Of(3, "alive"))
		}
		return err
	})
}

func get(m *metrics.Metrics, path string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return answer
}

func TestASnapshotIsTold(t *testing.T) {
	m := sampled(nil)
	want := `# HELP gossip_test_beats_total Beats.
# TYPE gossip_test_beats_total counter
gossip_test_beats_total 7
# HELP gossip_test_peers Peers.
# TYPE gossip_test_peers gauge
gossip_test_peers{state="alive"} 3
`
	names := []string{"gossip_test_beats_total", "gossip_test_peers"}
	if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(m.Gatherer(), append(names, "gossip_build_info")...); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if a := get(m, "/healthz"); a.Code != http.StatusOK || a.Body.String() != "ok\n" {
		t.Errorf("/healthz: %d %q", a.Code, a.Body)
	}
	if a := get(m, "/metrics"); a.Code != http.StatusOK || !strings.Contains(a.Body.String(), "\n"+`gossip_test_peers{state="alive"} 3`) {
		t.Errorf("/metrics: %d %q", a.Code, a.Body)
	}
}

// A process that gives no snapshot is not healthy, and tells no numbers as if it were.
func TestAProcessThatDoesNotAnswer(t *testing.T) {
	m := sampled(errors.New("the process has ended"))
	if a := get(m, "/healthz"); a.Code != http.StatusServiceUnavailable || !strings.Contains(a.Body.String(), "has ended") {
		t.Errorf("/healthz: %d %q", a.Code, a.Body)
	}
	if a := get(m, "/metrics"); a.Code != http.StatusInternalServerError || !strings.Contains(a.Body.String(), "has ended") {
		t.Errorf("/metrics: %d %q", a.Code, a.Body)
	}
}

func TestCallsAreMeasured(t *testing.T) {
	m := sampled(nil)
	failed := errors.New("no")
	methods := m.Measure(xmlrpc.Methods{
		"good": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return xmlrpc.Value{}, nil }},
		"bad":  {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return xmlrpc.Value{}, failed }},
	})
	for name, want := range map[string]error{"good": nil, "bad": failed} {
		for range 2 {
			if _, err := methods[name].Call(t.Context(), nil); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
	}
	text := get(m, "/metrics").Body.String()
	for _, want := range []string{
		`gossip_rpc_faults_total{method="bad"} 2`, `gossip_rpc_faults_total{method="good"} 0`,
		`gossip_rpc_duration_seconds_count{method="good"} 2`, `gossip_rpc_duration_seconds_count{method="bad"} 2`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	var none *metrics.Metrics
	if _, err := none.Measure(xmlrpc.Methods{"bad": methods["bad"]})["bad"].Call(t.Context(), nil); !errors.Is(err, failed) {
		t.Errorf("without metrics: %v", err)
	}
}

func TestServingEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sampled(nil).Serve(ctx, l, slog.New(slog.DiscardHandler)) }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/healthz", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	_ = answer.Body.Close()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
