package lab

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"gossiprpc/harness/replay"
	"gossiprpc/internal/viewer"
)

// Open serves a page that shows runs, on one axis of time if there are several,
// until ctx ends. ready is told its address.
func Open(ctx context.Context, runs []string, ready func(address string)) error {
	for _, folder := range runs {
		if _, err := replay.Open(folder); err != nil {
			return err
		}
	}
	handler, err := runsHandler(runs)
	if err != nil {
		return err
	}
	return serve(ctx, handler, ready)
}

// runsHandler has the page, and each run's stream.
func runsHandler(runs []string) (http.Handler, error) {
	mux := http.NewServeMux()
	var c viewer.PageConfig
	for i, folder := range runs {
		address := fmt.Sprintf("runs/%d.ndjson", i+1)
		c.Streams = append(c.Streams, viewer.Feed{Name: filepath.Base(folder), NDJSON: address})
		mux.HandleFunc("GET /"+address, func(w http.ResponseWriter, r *http.Request) { sendRun(w, r, folder) })
	}
	c, err := withAuthors(c)
	if err != nil {
		return nil, err
	}
	viewer.Serve(mux, func() viewer.PageConfig { return c })
	return viewer.Secure(mux), nil
}

// sendRun plays a run for one viewer.
func sendRun(w http.ResponseWriter, r *http.Request, folder string) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_ = writeRun(r.Context(), w, folder) // the stream itself ends with the error
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_ = errors.Join(writeRun(r.Context(), z, folder), z.Close()) // as above
}
