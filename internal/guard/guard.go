// Package guard stands before the handlers of a web page: it lets in only requests
// that were made for this page, by the page itself or by somebody who opens it, not
// too many of them, and adds the headers that keep other pages out.
//
// In flow HTTP requests; out flow those that may go on, to a handler that shows things
// ([Guard.Page]) or to one that changes things ([Guard.Control]).
package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// Viewers is how many connections a page's server has at a time: a browser opens
	// up to six, and keeps one.
	Viewers = 256
	// maxRequest is how many bytes a request's body may have.
	maxRequest = 64 << 10
	// An address may make perSecond requests, and burst of them at once. All viewers
	// behind a gateway have one address, and a page asks once a second.
	perSecond = 100
	burst     = 300
)

// Guard is one page's. It is safe for many goroutines.
type Guard struct {
	hosts []string
	rates *rates
}

// New makes a guard. A page may be asked for by an IP address, by a loopback name, by
// the machine's own name, and by the names in hosts: by any other name, a page of
// elsewhere whose name was pointed here could read it.
func New(hosts ...string) *Guard {
	g := &Guard{hosts: []string{"localhost"}, rates: newRates(perSecond, burst, time.Now)}
	if own, err := os.Hostname(); err == nil {
		hosts = append(hosts, own)
	}
	for _, h := range hosts {
		if h != "" {
			g.hosts = append(g.hosts, strings.ToLower(strings.TrimSuffix(h, ".")))
		}
	}
	return g
}

// ParseHosts reads a list of host names such as that of --web-host.
func ParseHosts(list string) ([]string, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var hosts []string
	for h := range strings.SplitSeq(list, ",") {
		h = strings.TrimSpace(h)
		if h == "" || len(h) > 253 || strings.ContainsFunc(h, func(r rune) bool {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
			return !letter && !strings.ContainsRune("0123456789-._", r)
		}) {
			return nil, fmt.Errorf("%q: want host names without ports, separated by commas", h)
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// Page has h answer requests that may look at the page.
func (g *Guard) Page(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if no := g.refuses(r); no != nil {
			no.answer(w)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		h.ServeHTTP(w, r)
	})
}

// Control has h answer requests that may change something: POSTs of the page itself,
// or of no page, with the token. It belongs inside of [Guard.Page]. With an empty token
// nobody may change anything.
func (g *Guard) Control(token string, h http.Handler) http.Handler {
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		switch {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			(&refusal{http.StatusMethodNotAllowed, "want POST"}).answer(w)
		case token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			w.Header().Set("WWW-Authenticate", "Bearer")
			(&refusal{http.StatusUnauthorized, "want the token, as Authorization: Bearer TOKEN"}).answer(w)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// secure sets the headers with which a browser keeps the page apart from others.
func secure(h http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; " +
			"form-action 'self'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
	} {
		h.Set(name, value)
	}
}

type refusal struct {
	status int
	text   string
}

func (r *refusal) answer(w http.ResponseWriter) {
	if r.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, r.text, r.status)
}

func (g *Guard) refuses(r *http.Request) *refusal {
	if !g.named(r.Host) {
		return &refusal{
			http.StatusMisdirectedRequest,
			fmt.Sprintf("this page is not known as %.100q: use an IP address or localhost, or start it with --web-host", r.Host),
		}
	}
	if foreign(r) {
		return &refusal{http.StatusForbidden, "requests of other pages are refused"}
	}
	if !g.rates.allow(address(r)) {
		return &refusal{http.StatusTooManyRequests, fmt.Sprintf("more than %d requests a second", perSecond)}
	}
	return nil
}

// named tells whether a request's Host header names this page.
func (g *Guard) named(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true // nobody can point an address elsewhere
	}
	return slices.Contains(g.hosts, host) || strings.HasSuffix(host, ".localhost")
}

// foreign tells whether another page has made the request. One that only leads here is
// welcome: whoever follows a link looks at this page.
func foreign(r *http.Request) bool {
	if origins, there := r.Header["Origin"]; there {
		u, err := url.Parse(origins[0])
		return len(origins) != 1 || err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Method != http.MethodGet && r.Method != http.MethodHead
	}
	return false
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
