//go:build !js

package viewer

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/http"
)

//go:embed assets
var embedded embed.FS

// Assets are the page's files: index.html and all that it loads.
func Assets() fs.FS {
	files, err := fs.Sub(embedded, "assets")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return files
}

// PageConfig is what a page is told before anything else.
type PageConfig struct {
	Streams []Feed      `json:"streams"`       // one, or two to compare
	Lab     *LabControl `json:"lab,omitempty"` // what can be done; nil: nothing, only looked at
	// Plain is the address of a page that needs no JavaScript; empty: there is none.
	Plain string `json:"plain,omitempty"`
	// Authors is what the original's authors recorded of test cases.
	Authors []Reading `json:"authors,omitempty"`
}

// Reading is how long a test case once took with the original, at speed 1.
type Reading struct {
	Protocol string  `json:"protocol"`
	Case     int     `json:"case"`
	Nodes    int     `json:"nodes"`
	Seconds  float64 `json:"seconds"`
}

// Feed is where a page gets one stream from: exactly one of SSE, NDJSON, Element and
// Worker.
type Feed struct {
	Name    string `json:"name,omitempty"`
	SSE     string `json:"sse,omitempty"`     // address of server-sent events
	NDJSON  string `json:"ndjson,omitempty"`  // address of a whole stream
	Element string `json:"element,omitempty"` // of the page itself
	Gzip    bool   `json:"gzip,omitempty"`    // the element holds base64 of gzip

	Worker string     `json:"worker,omitempty"` // address of a script that simulates
	Start  *Beginning `json:"start,omitempty"`  // of the simulation
}

// Beginning is what a simulation begins with, unless the page's address says
// otherwise.
type Beginning struct {
	Protocol string `json:"protocol"`
	Nodes    int    `json:"nodes"`
	Seed     uint64 `json:"seed"`
}

// LabControl is how a page acts on a cluster.
type LabControl struct {
	Act       string   `json:"act,omitempty"` // address to POST to; empty: the streams' workers act
	Header    string   `json:"header,omitempty"`
	Token     string   `json:"token,omitempty"`
	Acts      []string `json:"acts"` // which of them this cluster has
	Scripts   []Script `json:"scripts"`
	Protocols []string `json:"protocols"`
	Settings  []string `json:"settings,omitempty"` // more of a new cluster: fail, delay, drift
	Beside    string   `json:"beside,omitempty"`   // the page with two clusters, or from there with one
}

// Script is a scenario by its name.
type Script struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// configPlace is what index.html has where the configuration goes.
var configPlace = []byte(`<script type="application/json" id="config">{}</script>`)

// plainPlace is where it has a link to the plain page for browsers without JavaScript.
const plainPlace = "<!-- plain page -->"

// Page is the index.html of some assets with its configuration.
func Page(assets fs.FS, c PageConfig) ([]byte, error) {
	index, err := fs.ReadFile(assets, "index.html")
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	if bytes.Count(index, configPlace) != 1 {
		return nil, errors.New("page: index.html has no place for its configuration")
	}
	config, err := json.Marshal(c) // escapes <, > and &
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	if c.Plain != "" {
		link := fmt.Sprintf(`<a href="%s">Plain tables</a> need none.`, html.EscapeString(c.Plain))
		index = bytes.Replace(index, []byte(plainPlace), []byte(link), 1)
	}
	return bytes.Replace(index, configPlace, bytes.Replace(configPlace, []byte("{}"), config, 1), 1), nil
}

// Policy is the content security policy of pages that are served.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Secure has a handler's answers say what a browser may do with them.
func Secure(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", Policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// Serve answers with the page at / and its files beside it.
func Serve(mux *http.ServeMux, config func() PageConfig) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		page, err := Page(Assets(), config())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // the viewer has gone: nobody to tell
	})
	mux.Handle("GET /", http.FileServerFS(Assets()))
}
