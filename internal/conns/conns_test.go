package conns

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// at is a connection from an address, which remembers whether it was closed.
type at struct {
	net.Conn
	from   string
	closed bool
}

func (c *at) RemoteAddr() net.Addr {
	a, err := net.ResolveTCPAddr("tcp", c.from+":1")
	if err != nil {
		panic(err)
	}
	return a
}

func (c *at) Close() error { c.closed = true; return nil }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestWhoMakesRoom admits connections until there is no room, and looks who is closed.
func TestWhoMakesRoom(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		open   string // for each connection, in order: its address and what it is doing
		from   string // the newcomer's
		closed int    // which one makes room; -1: nobody need; -2: the newcomer is refused
	}{
		{"room enough", Limits{4, 3}, "a w, a w, b w", "b", -1},
		{"the oldest idle one", Limits{4, 3}, "a s, b w, b w, a s", "c", 1},
		{"idle before header", Limits{3, 3}, "a r, b r, b w", "c", 2},
		{"header before call", Limits{3, 3}, "a s, b s, b r", "c", 2},
		{"of the address that has most", Limits{4, 3}, "b w, a w, a w, c s", "c", 1},
		{"its own, at the address's limit", Limits{9, 2}, "b w, a r, a r", "a", 1},
		{"all serve", Limits{2, 2}, "a s, b s", "c", -2},
		{"all of the address serve", Limits{9, 2}, "b w, a s, a s", "a", -2},
	} {
		table := New(c.limits)
		var open []*at
		for i, words := range strings.Split(c.open, ", ") {
			from, doing, _ := strings.Cut(words, " ")
			conn := &at{from: address(from)}
			if !table.admit(conn, noon.Add(time.Duration(i)*time.Second)) {
				t.Fatalf("%s: connection %d refused", c.name, i)
			}
			since := table.open[conn].since
			switch doing {
			case "r":
				table.ConnState(conn, http.StateActive)
			case "s":
				Serving(table.ConnContext(context.Background(), conn))
			}
			table.open[conn].since = since
			open = append(open, conn)
		}
		before := table.Len()
		admitted := table.admit(&at{from: address(c.from)}, noon.Add(time.Hour))
		if admitted != (c.closed != -2) {
			t.Errorf("%s: admitted is %t", c.name, admitted)
		}
		for i, conn := range open {
			if conn.closed != (i == c.closed) {
				t.Errorf("%s: connection %d closed is %t", c.name, i, conn.closed)
			}
		}
		want := before
		if c.closed == -1 {
			want++
		}
		if table.Len() != want {
			t.Errorf("%s: %d open, want %d", c.name, table.Len(), want)
		}
	}
}

func address(name string) string { return "10.0.0." + string('0'+name[0]-'a') }

// TestClosedConnectionsAreForgotten also closes one that was dropped before.
func TestClosedConnectionsAreForgotten(t *testing.T) {
	table := New(Limits{1, 1})
	first, second := &at{from: "10.0.0.1"}, &at{from: "10.0.0.1"}
	if !table.admit(first, noon) || !table.admit(second, noon) || !first.closed {
		t.Fatal("the first did not make room for the second")
	}
	table.ConnState(first, http.StateClosed)
	if table.Len() != 1 {
		t.Errorf("%d open, want the second", table.Len())
	}
	table.ConnState(second, http.StateClosed)
	if table.Len() != 0 || len(table.byAddress) != 0 {
		t.Errorf("%d open, %v by address", table.Len(), table.byAddress)
	}
}

// failing is a listener without descriptors.
type failing struct {
	net.Listener
	err error
}

func (f failing) Accept() (net.Conn, error) { return nil, f.err }

func TestWithoutDescriptorsAnIdleConnectionGoes(t *testing.T) {
	for err, closes := range map[error]bool{syscall.EMFILE: true, syscall.ENFILE: true, io.EOF: false} {
		table := New(Limits{9, 9})
		idle, serving := &at{from: "10.0.0.1"}, &at{from: "10.0.0.1"}
		table.admit(serving, noon)
		Serving(table.ConnContext(context.Background(), serving))
		table.admit(idle, noon)
		wrapped := &net.OpError{Op: "accept", Err: err}
		if _, got := table.Limit(failing{err: wrapped}).Accept(); !errors.Is(got, err) {
			t.Errorf("Accept: %v, want %v for net/http to try again", got, err)
		}
		if idle.closed != closes || serving.closed {
			t.Errorf("%v: idle one closed is %t, serving one %t", err, idle.closed, serving.closed)
		}
	}
}

func TestLimits(t *testing.T) {
	if l := For(100); l != (Limits{100, 75}) {
		t.Errorf("%+v", l)
	}
	if err := For(1).Validate(); err != nil {
		t.Error(err)
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Limits{{}, {5, 6}, {5, 0}, {-1, -1}} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), "connections: ") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
