// Package dashboard is the web side of a monitor: the routes of the original's
// Flask app, in its text forms, and a live page for people.
//
// It reads any monitor by XML-RPC, ours or an original, and writes nothing. In
// flow HTTP requests and the monitor's answers; out flows HTML that loads nothing
// from outside. All that the monitor says is escaped.
package dashboard

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"gossiprpc/internal/wire"
)

//go:embed assets
var assets embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"age": age, "seconds": seconds, "inc": func(i int) int { return i + 1 },
}).ParseFS(assets, "assets/*.html"))

// Dashboard is an http.Handler. It is safe for many goroutines.
type Dashboard struct {
	monitor wire.Monitor
	log     *slog.Logger
	mux     *http.ServeMux

	mu     sync.Mutex // held while the monitor is asked, so that a class of viewers asks once
	cached view
	at     time.Time
}

// cacheFor is how old a view may be; the page asks once a second.
const cacheFor = 400 * time.Millisecond

// New makes a dashboard of one monitor.
func New(m wire.Monitor, log *slog.Logger) *Dashboard {
	d := &Dashboard{monitor: m, log: log, mux: http.NewServeMux()}
	d.mux.HandleFunc("GET /{$}", d.page("page.html"))
	d.mux.HandleFunc("GET /live", d.page("live.html"))
	d.mux.HandleFunc("GET /suspect_matrix", d.suspectMatrix)
	d.mux.HandleFunc("GET /fault_vector", d.faultVector)
	d.mux.HandleFunc("GET /status", d.status)
	d.mux.HandleFunc("GET /results", d.results)
	d.mux.Handle("GET /assets/", http.FileServerFS(assets))
	return d
}

// ServeHTTP answers one request.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	d.mux.ServeHTTP(w, r)
}

// Serve answers requests that come in by l, which it closes, until ctx ends.
func (d *Dashboard) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: d, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		ErrorLog:    slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
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

func (d *Dashboard) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := d.view(r.Context())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := pages.ExecuteTemplate(w, name, v); err != nil {
			d.log.Debug("page not sent", "page", name, "err", err)
		}
	}
}
