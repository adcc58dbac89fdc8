// Package metrics is what a process tells to those who watch over it: numbers for
// Prometheus on /metrics, and on /healthz whether it lives.
//
// In flow snapshots, which a process takes of itself when it is asked, and the calls
// that its server answers; out flow pages of HTTP on a port of their own. Names and
// units are Prometheus's: gossip_<process>_<what>_<unit>. No series is about a pair of
// nodes, so that their number does not grow with the square of a cluster's.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gossiprpc/internal/config"
)

// Metrics are those of one process. It is safe for many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	look     func(context.Context, func(Sample)) error
}

// Sample is one number of a snapshot.
type Sample struct {
	Kind   *Kind
	Value  float64
	Labels []string // in the order of the Kind's
}

// Kind is what samples of one name have in common.
type Kind struct {
	desc  *prometheus.Desc
	value prometheus.ValueType
}

// Gauge is a number that may fall.
func Gauge(name, help string, labels ...string) *Kind {
	return &Kind{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// Counter is a number that only rises while the process lives; its name ends in
// _total.
func Counter(name, help string, labels ...string) *Kind {
	return &Kind{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

// Of is a sample of this kind.
func (k *Kind) Of(value float64, labels ...string) Sample { return Sample{k, value, labels} }

// lookLimit is how long a process may take to give a snapshot.
const lookLimit = 5 * time.Second

// New makes the metrics of a process of this name. Look takes a snapshot of the
// process and yields its samples, each of one of the kinds; its error means that the
// process gives none.
func New(process string, kinds []*Kind, look func(context.Context, func(Sample)) error) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), look: look}
	about := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "gossip_build_info", Help: "Always 1; what the process is and was built from.",
		ConstLabels: prometheus.Labels{"process": process, "version": config.Version()},
	})
	about.Set(1)
	m.registry.MustRegister(
		about, snapshots{m, kinds}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// snapshots is a prometheus.Collector of what look yields.
type snapshots struct {
	of    *Metrics
	kinds []*Kind
}

func (s snapshots) Describe(out chan<- *prometheus.Desc) {
	for _, k := range s.kinds {
		out <- k.desc
	}
}

func (s snapshots) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
	defer cancel()
	err := s.of.look(ctx, func(sample Sample) {
		out <- prometheus.MustNewConstMetric(sample.Kind.desc, sample.Kind.value, sample.Value, sample.Labels...)
	})
	if err != nil {
		out <- prometheus.NewInvalidMetric(s.kinds[0].desc, fmt.Errorf("snapshot: %w", err))
	}
}

// Gatherer is where the numbers come from.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// ServeHTTP answers /metrics and /healthz.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", m.health)
	mux.ServeHTTP(w, r)
}

// health says 200 ok while the process answers a question, which it does between any
// two of its steps, and 503 with the reason when it does not.
func (m *Metrics) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), lookLimit)
	defer cancel()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := m.look(ctx, func(Sample) {}); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "the process does not answer: %v\n", err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// Serve answers requests that come in by l, which it closes, until ctx ends.
func (m *Metrics) Serve(ctx context.Context, l net.Listener, log *slog.Logger) error {
	server := &http.Server{
		Handler: m, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("metrics: %w", err)
	case <-ctx.Done():
	}
	_ = server.Close() // a scrape under way is worth no wait
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
