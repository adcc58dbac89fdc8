package xmlrpc

import (
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// usage is what is known of the connection that a request went over. net/http
// calls back from several goroutines.
type usage struct {
	mu       sync.Mutex
	conn     net.Conn
	reused   bool // kept from an earlier call
	answered bool // a byte of the answer was read
}

func (u *usage) trace(connected func()) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.conn, u.reused, u.answered = info.Conn, info.Reused, false
			connected()
		},
		GotFirstResponseByte: func() {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.answered = true
		},
	}
}

// stale tells whether the request most likely met a kept connection that the
// server was just closing.
func (u *usage) stale() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.reused && !u.answered
}

func (u *usage) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.conn != nil {
		_ = u.conn.Close() // only ends what net/http might keep
	}
}

// try sends r, and sends it again when it met a stale connection. All PerHost
// kept ones may be stale; a fresh one is never given a second try.
func (c *Client) try(r *http.Request) (*http.Response, *usage, error) {
	var once sync.Once
	counted := func() { once.Do(func() { c.sent.Add(r.ContentLength) }) }
	for tries := 0; ; tries++ {
		u := &usage{}
		trace := u.trace(counted)
		attempt := r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
		var err error
		if attempt.Body, err = r.GetBody(); err != nil {
			return nil, nil, err
		}
		response, err := c.http.Do(attempt)
		if err == nil {
			return response, u, nil
		}
		if !u.stale() || r.Context().Err() != nil || tries >= c.options.PerHost {
			return nil, nil, err
		}
	}
}
