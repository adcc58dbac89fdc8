package xmlrpc

import (
	"context"
	"net"
	"time"
)

// callKey finds the context of the call that a dial is made for.
type callKey struct{}

// dialer opens connections that are given up together with their call. net/http
// dials on after a call has timed out, and each such dial holds one of the few
// connections a host may have: four calls to a host that vanished would shut out
// all later ones for minutes, long after it is back. Names are resolved by each
// dial anew.
func dialer() func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &net.Dialer{KeepAlive: 15 * time.Second}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if call, ok := ctx.Value(callKey{}).(context.Context); ok {
			bound, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(call, cancel)()
			ctx = bound
		}
		return d.DialContext(ctx, network, addr)
	}
}
