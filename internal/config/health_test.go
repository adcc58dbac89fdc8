package config

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	answer, status := "ok", http.StatusOK
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	address := server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	for _, at := range []string{address, ":" + port} {
		if code, out, errs := ask(t, "health", at); code != ExitOK || out+errs != "" || asked != "/healthz" {
			t.Errorf("%s lives: exit code %d, %q, path %s", at, code, out+errs, asked)
		}
	}
	answer, status = "it does not answer", http.StatusServiceUnavailable
	if code, _, errs := ask(t, "health", address); code != ExitFailed || !strings.Contains(errs, answer) {
		t.Errorf("it does not live: exit code %d, %q", code, errs)
	}
	server.Close()
	if code, _, errs := ask(t, "health", address); code != ExitFailed || errs == "" {
		t.Errorf("nobody listens: exit code %d, %q", code, errs)
	}
}

func TestHealthOfWhat(t *testing.T) {
	for _, args := range [][]string{{"health"}, {"health", "a:1", "b:1"}, {"health", "nowhere"}} {
		if code, _, errs := ask(t, args...); code != ExitWrongUse || !strings.Contains(errs, "HOST:PORT") {
			t.Errorf("%v: exit code %d, %q", args, code, errs)
		}
	}
}
