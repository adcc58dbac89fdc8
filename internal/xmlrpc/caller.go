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

// caller asks the connection anew for each call: its certificate may not have been there
// when it was taken.
func caller(r *http.Request) Caller {
	c := Caller{Cluster: r.Header.Get(ClusterHeader)}
	conn, _ := r.Context().Value(connKey{}).(net.Conn) // none in a test without one
	if conn == nil {
		return c
	}
	if from, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		c.Addr = from.AddrPort().Addr().Unmap().WithZone("")
	}
	if secured, ok := conn.(interface{ PeerCertificate() *x509.Certificate }); ok {
		c.Certificate = secured.PeerCertificate()
	}
	return c
}
