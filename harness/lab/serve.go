package lab

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"gossiprpc/internal/guard"
)

// serve answers on a port of this machine alone until ctx ends. ready is told the
// page's address, with nothing after the port.
func serve(ctx context.Context, handler http.Handler, ready func(address string)) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	server := &http.Server{
		Handler: onlyHere(l.Addr().String(), handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ready("http://" + l.Addr().String()) // it can be connected to already
	return guard.Until(ctx, l, server)
}

// onlyHere refuses what a page from elsewhere has a browser ask: another origin, or
// a name of its own that it has led to this machine.
func onlyHere(address string, h http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(address) // of a listener
	here := map[string]bool{address: true, net.JoinHostPort("localhost", port): true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !here[r.Host] {
			text := fmt.Sprintf("host %q: this page is at %s only", r.Host, address)
			http.Error(w, text, http.StatusMisdirectedRequest)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
			http.Error(w, fmt.Sprintf("origin %q: only this page itself may ask", origin), http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}
