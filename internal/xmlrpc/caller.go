package xmlrpc

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
)

// Caller is what a connection tells of who makes a call.
type Caller struct {
	Addr netip.Addr // of the connection, IPv4 as such; not valid where it has none
	// Certificate is what the connection was opened with, by a listener whose
	// connections have a PeerCertificate method; nil: none.
	Certificate *x509.Certificate
	Cluster     string // that the caller says it is of, in the header [ClusterHeader]
}

// ClusterHeader is an HTTP header that an original neither sends nor reads.
const ClusterHeader = "X-Gossip-Cluster"

type callerKey struct{}

// CallerOf is who makes the call that a [Method] has ctx from. ok is false where
// ctx is of no call.
func CallerOf(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// WithCaller returns ctx as it is in a call of c's.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// caller reads the address anew for each call, and the certificate too: both are
// the connection's, but it may not have been there when the connection was taken.
func caller(r *http.Request) Caller {
	c := Caller{Cluster: r.Header.Get(ClusterHeader)}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Addr = from.Addr().Unmap().WithZone("")
	}
	if conn, ok := r.Context().Value(connKey{}).(interface{ PeerCertificate() *x509.Certificate }); ok {
		c.Certificate = conn.PeerCertificate()
	}
	return c
}
