package lab

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"gossiprpc/harness/replay"
	"gossiprpc/internal/viewer"
)

// Beside serves a page that shows a run of real processes while it goes on. ready is
// told its address; run, which is to tell the run's folder once there is one, does the
// rest. The page ends with it, and the error is run's own: a page that cannot be
// served is told to trouble, and the run goes on.
func Beside(
	ctx context.Context, ready func(address string), trouble func(error), run func(opened func(folder string)) error,
) error {
	page, err := withAuthors(viewer.PageConfig{Streams: []viewer.Feed{{SSE: "events"}}})
	if err != nil {
		return err
	}
	hub := viewer.NewHub(viewer.DefaultHistory)
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig { return page })
	mux.Handle("GET /events", hub)
	watching, stop := context.WithCancel(ctx)
	g, watching := errgroup.WithContext(watching)
	g.Go(func() error { return hub.Run(watching) })
	g.Go(func() error { return serve(watching, viewer.Secure(mux), ready) })
	ran := run(func(folder string) {
		g.Go(func() error {
			written := func() time.Time { return time.Now().Add(-recordLag) }
			f := replay.Follower{Folder: folder, Written: written, Every: 100 * time.Millisecond}
			return f.Stream(watching, hub.Put)
		})
	})
	stop()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		trouble(err)
	}
	return ran
}
