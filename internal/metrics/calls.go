package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gossiprpc/internal/xmlrpc"
)

// Measure counts the calls of a server's methods and measures how long each takes. It
// returns the methods to serve, and may be called once.
func (m *Metrics) Measure(methods xmlrpc.Methods) xmlrpc.Methods {
	if m == nil {
		return methods
	}
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "gossip_rpc_duration_seconds", Help: "How long calls of the server's methods took.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"method"})
	faults := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gossip_rpc_faults_total", Help: "Calls of the server's methods that were answered with a fault.",
	}, []string{"method"})
	m.registry.MustRegister(seconds, faults)
	measured := xmlrpc.Methods{}
	for name, method := range methods {
		took, failed := seconds.WithLabelValues(name), faults.WithLabelValues(name)
		measured[name] = method.Around(func(ctx context.Context, next xmlrpc.Do) (xmlrpc.Value, error) {
			began := time.Now()
			v, err := next(ctx)
			took.Observe(time.Since(began).Seconds())
			if err != nil {
				failed.Inc()
			}
			return v, err
		})
	}
	return measured
}
