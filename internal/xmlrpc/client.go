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
	return checkBounds("client", o.MaxBody, Limits{o.MaxDepth, o.MaxElements})
}

// Client calls XML-RPC servers over kept connections. It is safe for many
// goroutines; one for the whole process is enough.
type Client struct {
	options   ClientOptions
	http      *http.Client
	transport *http.Transport
	sent      atomic.Int64
	lacks     lacks
}

// NewClient fails only if the options are not valid.
func NewClient(o ClientOptions) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Memory == nil {
		o.Memory = NewMemory(DefaultMemory)
	}
	t := &http.Transport{
		Proxy:                  nil, // peers are called directly, whatever the environment says
		DialContext:            bounded(o.Dial),
		DialTLSContext:         bounded(o.dialTLS),
		MaxConnsPerHost:        o.PerHost,
		MaxIdleConnsPerHost:    o.PerHost,
		IdleConnTimeout:        o.IdleTimeout,
		DisableCompression:     true, // we ask for gzip ourselves, to unpack under a limit
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &Client{
		options:   o,
		transport: t,
		http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect is a status other than 200: an error
		}},
	}, nil
}

// Call posts a call to hostport, path /RPC2, and waits for its answer, for at most
// the client's timeout. Errors begin "call METHOD on HOST:PORT: "; they wrap a
// *Fault if the other side answered with one, ErrLimit for an answer beyond the
// limits, and the context's error if that ended. See the package comment for
// when a call is sent twice.
func (c *Client) Call(ctx context.Context, hostport, method string, args ...Value) (Value, error) {
	v, _, err := c.call(ctx, hostport, exchange{
		method: method, limit: c.options.MaxBody,
		request: func(ctx context.Context, target string) (*http.Request, error) {
			return newRequest(ctx, target, method, args)
		},
	})
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
	if !errors.As(err, &fault) || fault.Text != asFault(notSupported(method)).Text {
		return false
	}
	c.lacks.add(lack{hostport, method}, time.Now())
	return true
}

func (c *Client) post(
	ctx context.Context, hostport string, document func([]byte) []byte, e exchange,
) (v Value, done bool, err error) {
	o := write(document)
	defer o.release()
	e.request = o.request
	return c.call(ctx, hostport, e)
}

// exchange is one call and its answer.
type exchange struct {
	method  string
	request func(ctx context.Context, target string) (*http.Request, error)
	limit   int64                 // bytes of the answer
	read    func(*Canonical) bool // of an answer in canonical form; nil: it is always a Value
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
	target, err := c.peerURL(hostport)
	if err != nil {
		return Value{}, false, err
	}
	timeout, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	bound, giveUp := boundDials(timeout)
	body, taken, err := c.send(bound, target, e)
	if err != nil {
		giveUp()
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
// bytes of the budget are taken.
func (c *Client) send(ctx context.Context, target string, e exchange) (body []byte, taken int64, err error) {
	request, err := e.request(ctx, target)
	if err != nil {
		return nil, 0, err
	}
	// kolo's Content-Length header repeats what the request says anyway.
	request.Header.Del("Content-Length")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", "gossiprpc")
	if c.options.Cluster != "" {
		request.Header.Set(ClusterHeader, c.options.Cluster)
	}

	response, use, err := c.try(request)
	if err != nil {
		return nil, 0, bare(err)
	}
	defer response.Body.Close()
	if !response.ProtoAtLeast(1, 1) {
		// Whatever it says of keeping, a 1.0 peer is Python's server, which serves
		// one call a connection.
		defer use.close()
	}
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // so that the connection can be kept
		return nil, 0, fmt.Errorf("HTTP status %s", response.Status)
	}
	body, taken, err = c.read(ctx, response, e.limit)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, 0, fmt.Errorf("answer over %d bytes: %w", e.limit, ErrLimit)
	case err != nil:
		return nil, 0, fmt.Errorf("read answer: %w", err)
	}
	return body, taken, nil
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
	b, err := beginBody(io.LimitReader(response.Body, limit+1), response.ContentLength, packed)
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
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// bare takes off the method and URL that net/http puts before an error: Call
// names the call.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

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

func (c *Client) peerURL(hostport string) (string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", fmt.Errorf("bad address %q: want host:port", hostport)
	}
	scheme := "http://"
	if c.options.TLS != nil && c.options.TLS(host) != nil {
		scheme = "https://"
	}
	u, err := url.Parse(scheme + hostport + "/RPC2")
	if err != nil || host == "" || port == "" || u.Host != hostport || u.Path != "/RPC2" {
		return "", fmt.Errorf("bad address %q: want host:port", hostport)
	}
	return u.String(), nil
}
