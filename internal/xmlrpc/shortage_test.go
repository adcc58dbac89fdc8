package xmlrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
)

// A call that lacks a descriptor waits for one, and is made when there is one again. It fails no
// sooner than if nobody answered, says why, and has not tried all the time.
func TestDialWaitsForADescriptor(t *testing.T) {
	hostport := serve(t, xmlrpc.Methods{
		"m": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return xmlrpc.NilValue(), nil }},
	}, xmlrpc.DefaultServerOptions())
	for i, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL} {
		var dials, lacking atomic.Int64
		c := client(t, func(o *xmlrpc.ClientOptions) {
			o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if dials.Add(1); lacking.Add(-1) >= 0 {
					return nil, fmt.Errorf("dial: %w", os.NewSyscallError("socket", lack))
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
		})
		lacking.Store(2)
		if _, err := c.Call(t.Context(), hostport, "m"); err != nil || dials.Load() != 3 {
			t.Errorf("%v twice: %d dials, %v", lack, dials.Load(), err)
		}
		c.Close()

		if i > 0 {
			continue // it takes seconds
		}
		lacking.Store(1 << 40)
		const timeout = time.Second
		said := false
		for tries := 0; tries < 5 && !said; tries++ { // on a busy machine the call may end before its dial
			dials.Store(0)
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			began := time.Now()
			_, err := c.Call(ctx, hostport, "m")
			cancel()
			if took := time.Since(began); err == nil || took < timeout/2 || dials.Load() > 30 {
				t.Errorf("%v for ever: %d dials in %v, %v", lack, dials.Load(), took, err)
			}
			said = errors.Is(err, lack)
		}
		if !said {
			t.Errorf("no call said that it lacked a descriptor (%v)", lack)
		}
	}

	refused := client(t, func(o *xmlrpc.ClientOptions) {
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := refused.Call(ctx, hostport, "m"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a refusal: %v", err)
	}
}
