// Package dashboard is the web side of a monitor: the routes of the original's
// Flask app, in its text forms, the viewer, and plain tables for browsers without
// JavaScript.
//
// It reads any monitor by XML-RPC, ours or an original, and writes nothing. In
// flow HTTP requests and the monitor's answers; out flows HTML that loads nothing
// from outside. All that the monitor says is escaped.
package dashboard

import (
	"context"
	"embed"
	"html/template"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/sync/errgroup"

	"gossiprpc/internal/guard"
	"gossiprpc/internal/viewer"
	"gossiprpc/internal/wire"
)

//go:embed plain.html plain.css
var files embed.FS

var plainPage = template.Must(template.New("plain.html").Funcs(template.FuncMap{
	"age": age, "seconds": seconds, "inc": func(i int) int { return i + 1 },
}).ParseFS(files, "plain.html"))

// Options are what a dashboard shows.
type Options struct {
	Monitor wire.Monitor
	Logger  *slog.Logger
	Hosts   []string // names by which the page may be asked for, see [guard.New]
	// Hub has the stream of a monitor in the same process; nil: the monitor is polled
	// while somebody looks. Whoever makes it runs it.
	Hub *viewer.Hub
	// Records is the path of the monitor's results.jsonl; empty: out of reach.
	Records string
}

// Dashboard is an http.Handler. It is safe for many goroutines.
type Dashboard struct {
	monitor wire.Monitor
	log     *slog.Logger
	guarded http.Handler
	records string
	hub     *viewer.Hub
	poller  *poller // nil: the hub is somebody else's
}

// New makes a dashboard of one monitor.
func New(o Options) *Dashboard {
	d := &Dashboard{monitor: o.Monitor, log: o.Logger, records: o.Records, hub: o.Hub}
	if d.hub == nil {
		d.hub = viewer.NewHub(viewer.DefaultHistory)
		d.poller = newPoller(d.hub, func(ctx context.Context) (wire.Status, error) {
			s, _, err := d.readStatus(ctx)
			return s, err
		})
	}
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig {
		return viewer.PageConfig{Streams: []viewer.Feed{{SSE: "api/v1/events"}}, Plain: "plain"}
	})
	mux.HandleFunc("GET /plain", d.plain)
	mux.Handle("GET /plain.css", http.FileServerFS(files))
	mux.HandleFunc("GET /suspect_matrix", d.suspectMatrix)
	mux.HandleFunc("GET /fault_vector", d.faultVector)
	mux.HandleFunc("GET /status", d.status)
	mux.HandleFunc("GET /results", d.results)
	mux.Handle("GET /api/v1/events", d.hub)
	mux.HandleFunc("GET /api/v1/snapshot", d.snapshot)
	mux.HandleFunc("GET /api/v1/results", d.resultList)
	d.guarded = guard.New(o.Hosts...).Page(viewer.Secure(mux))
	return d
}

// ServeHTTP answers one request.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.guarded.ServeHTTP(w, r) }

// Serve answers requests that come in by l, which it closes, until ctx ends.
func (d *Dashboard) Serve(ctx context.Context, l net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return guard.Serve(ctx, l, d, d.log) })
	if d.poller != nil {
		g.Go(func() error { return d.hub.Run(ctx) })
		g.Go(func() error { return d.pollWhileWatched(ctx) })
	}
	return g.Wait()
}

// plain is the monitor at this moment, in tables, for browsers without JavaScript.
func (d *Dashboard) plain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := plainPage.Execute(w, d.ask(r.Context())); err != nil {
		d.log.Debug("page not sent", "err", err)
	}
}
