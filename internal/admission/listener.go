package admission

import (
	"errors"
	"net"
	"net/netip"
)

// Listen lets in by l only whom --allow names, and opens their connections by TLS if
// there are certificates. Others are hung up on before anything is read of them.
func (g *Gate) Listen(l net.Listener) net.Listener {
	if g == nil {
		return l
	}
	return &listener{l, g, g.keys != nil}
}

// ListenPage does the same in plain, for viewers and readers of numbers: they have no
// certificates.
func (g *Gate) ListenPage(l net.Listener) net.Listener {
	if g == nil {
		return l
	}
	return &listener{l, g, false}
}

type listener struct {
	net.Listener
	gate   *Gate
	secure bool
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if from := addrOf(c); !l.gate.networks.Hold(from) {
			_ = c.Close() // nothing was read or written
			l.gate.refusals.add(from, errors.New("not in --allow"))
			continue
		}
		if l.secure {
			c = &secured{Conn: c, gate: l.gate}
		}
		return c, nil
	}
}

func addrOf(c net.Conn) netip.Addr {
	from, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap().WithZone("")
}
