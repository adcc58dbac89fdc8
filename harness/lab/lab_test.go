package lab

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/viewer"
)

// recorded leaves the folder of a run in virtual time.
func recorded(t *testing.T, script string) string {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Seed, o.Runs = sim.Backend{}, "rr", 3, t.TempDir()
	outcome, err := scenario.Run(t.Context(), o, "test.txt", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Folder
}

const shortScript = "cluster 4 rr\nawait joined\nkill node4\nawait dead node4\nexpect dead node4\n"

func unpack(t *testing.T, text string) string {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

var element = regexp.MustCompile(`(?s)<script type="application/x-ndjson" id="record1">(.*?)</script>`)

func TestExportedPageHoldsTheWholeRun(t *testing.T) {
	folder := recorded(t, shortScript)
	path, err := Export(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := element.FindSubmatch(page)
	if found == nil {
		t.Fatalf("no record in %s", path)
	}
	var stream bytes.Buffer
	if err := writeRun(t.Context(), &stream, folder); err != nil {
		t.Fatal(err)
	}
	if unpack(t, string(found[1])) != stream.String() {
		t.Error("the page's record is not the run's stream")
	}
	if first, _, _ := strings.Cut(stream.String(), "\n"); !strings.Contains(first, `"k":"run"`) {
		t.Errorf("the stream begins with %s", first)
	}
	if !strings.HasSuffix(stream.String(), `"k":"end-of-run","verdict":"pass"}`+"\n") {
		t.Errorf("the stream ends with %s", stream.String()[stream.Len()-100:])
	}
	for _, outside := range []string{` src="`, `<link rel="stylesheet"`, `@import`} {
		if strings.Contains(string(page), outside) {
			t.Errorf("the page has %s", outside)
		}
	}
}

// TestBundledPage looks at a page of assets that want to break out of it.
func TestBundledPage(t *testing.T) {
	assets := fstest.MapFS{
		"index.html": {Data: []byte(`<html><head>
<link rel="stylesheet" href="style.css">
<script type="application/json" id="config">{}</script>
<script type="module" src="app.js"></script>
</head><body></body></html>`)},
		"app.js":      {Data: []byte(`import { text } from "./deep/b.js"; document.title = text + "$1";`)},
		"deep/b.js":   {Data: []byte(`export { text } from "../c.js";`)},
		"c.js":        {Data: []byte(`export const text = "</script><b>";`)},
		"style.css":   {Data: []byte(`@import "./colours.css"; p { color: var(--c) }`)},
		"colours.css": {Data: []byte(`:root { --c: red }`)},
	}
	page, err := selfContained(assets, [][]byte{[]byte("one\n"), []byte("two\n")}, []string{"<a>", "b"})
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, want := range []string{`<\/script><b>`, "$1", "--c:", `id="record2"`, `"name":"\u003ca\u003e"`, `"gzip":true`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, part := range []string{`(?s)<style>(.*?)</style>`, `(?s)<script type="module">(.*?)</script>`} {
		inside := regexp.MustCompile(part).FindStringSubmatch(text)
		if inside == nil || !strings.Contains(text, hash(inside[1])) {
			t.Errorf("the policy does not allow %s", part)
		}
	}
	if got := unpack(t, element.FindStringSubmatch(text)[1]); got != "one\n" {
		t.Errorf("record 1 is %q", got)
	}
	assets["c.js"] = &fstest.MapFile{Data: []byte("export const text = ;")}
	if _, err := selfContained(assets, nil, nil); err == nil || !strings.Contains(err.Error(), "c.js:1:20") {
		t.Errorf("error %v: want the place in c.js", err)
	}
	delete(assets, "c.js")
	if _, err := selfContained(assets, nil, nil); err == nil || !strings.Contains(err.Error(), "c.js") {
		t.Errorf("error %v: want one that names c.js", err)
	}
}

func TestOpenServesPageAndStreams(t *testing.T) {
	first, second := recorded(t, shortScript), recorded(t, "cluster 5 rr\nawait joined\nexpect alive node1\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended, addresses := make(chan error, 1), make(chan string, 1)
	go func() { ended <- Open(ctx, []string{first, second}, func(a string) { addresses <- a }) }()
	address := <-addresses
	page := get(t, address+"/")
	for _, want := range []string{`"ndjson":"runs/1.ndjson"`, `"ndjson":"runs/2.ndjson"`, filepath.Base(first)} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	var stream bytes.Buffer
	if err := writeRun(ctx, &stream, second); err != nil {
		t.Fatal(err)
	}
	if got := get(t, address+"/runs/2.ndjson"); got != stream.String() {
		t.Error("the second stream is not that of the second run")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := Open(t.Context(), []string{t.TempDir()}, nil); err == nil || !strings.Contains(err.Error(), "no records") {
		t.Errorf("a folder without records: %v", err)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", address, answer.Status, err, text)
	}
	if p := answer.Header.Get("Content-Security-Policy"); p != viewer.Policy {
		t.Errorf("%s: policy %q", address, p)
	}
	return string(text)
}

// A damaged record shows what comes before the damage, and says where it ends.
func TestDamagedRecord(t *testing.T) {
	folder := recorded(t, shortScript)
	path := filepath.Join(folder, "records", "node2-1.rec")
	record, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	record[len(record)/2] ^= 0x40
	if err := os.WriteFile(path, record, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Export(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "node2-1.rec") {
		t.Errorf("error %v: want one that names the record", err)
	}
	var stream bytes.Buffer
	if err := writeRun(t.Context(), &stream, folder); err == nil {
		t.Error("no error")
	}
	lines := strings.Split(strings.TrimSpace(stream.String()), "\n")
	var last struct{ K, Who, Text string }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if len(lines) < 50 || last.K != "log" || !strings.Contains(last.Text, "node2-1.rec") {
		t.Errorf("%d lines, the last one is %+v", len(lines), last)
	}
}

func TestOnlyHere(t *testing.T) {
	h := onlyHere("127.0.0.1:7", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:7", "", http.StatusNoContent},
		{"localhost:7", "", http.StatusNoContent},
		{"127.0.0.1:7", "http://127.0.0.1:7", http.StatusNoContent},
		{"127.0.0.1:8", "", http.StatusMisdirectedRequest},
		{"evil.example:7", "", http.StatusMisdirectedRequest},
		{"", "", http.StatusMisdirectedRequest},
		{"127.0.0.1:7", "http://evil.example", http.StatusForbidden},
		{"127.0.0.1:7", "https://127.0.0.1:7", http.StatusForbidden},
		{"127.0.0.1:7", "http://localhost:7", http.StatusForbidden},
		{"127.0.0.1:7", "null", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("host %q, origin %q: %d, want %d", c.host, c.origin, w.Code, c.want)
		}
	}
}
