package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"gossiprpc/internal/conns"
)

// slowest is how long a viewer may take to read an answer. A handler that streams sets
// a deadline of its own for each write.
const slowest = 30 * time.Second

// Serve answers requests that come in by l, which it closes, until ctx ends. It keeps
// at most [Viewers] connections.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	table := conns.New(conns.For(Viewers))
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conns.Serving(r.Context())
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: slowest,
		IdleTimeout: 60 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: table.ConnContext, ConnState: table.ConnState,
	}
	return Until(ctx, table.Limit(l), server)
}

// Until has a server answer requests that come in by l, which it closes, until ctx
// ends. What has not been answered a second later is cut.
func Until(ctx context.Context, l net.Listener, server *http.Server) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("web page: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close() // what did not end in time is cut
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web page: %w", err)
	}
	return nil
}
