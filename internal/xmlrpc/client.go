package xmlrpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// ClientOptions set a Client's limits. Start from DefaultClientOptions.
type ClientOptions struct {
	Timeout     time.Duration // for one call, waiting for a free connection included; a context may be shorter
	MaxBody     int64         // bytes of an answer, before and after gunzip
	MaxDepth    int           // arrays and structs inside each other
	MaxElements int           // values in one answer
	PerHost     int           // connections to one host at a time: a Python server's backlog is 5
	IdleTimeout time.Duration // how long a connection is kept; below the servers'
	Dial        Dial          // opens connections; nil: over TCP
	Memory      *Memory       // shared by all connections of the process; nil: one of DefaultMemory
	Cluster     string        // sent as ClusterHeader; empty: not sent
	// TLS has the settings for connections to a host, asked for at each; nil, or nil
	// from it: plain ones. The host's certificate must be for the settings' ServerName.
	TLS func(host string) *tls.Config
}

// DefaultClientOptions suit calls within one network.
func DefaultClientOptions() ClientOptions {
	return ClientOptions{
		Timeout:     10 * time.Second,
		MaxBody:     DefaultMaxBody,
		MaxDepth:    DefaultMaxDepth,
		MaxElements: defaultClientElements,
		PerHost:     4,
		IdleTimeout: 45 * time.Second,
	}
}

// Validate names the first option that is out of range.
func (o ClientOptions) Validate() error {
	if o.Timeout <= 0 {
		return fmt.Errorf("client option Timeout is %s, want more than 0", o.Timeout)
	}
	if o.PerHost < 1 {
		return fmt.Errorf("client option PerHost is %d, want at least 1", o.PerHost)
	}
	if o.IdleTimeout <= 0 {
		return fmt.Errorf("client option IdleTimeout is %s, want more than 0", o.IdleTimeout)
	}
	for _, c := range []byte(o.Cluster) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("client option Cluster is %q, want printable ASCII without spaces", o.Cluster)
		}
	}
	return checkBounds("client", o.MaxBody, Limits{o.MaxDepth, o.MaxElements})
}

// Client calls XML-RPC servers over kept connections. It is safe for many
// goroutines; one for the whole process is enough.
type Client struct {
	options     ClientOptions
	connections connections
	sent        atomic.Int64
	lacks       lacks
}

// NewClient fails only if the options are not valid.
func NewClient(o ClientOptions) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Memory == nil {
		o.Memory = NewMemory(DefaultMemory)
	}
	return &Client{options: o, connections: connections{
		perHost: o.PerHost, idle: o.IdleTimeout, dial: o.dialer(), hosts: map[string]*host{},
	}}, nil
}

// Call posts a call to hostport, path /RPC2, and waits for its answer, for at most
// the client's timeout. Errors begin "call METHOD on HOST:PORT: "; they wrap a
// *Fault if the other side answered with one, ErrLimit for an answer beyond the
// limits, and the context's error if that ended. See the package comment for
// when a call is sent twice.
func (c *Client) Call(ctx context.Context, hostport, method string, args ...Value) (Value, error) {
	document, err := callDocument(method, args)
	if err != nil {
		return Value{}, fmt.Errorf("call %s on %s: %w", method, hostport, err)
	}
	v, _, err := c.post(ctx, hostport, func(dst []byte) []byte { return append(dst, document...) },
		exchange{method: method, limit: c.options.MaxBody})
	return v, err
}

// Ask is Call for a call that write appends whole, as AppendCall does. An answer in
// canonical form is read by read, from its value to its EndAnswer: if that returns
// true, done is true, and there is no Value. Otherwise Ask returns the answer's.
func (c *Client) Ask(
	ctx context.Context, hostport, method string, write func([]byte) []byte, read func(*Canonical) bool,
) (v Value, done bool, err error) {
	return c.post(ctx, hostport, write, exchange{method: method, limit: c.options.MaxBody, read: read})
}

// maxNil is how many bytes are read of an answer that should be nil: a fault's text
// may be in it.
const maxNil = 64 << 10

// Tell is Ask for a method whose answer is nil, or does not matter: no more than
// 64 KiB of it is read.
func (c *Client) Tell(ctx context.Context, hostport, method string, write func([]byte) []byte) error {
	_, _, err := c.post(ctx, hostport, write, exchange{method: method, limit: min(maxNil, c.options.MaxBody)})
	return err
}

// Form is one way to make a call: a method, and what appends its whole document.
type Form struct {
	Method string
	Write  func([]byte) []byte
}

// TellEither is Tell of the first form, or, if the other side does not support its method, of
// the second. Who does not is remembered for some minutes.
func (c *Client) TellEither(ctx context.Context, hostport string, first, second Form) error {
	if !c.Lacks(hostport, first.Method) {
		err := c.Tell(ctx, hostport, first.Method, first.Write)
		if !c.NoteLack(hostport, first.Method, err) {
			return err
		}
	}
	return c.Tell(ctx, hostport, second.Method, second.Write)
}

// Lacks tells whether a host has lately been found not to support a method.
func (c *Client) Lacks(hostport, method string) bool {
	return c.lacks.has(lack{hostport, method}, time.Now())
}

// NoteLack tells whether a call's error says that the host does not support the method, and
// remembers it for some minutes.
func (c *Client) NoteLack(hostport, method string, err error) bool {
	var fault *Fault
	if !errors.As(err, &fault) || fault.Text != AsFault(NotSupported(method)).Text {
		return false
	}
	c.lacks.add(lack{hostport, method}, time.Now())
	return true
}

func (c *Client) post(
	ctx context.Context, hostport string, document func([]byte) []byte, e exchange,
) (v Value, done bool, err error) {
	e.document = write(document)
	defer e.document.release()
	return c.call(ctx, hostport, e)
}

// exchange is one call and its answer.
type exchange struct {
	method   string
	document *outgoing
	limit    int64                 // bytes of the answer
	read     func(*Canonical) bool // of an answer in canonical form; nil: it is always a Value
}

func (c *Client) call(ctx context.Context, hostport string, e exchange) (v Value, done bool, err error) {
	if v, done, err = c.exchange(ctx, hostport, e); err != nil {
		return Value{}, false, fmt.Errorf("call %s on %s: %w", e.method, hostport, err)
	}
	return v, done, nil
}

func (c *Client) exchange(ctx context.Context, hostport string, e exchange) (v Value, done bool, err error) {
	if err := checkMethod(e.method); err != nil {
		return Value{}, false, err
	}
	if err := checkHostPort(hostport); err != nil {
		return Value{}, false, err
	}
	timeout, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	body, taken, err := c.send(timeout, hostport, e)
	if err != nil {
		if ctx.Err() == nil && timeout.Err() != nil {
			err = fmt.Errorf("no answer within %s: %w", c.options.Timeout, timeout.Err())
		}
		return Value{}, false, err
	}
	defer c.options.Memory.bodies.give(taken)
	return c.parse(timeout, body, e.read)
}

// parse reads an answer. What it costs is charged only while it is read: of its
// value the caller takes what it wants at once.
func (c *Client) parse(ctx context.Context, body []byte, read func(*Canonical) bool) (v Value, done bool, err error) {
	if bytes.Equal(body, nilAnswer) { // nearly always
		return Value{}, false, nil
	}
	values := c.options.Memory.values
	limits := Limits{c.options.MaxDepth, c.options.MaxElements}
	if read != nil {
		cost, err := values.take(ctx, int64(len(body)))
		if err != nil {
			return Value{}, false, err
		}
		answer := ReadAnswer(body, limits)
		done = read(&answer)
		values.give(cost)
		if done {
			return Value{}, true, nil
		}
	}
	cost, err := values.take(ctx, reckon(body))
	if err != nil {
		return Value{}, false, err
	}
	defer values.give(cost)
	v, err = ParseAnswer(body, limits)
	var f *Fault
	if errors.As(err, &f) {
		err = throughKolo(f)
	}
	return v, false, err
}

// send sends a call and reads the body of its answer, for which it returns how many
// bytes of the budget are taken. It is sent again when it has met a kept connection that the
// server was just closing. All PerHost kept ones may be such; a fresh one is never given a second
// try.
func (c *Client) send(ctx context.Context, to string, e exchange) (body []byte, taken int64, err error) {
	message := e.document.after(c.head(to, e.document.length()))
	for tries := 0; ; tries++ {
		conn, err := c.connections.take(ctx, to)
		if err != nil {
			return nil, 0, err
		}
		if tries == 0 {
			c.sent.Add(int64(e.document.length()))
		}
		var stale bool
		body, taken, stale, err = c.over(ctx, conn, message, e)
		if !stale || ctx.Err() != nil || tries >= c.options.PerHost {
			return body, taken, err
		}
	}
}

// head is what comes before the document of a call.
func (c *Client) head(to string, length int) []byte {
	head := make([]byte, 0, 256)
	head = append(head, "POST /RPC2 HTTP/1.1\r\nHost: "...)
	head = append(head, to...)
	head = append(head, "\r\nUser-Agent: gossiprpc\r\nAccept-Encoding: gzip\r\nContent-Type: text/xml\r\nContent-Length: "...)
	head = strconv.AppendInt(head, int64(length), 10)
	if c.options.Cluster != "" {
		head = append(head, "\r\n"+ClusterHeader+": "...)
		head = append(head, c.options.Cluster...)
	}
	return append(head, "\r\n\r\n"...)
}

// over makes a call over a connection, which it gives back. stale tells that the connection was a
// kept one, and that not a byte of an answer has come.
func (c *Client) over(
	ctx context.Context, conn *connection, message []byte, e exchange,
) (body []byte, taken int64, stale bool, err error) {
	again := false
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what is under way
	defer func() {
		switch inTime := stop(); {
		case inTime && again:
			c.connections.give(conn)
			return
		case err != nil && ctx.Err() != nil:
			err = ctx.Err()
		}
		c.connections.drop(conn)
	}()
	response, err := conn.exchange(message) //nolint:bodyclose // it is read to its end, or the connection is closed
	if err != nil {
		return nil, 0, conn.kept && !conn.answered, err
	}
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // so that the connection can be kept
		again = conn.ended(response)
		return nil, 0, false, fmt.Errorf("HTTP status %s", response.Status)
	}
	body, taken, err = c.read(ctx, response, e.limit)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, 0, false, fmt.Errorf("answer over %d bytes: %w", e.limit, ErrLimit)
	case err != nil:
		return nil, 0, false, fmt.Errorf("read answer: %w", err)
	}
	again = conn.ended(response)
	return body, taken, false, nil
}

func (c *Client) read(ctx context.Context, response *http.Response, limit int64) ([]byte, int64, error) {
	packed := false
	switch encoding := response.Header.Get("Content-Encoding"); strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		packed = true
	default:
		return nil, 0, fmt.Errorf("its encoding %.40q is not known", encoding)
	}
	if response.ContentLength > limit {
		return nil, 0, errTooLarge
	}
	b, err := beginBody(new(bytes.Buffer), io.LimitReader(response.Body, limit+1), response.ContentLength, packed)
	if err != nil {
		return nil, 0, err
	}
	return b.rest(ctx, limit, c.options.Memory.bodies)
}

// BytesSent is the size of the bodies of all calls so far for which there was a
// connection, each counted once, before it is sent.
func (c *Client) BytesSent() int64 { return c.sent.Load() }

// Close drops the idle connections. Calls under way are not ended; a later call
// opens connections anew.
func (c *Client) Close() { c.connections.closeBefore(time.Now()) }

func checkMethod(name string) error {
	if name == "" || len(name) > maxMethodName {
		return fmt.Errorf("method name of %d characters, want 1 to %d", len(name), maxMethodName)
	}
	for i := range len(name) {
		if c := name[i]; !startsName(c) && !strings.ContainsRune("0123456789.:/", rune(c)) {
			return fmt.Errorf("method name %q holds %q, want letters, digits, '_', '.', ':' and '/' only", name, c)
		}
	}
	return nil
}

func checkHostPort(hostport string) error {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return fmt.Errorf("bad address %q: want host:port", hostport)
	}
	u, err := url.Parse("http://" + hostport + "/RPC2")
	if err != nil || host == "" || port == "" || u.Host != hostport || u.Path != "/RPC2" {
		return fmt.Errorf("bad address %q: want host:port", hostport)
	}
	return nil
}
