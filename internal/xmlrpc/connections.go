package xmlrpc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// connections are a client's, by HOST:PORT. A call has one to itself, from the first byte of it to
// the last of its answer, and all of that in its own goroutine: net/http's Transport passes each
// call through two more, and a machine that is so busy that goroutines wait loses calls by that.
// It is safe for many goroutines.
type connections struct {
	perHost int
	idle    time.Duration
	dial    Dial

	mu    sync.Mutex
	hosts map[string]*host
	sweep *time.Timer // closes what has been idle for too long; nil: nothing is idle
}

// host is the connections to one; there are at most perHost.
type host struct {
	open    int           // with those that are being dialled
	idle    []*connection // the one used last at the end
	waiting []chan *connection
}

// connection is one, with what has been read of it and not been used.
type connection struct {
	net.Conn
	to       string
	in       *bufio.Reader
	left     io.LimitedReader // of what may be read of it
	kept     bool             // it has brought an answer before
	answered bool             // a byte of this answer has come
	since    time.Time        // when it became idle
}

// take is a connection for a call: one that is idle, a new one, or, if there are as many as there
// may be, one that another call gives back.
func (c *connections) take(ctx context.Context, to string) (*connection, error) {
	c.mu.Lock()
	h := c.hosts[to]
	if h == nil {
		h = &host{}
		c.hosts[to] = h
	}
	if last := len(h.idle) - 1; last >= 0 {
		conn := h.idle[last]
		h.idle = slices.Delete(h.idle, last, last+1)
		c.mu.Unlock()
		return conn, nil
	}
	if h.open < c.perHost {
		h.open++
		c.mu.Unlock()
		return c.open(ctx, to)
	}
	turn := make(chan *connection, 1)
	h.waiting = append(h.waiting, turn)
	c.mu.Unlock()
	select {
	case conn := <-turn:
		if conn == nil { // one was closed
			return c.open(ctx, to)
		}
		return conn, nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	i := slices.Index(h.waiting, turn)
	if i >= 0 {
		h.waiting = slices.Delete(h.waiting, i, i+1)
	}
	c.mu.Unlock()
	if i < 0 { // its turn has just come
		if conn := <-turn; conn != nil {
			c.give(conn)
		} else {
			c.closed(to)
		}
	}
	return nil, ctx.Err()
}

func (c *connections) open(ctx context.Context, to string) (*connection, error) {
	conn, err := c.dial(ctx, "tcp", to)
	if err != nil {
		c.closed(to)
		if end, bounded := ctx.Deadline(); bounded && !short(err) && !time.Now().Before(end) {
			<-ctx.Done() // a dial may notice the end a moment before
			return nil, ctx.Err()
		}
		return nil, err
	}
	open := &connection{Conn: conn, to: to}
	open.left.R = conn
	open.in = bufio.NewReader(&open.left)
	return open, nil
}

// give takes back a connection that can be used again.
func (c *connections) give(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.kept, conn.since = true, time.Now()
	h := c.hosts[conn.to]
	if len(h.waiting) > 0 {
		h.next(conn)
		return
	}
	h.idle = append(h.idle, conn)
	if c.sweep == nil {
		c.sweep = time.AfterFunc(c.idle, c.closeIdle)
	}
}

// drop takes back one that cannot.
func (c *connections) drop(conn *connection) {
	_ = conn.Close() // nothing more is wanted of it
	c.closed(conn.to)
}

// closed makes room for another connection.
func (c *connections) closed(to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[to]
	if len(h.waiting) > 0 {
		h.next(nil)
		return
	}
	if h.open--; h.open == 0 {
		delete(c.hosts, to)
	}
}

func (h *host) next(conn *connection) {
	h.waiting[0] <- conn
	h.waiting = h.waiting[1:]
}

// closeIdle closes what has been idle for long enough.
func (c *connections) closeIdle() { c.closeBefore(time.Now().Add(-c.idle)) }

func (c *connections) closeBefore(end time.Time) {
	var old []*connection
	c.mu.Lock()
	var next time.Time
	for _, h := range c.hosts {
		fresh := slices.IndexFunc(h.idle, func(conn *connection) bool { return conn.since.After(end) })
		if fresh < 0 {
			fresh = len(h.idle)
		} else if first := h.idle[fresh].since; next.IsZero() || first.Before(next) {
			next = first
		}
		old = append(old, h.idle[:fresh]...)
		h.idle = slices.Delete(h.idle, 0, fresh)
	}
	switch {
	case c.sweep == nil:
	case next.IsZero():
		c.sweep.Stop()
		c.sweep = nil
	default:
		c.sweep.Reset(time.Until(next) + c.idle)
	}
	c.mu.Unlock()
	for _, conn := range old {
		c.drop(conn)
	}
}

// maxHeader bounds the bytes of an answer's header.
const maxHeader = 64 << 10

// aPost is what [http.ReadResponse] must know of the request.
var aPost = &http.Request{Method: http.MethodPost}

// exchange sends a call and reads its answer's header.
func (conn *connection) exchange(message []byte) (*http.Response, error) {
	conn.answered = false
	_, unsent := conn.Write(message)
	if unsent != nil { // whoever refuses a call may answer before it has read all
		_ = conn.SetReadDeadline(time.Now().Add(refusalPatience)) // else the call's end holds
	}
	conn.left.N = maxHeader
	if _, err := conn.in.Peek(1); err != nil {
		return nil, firstOf(unsent, err)
	}
	conn.answered = true
	for {
		response, err := http.ReadResponse(conn.in, aPost)
		switch {
		case err != nil && conn.left.N <= 0:
			return nil, fmt.Errorf("the answer's header has more than %d bytes", maxHeader)
		case err != nil:
			return nil, err
		case response.StatusCode < http.StatusOK && response.StatusCode != http.StatusSwitchingProtocols:
			continue // it says that an answer will come
		}
		response.Close = response.Close || unsent != nil
		conn.left.N = math.MaxInt64
		return response, nil
	}
}

// refusalPatience is how long an answer is waited for that must have been sent already.
const refusalPatience = time.Second

func firstOf(errs ...error) error {
	return errs[slices.IndexFunc(errs, func(err error) bool { return err != nil })]
}

// ended tells whether the answer has been read to its end, so that the connection can be used again.
func (conn *connection) ended(response *http.Response) bool {
	var more [1]byte
	n, err := response.Body.Read(more[:])
	// Whatever it says of keeping, a 1.0 peer is Python's server, which serves one call a connection.
	return n == 0 && errors.Is(err, io.EOF) && !response.Close && response.ProtoAtLeast(1, 1) && conn.in.Buffered() == 0
}
