package xmlrpc

import (
	"bytes"
	"context"
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
}

// NewClient fails only if the options are not valid.
func NewClient(o ClientOptions) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy:                  nil, // peers are called directly, whatever the environment says
		DialContext:            dialer(),
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

// Call posts a call to http://hostport/RPC2 and waits for its answer, for at most
// the client's timeout. Errors begin "call METHOD on HOST:PORT: "; they wrap a
// *Fault if the other side answered with one, ErrLimit for an answer beyond the
// limits, and the context's error if that ended. See the package comment for
// when a call is sent twice.
func (c *Client) Call(ctx context.Context, hostport, method string, args ...Value) (Value, error) {
	v, err := c.call(ctx, hostport, method, args)
	if err != nil {
		return Value{}, fmt.Errorf("call %s on %s: %w", method, hostport, err)
	}
	return v, nil
}

func (c *Client) call(ctx context.Context, hostport, method string, args []Value) (Value, error) {
	if err := checkMethod(method); err != nil {
		return Value{}, err
	}
	target, err := peerURL(hostport)
	if err != nil {
		return Value{}, err
	}
	timeout, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	bound, giveUp := boundDials(timeout)
	body, err := c.exchange(bound, target, method, args)
	if err != nil {
		giveUp()
		if ctx.Err() == nil && timeout.Err() != nil {
			err = fmt.Errorf("no answer within %s: %w", c.options.Timeout, timeout.Err())
		}
		return Value{}, err
	}
	v, err := ParseAnswer(body, Limits{c.options.MaxDepth, c.options.MaxElements})
	var f *Fault
	if errors.As(err, &f) {
		err = throughKolo(f)
	}
	return v, err
}

// exchange sends one call and reads the body of its answer.
func (c *Client) exchange(ctx context.Context, target, method string, args []Value) ([]byte, error) {
	request, err := newRequest(ctx, target, method, args)
	if err != nil {
		return nil, err
	}
	// kolo's Content-Length header repeats what the request says anyway.
	request.Header.Del("Content-Length")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", "gossiprpc")

	response, use, err := c.post(request)
	if err != nil {
		return nil, bare(err)
	}
	defer response.Body.Close()
	if !response.ProtoAtLeast(1, 1) {
		// Whatever it says of keeping, a 1.0 peer is Python's server, which serves
		// one call a connection.
		defer use.close()
	}
	if response.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // so that the connection can be kept
		return nil, fmt.Errorf("HTTP status %s", response.Status)
	}
	return c.read(response)
}

func (c *Client) read(response *http.Response) ([]byte, error) {
	var body []byte
	var err error
	switch encoding := response.Header.Get("Content-Encoding"); strings.ToLower(encoding) {
	case "", "identity":
		body, err = readLimited(response.Body, c.options.MaxBody)
	case "gzip":
		body, err = gunzip(io.LimitReader(response.Body, c.options.MaxBody), c.options.MaxBody)
	default:
		return nil, fmt.Errorf("the answer's encoding %q is not known", encoding)
	}
	switch {
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("answer over %d bytes: %w", c.options.MaxBody, ErrLimit)
	case err != nil:
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return body, nil
}

// BytesSent is the size of all request bodies sent so far.
func (c *Client) BytesSent() int64 { return c.sent.Load() }

// Close drops the idle connections. Calls under way are not ended; a later call
// opens connections anew.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

func ownRequest(ctx context.Context, target string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/xml")
	return r, nil
}

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
	if name == "" || len(name) > 255 {
		return fmt.Errorf("method name of %d characters, want 1 to 255", len(name))
	}
	for i := range len(name) {
		if c := name[i]; !startsName(c) && !strings.ContainsRune("0123456789.:/", rune(c)) {
			return fmt.Errorf("method name %q holds %q, want letters, digits, '_', '.', ':' and '/' only", name, c)
		}
	}
	return nil
}

func peerURL(hostport string) (string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", fmt.Errorf("bad address %q: want host:port", hostport)
	}
	u, err := url.Parse("http://" + hostport + "/RPC2")
	if err != nil || host == "" || port == "" || u.Host != hostport || u.Path != "/RPC2" {
		return "", fmt.Errorf("bad address %q: want host:port", hostport)
	}
	return u.String(), nil
}
