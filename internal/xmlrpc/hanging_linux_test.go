package xmlrpc_test

import (
	"bufio"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// hangingListener makes a port whose dials get no answer, until open is called:
// its backlog is full of connections that nobody accepts.
func hangingListener(t *testing.T) (hostport string, open func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	hostport = net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	filler, err := net.Dial("tcp", hostport)
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); _ = filler.Close(); conns.Wait() })
	return hostport, func() {
		_ = filler.Close()
		conns.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conns.Go(func() {
					defer conn.Close()
					for in := bufio.NewReader(conn); ; {
						if _, _, err := readRequest(in); err != nil {
							return
						}
						answer(conn, "HTTP/1.1", "")
					}
				})
			}
		})
	}
}
