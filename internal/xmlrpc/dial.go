package xmlrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Dial opens a connection, as [net.Dialer.DialContext].
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// bounded opens connections by dial that are given up when the call they are made for
// fails. net/http dials on after a call has timed out, and each such dial holds
// one of the few connections a host may have: four calls to a host that vanished
// would shut out all later ones for minutes, long after it is back. A dial whose
// call was meanwhile answered over another connection goes on, for others to use,
// until a second after that call's deadline. Names are resolved by each dial anew.
func bounded(dial Dial) Dial {
	if dial == nil {
		dial = overTCP
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if b, ok := ctx.Value(boundKey{}).(dialBound); ok {
			bound, cancel := context.WithDeadline(ctx, b.deadline)
			defer cancel()
			defer context.AfterFunc(b.call, cancel)()
			return patient(bound, b.deadline.Add(-afterCall), dial, network, addr)
		}
		return dial(ctx, network, addr)
	}
}

// redial is how long a dial waits for a descriptor before it tries again.
const redial = 50 * time.Millisecond

// patient opens a connection by dial, and tries again while the process or the machine has no
// descriptor or port left, until shortly before its call ends, so that the call says what was
// lacking. To fail at once would look like a refusal of the peer's, whereupon a node calls the
// next one: 500 nodes in one process that had used up its descriptors made 10,000 calls a second.
func patient(ctx context.Context, callEnds time.Time, dial Dial, network, addr string) (net.Conn, error) {
	for {
		c, err := dial(ctx, network, addr)
		if !short(err) || time.Until(callEnds) < 5*redial {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(redial):
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

// dialTLS opens a connection and returns it when both sides have shown their
// certificates.
func (o ClientOptions) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := o.Dial
	if dial == nil {
		dial = overTCP
	}
	plain, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(addr) // the dial has read it
	secure := tls.Client(plain, o.TLS(host))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = plain.Close() // nothing was said on it
		return nil, err
	}
	return secure, nil
}

// dialBound is how long the dials of a call may take. net/http keeps the values
// of a call's context for its dials, but not its end.
type dialBound struct {
	call     context.Context // ends if the call fails
	deadline time.Time
}

// afterCall is how much longer a dial may take than its call, so that it is the call that times
// out and says so.
const afterCall = time.Second

type boundKey struct{}

// boundDials has the dials made for ctx end soon after its deadline, or at once when
// giveUp is called.
func boundDials(ctx context.Context) (bound context.Context, giveUp context.CancelFunc) {
	call, giveUp := context.WithCancel(context.Background()) // costs nothing if it never ends
	deadline, _ := ctx.Deadline()
	return context.WithValue(ctx, boundKey{}, dialBound{call, deadline.Add(afterCall)}), giveUp
}
