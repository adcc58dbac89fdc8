package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"

	"gossiprpc/internal/gossip"
)

// Watched is the setting of where a process tells its numbers.
type Watched struct {
	Metrics string `help:"HOST:PORT to serve /metrics (for Prometheus) and /healthz on; none when empty." placeholder:"HOST:PORT"`
}

// ListenMetrics opens the port that --metrics names, and prints where it is. Without
// the flag the listener is nil.
func (w Watched) ListenMetrics(ctx context.Context, stderr io.Writer) (net.Listener, error) {
	if w.Metrics == "" {
		return nil, nil
	}
	if err := CheckListen(w.Metrics); err != nil {
		return nil, fmt.Errorf("--metrics %w", err)
	}
	return ListenPage(ctx, w.Metrics, "metrics", "/metrics", stderr)
}

// CheckListen says what is wrong with HOST:PORT.
func CheckListen(at string) error {
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return fmt.Errorf("%q: want HOST:PORT, or :PORT for all addresses", at)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("%q: port %q is not a number", at, port)
	}
	if err := gossip.CheckPort(n); err != nil {
		return fmt.Errorf("%q: %w", at, err)
	}
	return nil
}

// ListenPage opens HOST:PORT for something that people or their tools look at, and
// prints its address, so that a terminal can be clicked at it.
func ListenPage(ctx context.Context, at, what, path string, stderr io.Writer) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(stderr, "%s on http://%s%s\n", what, reachable(l), path)
	return l, nil
}

// reachable is where a process finds its own listener: one on all addresses is
// found on loopback.
func reachable(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return l.Addr().String()
}
