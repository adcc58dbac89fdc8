package admission

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// handshakeRecord is the first byte of every TLS connection, and of no HTTP call.
const handshakeRecord = 0x16

// notTLS answers a caller that speaks plain HTTP to a port that does not.
const notTLS = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nthis port speaks TLS"

// secured is a connection that is opened, by TLS or in plain, when it is first read:
// that way it is the reader who waits for the caller, under the reader's deadline, and
// not the listener.
type secured struct {
	net.Conn
	gate *Gate

	once sync.Once
	tls  *tls.Conn // nil: plain
	in   io.Reader
	out  io.Writer
	err  error
}

// Read opens the connection first.
func (c *secured) Read(b []byte) (int, error) {
	if c.once.Do(c.open); c.err != nil {
		return 0, c.err
	}
	return c.in.Read(b)
}

// Write opens the connection first.
func (c *secured) Write(b []byte) (int, error) {
	if c.once.Do(c.open); c.err != nil {
		return 0, c.err
	}
	return c.out.Write(b)
}

// PeerCertificate is the caller's, nil if it has none or the connection is not open.
func (c *secured) PeerCertificate() *x509.Certificate {
	if c.once.Do(c.open); c.err != nil || c.tls == nil {
		return nil
	}
	return c.tls.ConnectionState().PeerCertificates[0] // the server's settings require one
}

func (c *secured) open() {
	var first [1]byte
	if _, err := io.ReadFull(c.Conn, first[:]); err != nil {
		c.err = err
		return
	}
	whole := &begun{Conn: c.Conn, first: first[:]}
	if first[0] != handshakeRecord {
		c.in, c.out = whole, c.Conn
		if len(c.gate.plain) == 0 {
			_, _ = io.WriteString(c.Conn, notTLS) // it is hung up on either way
			c.err = errors.New("speaks plain HTTP")
			c.gate.refusals.add(addrOf(c.Conn), c.err)
		}
		return
	}
	c.tls = tls.Server(whole, c.gate.keys.server())
	c.in, c.out = c.tls, c.tls
	// Whoever reads has set a deadline.
	if err := c.tls.HandshakeContext(context.Background()); err != nil {
		c.err = fmt.Errorf("TLS: %w", err)
		c.gate.refusals.add(addrOf(c.Conn), c.err)
	}
}

// begun is a connection whose first bytes have been read already.
type begun struct {
	net.Conn
	first []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.first) > 0 {
		n := copy(p, b.first)
		b.first = b.first[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}
