package main

import (
	"context"
	"net"
	"sync"
)

// inside is a listener that only this process reaches, by dial. The page asks its
// own monitor through it, whoever may connect to the monitor's port.
type inside struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newInside() *inside {
	return &inside{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// dial opens a connection, whatever the address.
func (i *inside) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case i.conns <- theirs:
		return ours, nil
	case <-i.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (i *inside) Accept() (net.Conn, error) {
	select {
	case c := <-i.conns:
		return c, nil
	case <-i.closed:
		return nil, net.ErrClosed
	}
}

func (i *inside) Close() error {
	i.once.Do(func() { close(i.closed) })
	return nil
}

func (i *inside) Addr() net.Addr { return &net.UnixAddr{Name: "inside", Net: "pipe"} }
