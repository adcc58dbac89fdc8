package xmlrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"gossiprpc/internal/socket"
)

// Dial opens a connection, as [net.Dialer.DialContext].
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// redial is how long a dial waits for a descriptor before it tries again.
const redial = 50 * time.Millisecond

// patient opens connections by dial, and tries again while the process or the machine has no
// descriptor or port left, until shortly before the call ends, so that it says what was
// lacking. To fail at once would look like a refusal of the peer's, whereupon a node calls the
// next one: 500 nodes in one process that had used up its descriptors made 10,000 calls a second.
func patient(dial Dial) Dial {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		for {
			c, err := dial(ctx, network, addr)
			if callEnds, bounded := ctx.Deadline(); !short(err) || bounded && time.Until(callEnds) < 5*redial {
				return c, err
			}
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(redial):
			}
		}
	}
}

// short tells whether an error is of a lack at this end.
func short(err error) bool {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

// keepAlive is how long a connection is idle before the system asks whether its other end is there.
const keepAlive = 15 * time.Second

var overTCP Dial = (&net.Dialer{KeepAlive: keepAlive}).DialContext

// DialFrom opens connections over TCP that begin at an address of this machine.
func DialFrom(address netip.Addr) Dial {
	from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0))
	return (&net.Dialer{KeepAlive: keepAlive, LocalAddr: from}).DialContext
}

// dialer opens a connection to a host, over TLS if its settings say so: then it is there when both
// sides have shown their certificates.
func (o ClientOptions) dialer() Dial {
	dial := o.Dial
	if dial == nil {
		dial = overTCP
	}
	return patient(func(ctx context.Context, network, addr string) (net.Conn, error) {
		plain, err := dial(ctx, network, addr)
		var settings *tls.Config
		if o.TLS != nil {
			host, _, _ := net.SplitHostPort(addr) // it has been checked
			settings = o.TLS(host)
		}
		if err != nil {
			return nil, err
		}
		if settings == nil {
			return socket.Conn(plain), nil
		}
		secure := tls.Client(plain, settings)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = plain.Close() // nothing was said on it
			return nil, err
		}
		return secure, nil
	})
}
