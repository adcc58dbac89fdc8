package socket_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is both ends of a connection over loopback.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if there, err = socket.Listener(l).Accept(); err != nil {
		t.Fatal(err)
	}
	here = socket.Conn(dialled)
	t.Cleanup(func() {
		_ = here.Close() // tests close them too
		_ = there.Close()
	})
	return here, there
}

// Both ways at once, and more than the system takes at a time, so that reads and writes wait.
func TestAllArrives(t *testing.T) {
	here, there := pair(t)
	random := rand.NewChaCha8([32]byte{1})
	var all sync.WaitGroup
	for _, way := range [][2]net.Conn{{here, there}, {there, here}} {
		sent := make([]byte, 16<<20)
		_, _ = random.Read(sent) // it has no error
		all.Go(func() {
			for rest := sent; len(rest) > 0; {
				part := rest[:min(len(rest), 3<<20)]
				if n, err := way[0].Write(part); n != len(part) || err != nil {
					t.Errorf("write of %d bytes: %d, %v", len(part), n, err)
				}
				rest = rest[len(part):]
			}
			if err := way[0].(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if got, err := io.ReadAll(struct{ io.Reader }{way[1]}); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("read %d of %d bytes, %v", len(got), len(sent), err)
			}
		})
	}
	all.Wait()
}

func TestWhoWritesAtTheSameTimeDoesNotInterrupt(t *testing.T) {
	here, there := pair(t)
	const writers, size = 8, 1 << 20
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			if _, err := here.Write(bytes.Repeat([]byte{byte(i)}, size)); err != nil {
				t.Error(err)
			}
		})
	}
	for range writers {
		part := make([]byte, size)
		if _, err := io.ReadFull(there, part); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(part, bytes.Repeat(part[:1], size)) {
			t.Fatal("one write lies in another")
		}
	}
	all.Wait()
}

func TestErrorsAreThoseOfNet(t *testing.T) {
	here, there := pair(t)
	if n, err := here.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
	for what, use := range map[string]func([]byte) (int, error){"read": here.Read, "write": here.Write} {
		if err := here.SetDeadline(time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err := use([]byte{1})
		var op *net.OpError
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &op) || op.Op != what || !op.Timeout() {
			t.Errorf("a %s that is late: %v", what, err)
		}
	}
	if err := here.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := there.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := here.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("after the other end has closed: %d, %v", n, err)
	}
	var err error
	for err == nil { // until the other end's refusal has come
		_, err = here.Write([]byte{1})
	}
	if op := (*net.OpError)(nil); !errors.As(err, &op) || op.Op != "write" || op.Addr == nil ||
		!errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("writing to nobody: %v", err)
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	here, _ := pair(t)
	failed := make(chan error, 1)
	go func() {
		_, err := here.Read(make([]byte, 1))
		failed <- err
	}()
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a read while the connection is closed: %v", err)
	}
	if _, err := here.Write([]byte{1}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write after it: %v", err)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	here, there := pair(t)
	b := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := here.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(there, b); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("bytes on their way take %v allocations", n)
	}
}

func TestOtherConnectionsStayWhatTheyAre(t *testing.T) {
	a, b := net.Pipe()
	if socket.Conn(a) != a {
		t.Error("a pipe has become something else")
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
}
