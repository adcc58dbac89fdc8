// Package conns limits the connections of one server, in all and for each remote
// address, so that no stranger can take them all.
//
// In flow accepted connections and what net/http says of their states; out flow
// those that may stay. When there is no room for one more, those that wait for
// nothing are closed first: idle ones, then those whose header is still coming. A
// client whose idle connection is closed opens another.
package conns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Limits are how many connections a server may have at a time.
type Limits struct {
	Total      int
	PerAddress int // of one remote IP address
}

// For are the limits of a server with so many connections in all. Whole clusters
// may share an address (a loopback, a host's gateway), so it gets three quarters.
func For(total int) Limits { return Limits{Total: total, PerAddress: max(1, total*3/4)} }

// defaultTotal is what a server has unless its descriptors are few.
const defaultTotal = 4096

// Default are the limits of a server that may use half of the process's descriptors.
func Default() Limits { return For(max(1, min(defaultTotal, descriptors()/2))) }

// Validate names the limit that is out of range.
func (l Limits) Validate() error {
	if l.Total < 1 || l.PerAddress < 1 || l.PerAddress > l.Total {
		return fmt.Errorf("connections: %d in all and %d for an address, want 1 or more, and no more for an address than in all",
			l.Total, l.PerAddress)
	}
	return nil
}

// phase is what a connection is doing. Those of a lower phase are closed first.
type phase uint8

const (
	waiting phase = iota // for the next call's first byte
	reading              // a call's header
	serving              // a call
)

type connection struct {
	net     net.Conn
	address string
	phase   phase
	since   time.Time // in this phase
}

// Table holds one server's connections. It is safe for many goroutines.
type Table struct {
	limits Limits

	mu        sync.Mutex
	open      map[net.Conn]*connection
	byAddress map[string]int
}

// New makes a table. The limits must be valid.
func New(l Limits) *Table {
	return &Table{limits: l, open: map[net.Conn]*connection{}, byAddress: map[string]int{}}
}

// Len is how many connections are open.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// Limit returns l with the table before it: what Accept returns has a place.
func (t *Table) Limit(l net.Listener) net.Listener { return limited{l, t} }

type limited struct {
	net.Listener
	table *Table
}

func (l limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			// net/http tries again a little later.
			if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
				l.table.makeRoom()
			}
			return nil, err
		}
		if l.table.admit(c, time.Now()) {
			return c, nil
		}
		_ = c.Close() // nobody to tell
	}
}

// admit gives c a place, if need be that of another.
func (t *Table) admit(c net.Conn, now time.Time) bool {
	address := remote(c)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byAddress[address] >= t.limits.PerAddress && !t.evict(address) {
		return false
	}
	if len(t.open) >= t.limits.Total && !t.evict("") {
		return false
	}
	t.open[c] = &connection{net: c, address: address, since: now}
	t.byAddress[address]++
	return true
}

// makeRoom closes a connection because the process has no descriptor left.
func (t *Table) makeRoom() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.evict("")
}

// evict closes the connection that is missed least: of an address, or of all if
// it is empty. It returns false if all of them serve calls.
func (t *Table) evict(address string) bool {
	var victim *connection
	for _, c := range t.open {
		if c.phase != serving && (address == "" || c.address == address) && (victim == nil || t.before(c, victim)) {
			victim = c
		}
	}
	if victim == nil {
		return false
	}
	t.drop(victim)
	c := victim.net
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secured.NetConn() // a TLS goodbye could take seconds
	}
	_ = c.Close() // net/http notices
	return true
}

// before tells whether a is closed rather than b: by phase, then that of the address
// that has most, then the oldest.
func (t *Table) before(a, b *connection) bool {
	if a.phase != b.phase {
		return a.phase < b.phase
	}
	if m, n := t.byAddress[a.address], t.byAddress[b.address]; m != n {
		return m > n
	}
	return a.since.Before(b.since)
}

func (t *Table) drop(c *connection) {
	if t.open[c.net] != c {
		return
	}
	delete(t.open, c.net)
	if t.byAddress[c.address]--; t.byAddress[c.address] == 0 {
		delete(t.byAddress, c.address)
	}
}

// ConnState is for [http.Server.ConnState].
func (t *Table) ConnState(c net.Conn, state http.ConnState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.open[c]
	if !ok {
		return // closed already, to make room
	}
	switch state {
	case http.StateActive:
		known.phase, known.since = reading, time.Now()
	case http.StateIdle:
		known.phase, known.since = waiting, time.Now()
	case http.StateClosed, http.StateHijacked:
		t.drop(known)
	}
}

type contextKey struct{}

type seat struct {
	table *Table
	conn  net.Conn
}

// ConnContext is for [http.Server.ConnContext].
func (t *Table) ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, contextKey{}, seat{t, c})
}

// Serving says that the connection behind a request's context has sent its header,
// and is not to be closed until it waits again.
func Serving(ctx context.Context) {
	s, ok := ctx.Value(contextKey{}).(seat)
	if !ok {
		return
	}
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	if known, ok := s.table.open[s.conn]; ok {
		known.phase = serving
	}
}

func remote(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return c.RemoteAddr().String()
	}
	return host
}
