package xmlrpc

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"gossiprpc/internal/socket"
)

// How long calls that are being answered may still take once Serve is to end.
const shutdownGrace = 200 * time.Millisecond

// Serve answers calls that come in by l, which it closes, until ctx ends. Then it
// takes no more, cancels the contexts of the methods still running, gives their
// answers 200 ms to leave, and returns after the last handler and goroutine has
// ended. It returns nil if ctx ended, and the listener's error if that failed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var open sync.WaitGroup // http.Server's Close does not wait for handlers
	server := &http.Server{
		Handler:                      s,
		ReadTimeout:                  min(s.options.HeaderTimeout, s.options.ReadTimeout), // larger bodies get more
		WriteTimeout:                 s.options.WriteTimeout,
		IdleTimeout:                  s.options.IdleTimeout,
		MaxHeaderBytes:               64 << 10,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelDebug),
		BaseContext:                  func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return s.conns.ConnContext(withConn(ctx, c), c)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			s.conns.ConnState(c, state)
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed:
				open.Done()
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.conns.Limit(socket.Listener(l))) }()

	var err error
	select {
	case err = <-served:
		cancel()
	case <-ctx.Done():
		grace, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		_ = server.Shutdown(grace) // what it leaves, Close ends
		stop()
		err = <-served
	}
	_ = server.Close() // its error is the listener's second closing
	open.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
