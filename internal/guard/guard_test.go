package guard

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// ask sends a request through g to a handler that answers "seen" and the body.
func ask(g *Guard, method, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	seen := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		_, _ = io.WriteString(w, "seen "+string(body))
	})
	mux := http.NewServeMux()
	mux.Handle("/", seen)
	mux.Handle("/control", g.Control("secret", seen))
	mux.Handle("/none", g.Control("", seen))
	r := httptest.NewRequest(method, target, strings.NewReader("body"))
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	g.Page(mux).ServeHTTP(w, r)
	return w
}

func header(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
}

func TestWhoMayLook(t *testing.T) {
	g := New("monitor-node", "Lab.Example.", "")
	for _, c := range []struct {
		name, target string
		change       func(*http.Request)
		want         int
	}{
		{"localhost", "http://localhost:8080/", nil, 200},
		{"below localhost", "http://a.localhost/", nil, 200},
		{"IPv4", "http://192.0.2.7:8080/", nil, 200},
		{"IPv6", "http://[::1]:8080/", nil, 200},
		{"IPv6 without port", "http://[::1]/", nil, 200},
		{"own name", "http://monitor-node:8080/", nil, 200},
		{"listed", "http://LAB.example/", nil, 200},
		{"another name", "http://evil.example/", nil, 421},
		{"a name that ends so", "http://notlocalhost/", nil, 421},
		{"an address as a name's beginning", "http://127.0.0.1.evil.example/", nil, 421},
		{"none", "http://localhost/", func(r *http.Request) { r.Host = "" }, 421},

		{"its own fetch", "http://localhost:8080/", header("Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin"), 200},
		{"another port's", "http://localhost:8080/", header("Origin", "http://localhost:9090"), 403},
		{"another page's", "http://localhost:8080/", header("Origin", "http://evil.example"), 403},
		{"a local file's", "http://localhost:8080/", header("Origin", "null"), 403},
		{"an empty one", "http://localhost:8080/", header("Origin", ""), 403},
		{"two", "http://localhost:8080/", func(r *http.Request) {
			r.Header["Origin"] = []string{"http://localhost:8080", "http://evil.example"}
		}, 403},
		{"typed", "http://localhost:8080/", header("Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"), 200},
		{"a link elsewhere", "http://localhost:8080/", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 200},
		{"an image elsewhere", "http://localhost:8080/", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"a script of a neighbour", "http://localhost:8080/", header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
	} {
		w := ask(g, http.MethodGet, c.target, c.change)
		if w.Code != c.want || (w.Code == 200) != strings.HasPrefix(w.Body.String(), "seen") {
			t.Errorf("%s: %d %q, want %d", c.name, w.Code, w.Body, c.want)
		}
		for _, h := range []string{
			"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
			"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
		} {
			if w.Header().Get(h) == "" {
				t.Errorf("%s: no %s", c.name, h)
			}
		}
	}
	if w := ask(g, http.MethodPost, "http://localhost/", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")); w.Code != 403 {
		t.Errorf("a form of another page: %d", w.Code)
	}
	large := func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", maxRequest+1))) }
	if w := ask(g, http.MethodPost, "http://localhost/", large); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: %d", w.Code)
	}
}

func TestWhoMayChange(t *testing.T) {
	g := New()
	token := func(text string) func(*http.Request) { return header("Authorization", text) }
	for _, c := range []struct {
		name, method, path string
		change             func(*http.Request)
		want               int
	}{
		{"with the token", "POST", "/control", token("Bearer secret"), 200},
		{"without", "POST", "/control", nil, 401},
		{"a wrong one", "POST", "/control", token("Bearer secre"), 401},
		{"a longer one", "POST", "/control", token("Bearer secrets"), 401},
		{"another scheme", "POST", "/control", token("Basic secret"), 401},
		{"GET", "GET", "/control", token("Bearer secret"), 405},
		{"none is set", "POST", "/none", token("Bearer "), 401},
		{"none is set, none given", "POST", "/none", nil, 401},
		{"another page with the token", "POST", "/control", header("Authorization", "Bearer secret", "Origin", "http://evil.example"), 403},
	} {
		w := ask(g, c.method, "http://localhost"+c.path, c.change)
		if w.Code != c.want || (w.Code == 200) != (w.Body.String() == "seen body") {
			t.Errorf("%s: %d %q, want %d", c.name, w.Code, w.Body, c.want)
		}
	}
}

func TestRates(t *testing.T) {
	now := time.Unix(0, 0)
	g := New()
	g.rates = newRates(10, 20, func() time.Time { return now })
	count := func(from string, n int) (seen int) {
		for range n {
			w := ask(g, http.MethodGet, "http://localhost/", func(r *http.Request) { r.RemoteAddr = from + ":1" })
			switch {
			case w.Code == 200:
				seen++
			case w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1":
				t.Errorf("%d %q", w.Code, w.Body)
			}
		}
		return seen
	}
	if n := count("192.0.2.1", 50); n != 20 {
		t.Errorf("%d of 50 at once, want 20", n)
	}
	if n := count("192.0.2.2", 5); n != 5 {
		t.Errorf("%d of 5 from another address", n)
	}
	now = now.Add(500 * time.Millisecond)
	if n := count("192.0.2.1", 50); n != 5 {
		t.Errorf("%d half a second later, want 5", n)
	}
	for i := range 2 * maxBuckets {
		g.rates.allow(string(rune('a' + i)))
	}
	if n := len(g.rates.buckets); n != maxBuckets {
		t.Errorf("%d addresses are remembered, want %d", n, maxBuckets)
	}
	now = now.Add(time.Minute)
	if n := count("192.0.2.3", 1); n != 1 || len(g.rates.buckets) != 1 {
		t.Errorf("%d, and %d addresses are remembered after a minute", n, len(g.rates.buckets))
	}
}

func TestParseHosts(t *testing.T) {
	if hosts, err := ParseHosts(" a.example, b "); err != nil || strings.Join(hosts, " ") != "a.example b" {
		t.Errorf("%q, %v", hosts, err)
	}
	if hosts, err := ParseHosts(""); err != nil || hosts != nil {
		t.Errorf("%q, %v", hosts, err)
	}
	for _, bad := range []string{"a,,b", "a:80", "http://a", "a b", "*", strings.Repeat("a", 254)} {
		if _, err := ParseHosts(bad); err == nil || !strings.Contains(err.Error(), "want host names without ports") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestViewersAreBounded opens more connections than there may be, none of which asks
// for anything, and then looks at the page.
func TestViewersAreBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
	go func() { served <- Serve(ctx, l, page, slog.New(slog.DiscardHandler)) }()
	var idle []net.Conn
	for range Viewers + 50 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	answer, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(answer.Body); err != nil || string(text) != "page" {
		t.Errorf("%q, %v", text, err)
	}
	_ = answer.Body.Close()
	closed := 0
	for _, c := range idle[:50] { // the oldest
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			closed++
		}
	}
	if closed != 50 {
		t.Errorf("%d of the 50 oldest are closed", closed)
	}
	for _, c := range idle {
		_ = c.Close()
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
