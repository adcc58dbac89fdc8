//go:build !race

package socket

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"unsafe"
)

// Conn returns c, of whose reading and writing the scheduler hears nothing if it is over TCP. It is
// safe for many goroutines, as c is, and its errors are those of c.
func Conn(c net.Conn) net.Conn {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return c // it says so when it is used
	}
	d := &conn{TCPConn: t, raw: raw}
	d.in.ready, d.out.ready = d.in.read, d.out.write
	return d
}

type conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out direction
}

// direction is what one read, or one write, has come to. One at a time has it.
type direction struct {
	sync.Mutex
	bytes []byte
	moved int
	errno syscall.Errno
	ready func(fd uintptr) bool // tries, and tells whether that was all; kept, as each would be allocated
}

func (d *direction) read(fd uintptr) bool {
	d.moved, d.errno = move(syscall.SYS_READ, fd, d.bytes)
	return d.errno != syscall.EAGAIN
}

func (d *direction) write(fd uintptr) bool {
	for d.moved < len(d.bytes) {
		n, errno := move(syscall.SYS_WRITE, fd, d.bytes[d.moved:])
		if d.errno = errno; errno != 0 {
			return errno != syscall.EAGAIN
		}
		d.moved += n
	}
	return true
}

func move(call, fd uintptr, b []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// Read implements [net.Conn].
func (c *conn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	c.in.begin(b)
	n, err := c.end("read", &c.in, c.raw.Read(c.in.ready))
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write implements [net.Conn].
func (c *conn) Write(b []byte) (int, error) {
	c.out.begin(b)
	return c.end("write", &c.out, c.raw.Write(c.out.ready))
}

func (d *direction) begin(b []byte) {
	d.Lock()
	d.bytes, d.moved, d.errno = b, 0, 0
}

// end tells what came of it; err is of what was waited for.
func (c *conn) end(what string, d *direction, err error) (int, error) {
	defer d.Unlock()
	d.bytes = nil
	switch {
	case err != nil:
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			op.Op = what // it says raw-read
		}
	case d.errno != 0:
		err = &net.OpError{Op: what, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: d.errno}
	}
	return d.moved, err
}
