package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// get asks the page from an address of loopback.
func get(t *testing.T, from, url string) (string, error) {
	t.Helper()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{DialContext: d.DialContext}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

// TestOnlyAllowedNetworksReachMonitorAndPage: the page asks its own monitor even so,
// from whatever address viewers are allowed.
func TestOnlyAllowedNetworksReachMonitorAndPage(t *testing.T) {
	web := "127.0.0.1:" + strconv.Itoa(freePort(t))
	p := startMonitor(t, "--allow", "127.0.0.2", "--web", web, "--protocol", "rr")
	p.stderr.await(t, "web page on http://"+web+"\n")
	if text, err := get(t, "127.0.0.2", "http://"+web+"/fault_vector"); err != nil || text != "[]" {
		t.Errorf("the page says %q, %v", text, err)
	}
	if text, err := get(t, "127.0.0.1", "http://"+web+"/fault_vector"); err == nil {
		t.Errorf("a stranger was told %q by the page", text)
	}
	if _, err := p.monitor.FaultVector(t.Context()); err == nil {
		t.Error("a stranger was told by the monitor")
	}
	p.stderr.await(t, "caller=127.0.0.1 why=\"not in --allow\"")
}

func TestOnlyTheNodeItselfReports(t *testing.T) {
	p := startMonitor(t, "--verify-sender", "--protocol", "rr")
	if err := p.monitor.Register(t.Context(), "127.0.0.1:5000"); err != nil {
		t.Errorf("its own name: %v", err)
	}
	for _, liar := range []func() error{
		func() error { return p.monitor.Register(t.Context(), "127.0.0.2:5000") },
		func() error { return p.monitor.UpdateSuspects(t.Context(), "127.0.0.2:5000", nil, 1) },
	} {
		if err := liar(); err == nil || !strings.Contains(err.Error(), "speaks for 127.0.0.2:5000") {
			t.Errorf("another's name: %v", err)
		}
	}
	if mapping, err := p.monitor.Mapping(t.Context()); err != nil || len(mapping) != 1 {
		t.Errorf("the monitor knows %v, %v", mapping, err)
	}
}

// startPage runs "monitor dashboard" until the test's end.
func startPage(t *testing.T, listen string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stderr := newScreen()
	code := make(chan int, 1)
	all := append([]string{"dashboard", "--listen", listen}, args...)
	go func() { code <- run(ctx, all, strings.NewReader(""), io.Discard, stderr) }()
	t.Cleanup(func() {
		cancel()
		if c := <-code; c != 0 {
			t.Errorf("the page ended with %d", c)
		}
	})
	stderr.await(t, "web page on http://"+listen+"\n")
}
