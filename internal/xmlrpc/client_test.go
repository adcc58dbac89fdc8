package xmlrpc_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"
)

func TestWeCallPython(t *testing.T) {
	for _, kind := range []string{"plain", "http11", "single"} {
		t.Run(kind, func(t *testing.T) {
			hostport := xmlrpctest.StartServer(t, kind)
			c := client(t, nil)
			plain := []xmlrpc.Value{ // goes by kolo's encoder
				xmlrpc.IntValue(-7), xmlrpc.BoolValue(true), xmlrpc.StringValue(""), xmlrpc.StringValue("<ü>&\r\n"),
				xmlrpc.StringValue(
					strings.Repeat("long ", 1000),
				), xmlrpc.ArrayValue(), xmlrpc.ArrayValue(xmlrpc.ArrayValue(xmlrpc.IntValue(1))),
			}
			all := append(
				plain, // goes by ours
				xmlrpc.NilValue(),
				xmlrpc.DoubleValue(0.1),
				xmlrpc.Base64Value([]byte("bytes")),
				xmlrpc.DateTimeValue("20210506T10:00:00"),
				xmlrpc.StructValue(xmlrpc.Member{Name: "a<b", Value: xmlrpc.ArrayValue(xmlrpc.NilValue())}),
			)
			for _, args := range [][]xmlrpc.Value{nil, plain, all} {
				got, err := c.Call(t.Context(), hostport, "echo", args...)
				if want := lessReturns(xmlrpc.ArrayValue(args...)); err != nil || same(want, lessReturns(got)) != "" {
					t.Fatalf("%v%s", err, same(want, got))
				}
			}
			_, err := c.Call(t.Context(), hostport, "fail", xmlrpc.StringValue("no"))
			var fault *xmlrpc.Fault
			if !errors.As(err, &fault) || *fault != (xmlrpc.Fault{Code: 1, Text: "<class 'ValueError'>:no"}) {
				t.Errorf("%v", err)
			}
			if want := "call fail on " + hostport + ": fault 1: "; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
			_, err = c.Call(t.Context(), hostport, "nope")
			if !errors.As(err, &fault) || fault.Text != "<class 'Exception'>:method \"nope\" is not supported" {
				t.Errorf("%v", err)
			}
		})
	}
}

// lessReturns makes carriage returns newlines, as Python's answers do: it writes
// them unescaped.
func lessReturns(v xmlrpc.Value) xmlrpc.Value {
	v.Str = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(v.Str)
	items := make([]xmlrpc.Value, len(v.Items))
	for i, item := range v.Items {
		items[i] = lessReturns(item)
	}
	v.Items = items
	return v
}

// A server that closes kept connections without a word loses no call, and gets
// none twice.
func TestPythonHangsUp(t *testing.T) {
	hostport := xmlrpctest.StartServer(t, "hangup")
	c := client(t, nil)
	const calls = 60
	for i := range calls {
		if _, err := c.Call(t.Context(), hostport, "count", xmlrpc.IntValue(i)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := c.Call(t.Context(), hostport, "counted")
	if err != nil {
		t.Fatal(err)
	}
	var counted []int
	if err := v.Decode(&counted); err != nil {
		t.Fatal(err)
	}
	for i := range calls {
		if len(counted) != calls || counted[i] != i {
			t.Fatalf("counted %v", counted)
		}
	}
}

// A backlog of five and one call at a time: many callers at once all get through.
func TestPythonBacklog(t *testing.T) {
	hostport := xmlrpctest.StartServer(t, "single")
	c := client(t, func(o *xmlrpc.ClientOptions) { o.Timeout = 30 * time.Second })
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			if _, err := c.Call(t.Context(), hostport, "count", xmlrpc.IntValue(i)); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
}

func TestSlowPython(t *testing.T) {
	hostport := xmlrpctest.StartServer(t, "plain")
	hasty := client(t, func(o *xmlrpc.ClientOptions) { o.Timeout = 50 * time.Millisecond })
	_, err := hasty.Call(t.Context(), hostport, "wait")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	patient := client(t, nil)
	if _, err := patient.Call(ctx, hostport, "wait"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := patient.Call(ctx, hostport, "wait"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := patient.Call(t.Context(), hostport, "release"); err != nil {
		t.Error(err)
	}
}

// scripted is a server that hands each connection to a function, one goroutine
// each.
func scripted(t *testing.T, each func(n int, conn net.Conn, in *bufio.Reader)) string {
	t.Helper()
	l := listen(t)
	var conns sync.WaitGroup
	conns.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				each(n, conn, bufio.NewReader(conn))
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); conns.Wait() })
	return l.Addr().String()
}

func readRequest(in *bufio.Reader) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

func answer(conn io.Writer, proto, header string) {
	body := xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())
	fmt.Fprintf(conn, "%s 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", proto, len(body), header, body)
}

// The delivery promise of the package comment, as each way a connection can end.
func TestWhenACallIsSentAgain(t *testing.T) {
	var requests atomic.Int32
	once := func(then func(net.Conn)) func(int, net.Conn, *bufio.Reader) {
		return func(_ int, conn net.Conn, in *bufio.Reader) {
			for first := true; ; first = false {
				if _, _, err := readRequest(in); err != nil {
					return
				}
				requests.Add(1)
				if !first {
					then(conn)
					return
				}
				answer(conn, "HTTP/1.1", "")
			}
		}
	}
	t.Run("kept connection closed before any answer", func(t *testing.T) {
		requests.Store(0)
		hostport := scripted(t, once(func(net.Conn) {}))
		c := client(t, nil)
		var sent [2]int64
		for i := range sent {
			if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
			sent[i] = c.BytesSent()
		}
		if n := requests.Load(); n != 3 {
			t.Errorf("%d requests, want 3: one, and one twice", n)
		}
		if sent[0] == 0 || sent[1] != 2*sent[0] {
			t.Errorf("%d bytes sent, want two calls of one size, each counted once", sent)
		}
	})
	t.Run("kept connection reset before any answer", func(t *testing.T) {
		hostport := scripted(t, once(func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }))
		c := client(t, nil)
		for i := range 2 {
			if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
	})
	t.Run("kept connection closed within the answer", func(t *testing.T) {
		requests.Store(0)
		hostport := scripted(
			t,
			once(func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Le") }),
		)
		c := client(t, nil)
		if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(t.Context(), hostport, "m"); err == nil {
			t.Error("a cut answer was taken")
		}
		if n := requests.Load(); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
	t.Run("new connection closed before any answer", func(t *testing.T) {
		requests.Store(0)
		hostport := scripted(t, func(_ int, _ net.Conn, in *bufio.Reader) {
			if _, _, err := readRequest(in); err == nil {
				requests.Add(1)
			}
		})
		if _, err := client(t, nil).Call(t.Context(), hostport, "m"); !errors.Is(err, io.EOF) {
			t.Errorf("%v, want EOF", err)
		}
		if n := requests.Load(); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
	t.Run("large call to a connection that is just closing", func(t *testing.T) {
		// The server closes with most of the call unread: the client's writing fails
		// half way, which net/http never repeats.
		hostport := scripted(t, func(n int, conn net.Conn, in *bufio.Reader) {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			answer(conn, "HTTP/1.1", "")
			if n == 0 {
				_, _ = in.Peek(1)
			}
		})
		c := client(t, func(o *xmlrpc.ClientOptions) { o.Timeout = time.Minute }) // for 24 MB on a busy machine
		large := xmlrpc.StringValue(strings.Repeat("x", 8<<20))
		for i := range 2 {
			if _, err := c.Call(t.Context(), hostport, "m", large); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
	})
}

// What goes out: no chunks, no Expect, no proxy, gzip accepted, one length.
func TestRequestOnTheWire(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	type request struct {
		*http.Request
		body []byte
	}
	got := make(chan request, 1)
	hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
		for {
			r, body, err := readRequest(in)
			if err != nil {
				return
			}
			got <- request{r, body}
			answer(conn, "HTTP/1.1", "")
		}
	})
	c := client(t, nil)
	var sent int64
	for _, args := range [][]xmlrpc.Value{nil, {xmlrpc.StringValue("kolo")}, {xmlrpc.NilValue()}, {xmlrpc.StringValue(strings.Repeat("x", 2<<20))}} {
		if _, err := c.Call(t.Context(), hostport, "m", args...); err != nil {
			t.Fatal(err)
		}
		r := <-got
		sent += int64(len(r.body))
		if r.Method != http.MethodPost || r.URL.Path != "/RPC2" || r.Proto != "HTTP/1.1" || len(r.TransferEncoding) > 0 ||
			r.ContentLength != int64(len(r.body)) || len(r.Header["Content-Length"]) != 1 || r.Header.Get("Expect") != "" ||
			r.Header.Get("Accept-Encoding") != "gzip" || r.Header.Get("Content-Type") != "text/xml" ||
			r.Host != hostport {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		_, back, err := xmlrpc.ParseCall(r.body, xmlrpc.DefaultLimits())
		if err != nil || same(args, back) != "" {
			t.Errorf("%v%s", err, same(args, back))
		}
	}
	if c.BytesSent() != sent {
		t.Errorf("BytesSent %d, want %d", c.BytesSent(), sent)
	}
}

// Whatever a 1.0 peer says of keeping the connection.
func TestConnectionsToOldPeersAreClosed(t *testing.T) {
	for _, header := range []string{"", "Connection: keep-alive\r\n"} {
		ends := make(chan error, 1)
		hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			answer(conn, "HTTP/1.0", header)
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			_, err := in.ReadByte()
			ends <- err
		})
		if _, err := client(t, nil).Call(t.Context(), hostport, "m"); err != nil {
			t.Fatal(err)
		}
		if err := <-ends; !errors.Is(err, io.EOF) {
			t.Errorf("with %q: %v, want EOF", header, err)
		}
	}
}

func TestAtMostFourConnections(t *testing.T) {
	var open, most atomic.Int32
	release := make(chan struct{})
	four := make(chan struct{})
	var full sync.Once
	hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
		n := open.Add(1)
		defer open.Add(-1)
		most.Store(max(most.Load(), n))
		if n == 4 {
			full.Do(func() { close(four) })
		}
		for {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			<-release
			answer(conn, "HTTP/1.1", "")
		}
	})
	c := client(t, nil)
	var calls sync.WaitGroup
	for range 40 {
		calls.Go(func() {
			if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
				t.Error(err)
			}
		})
	}
	<-four
	close(release)
	calls.Wait()
	if n := most.Load(); n != 4 {
		t.Errorf("%d connections, want 4", n)
	}
}

func respondWith(t *testing.T, response string) string {
	return scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
		if _, _, err := readRequest(in); err == nil {
			_, _ = io.WriteString(conn, response)
		}
	})
}

func ok(header string, body []byte) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s", len(body), header, body)
}

func TestBadAnswers(t *testing.T) {
	nilAnswer := xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())
	long := xmlrpc.AppendAnswer(nil, xmlrpc.StringValue(strings.Repeat("x", 20_000)))
	deep := bytes.ReplaceAll(
		[]byte(nested(65)),
		[]byte("methodCall><methodName>m</methodName>"),
		[]byte("methodResponse>"),
	)
	deep = bytes.ReplaceAll(deep, []byte("methodCall"), []byte("methodResponse"))
	gz := "Content-Encoding: gzip\r\n"
	for _, c := range []struct{ name, response, want string }{
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nNo such page", "HTTP status 404 Not Found"},
		{"500", "HTTP/1.0 500 Internal Server Error\r\n\r\n", "HTTP status 500"},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "HTTP status 302"},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP status 204"},
		{"101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP status 101"},
		{"no HTTP", "hello\r\n\r\n", "malformed HTTP"},
		{"no XML", ok("", []byte("hello")), "malformed XML-RPC at byte 0"},
		{"comment", ok("", []byte("<!-- --><methodResponse/>")), "is refused"},
		{"cut short", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<?xml", "read answer: unexpected EOF"},
		{"too long", ok("", long), "answer over 10000 bytes: limit exceeded"},
		{"gzip bomb", ok(gz, zipped(t, bytes.NewReader(long))), "answer over 10000 bytes: limit exceeded"},
		{"bad gzip", ok(gz, nilAnswer), "bad gzip"},
		{"other encoding", ok("Content-Encoding: br\r\n", nilAnswer), "encoding \"br\" is not known"},
		{"deep", ok("", deep), "more than 64 deep: limit exceeded"},
		{"elements", ok("", xmlrpc.AppendAnswer(nil, xmlrpc.ArrayValue(make([]xmlrpc.Value, 100)...))), "more than 100 values: limit exceeded"},
		{"fault without text", ok("", []byte("<methodResponse><fault><value><int>1</int></value></fault></methodResponse>")), "a fault without"},
		{"endless header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", "header"},
	} {
		hostport := respondWith(t, c.response)
		limited := client(t, func(o *xmlrpc.ClientOptions) { o.MaxBody, o.MaxElements = 10_000, 100 })
		_, err := limited.Call(t.Context(), hostport, "m")
		if err == nil || !strings.HasPrefix(err.Error(), "call m on "+hostport+": ") ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if strings.Contains(c.want, "limit exceeded") && !errors.Is(err, xmlrpc.ErrLimit) {
			t.Errorf("%s: %v is not ErrLimit", c.name, err)
		}
	}
}

func TestGoodAnswers(t *testing.T) {
	long := xmlrpc.StringValue(strings.Repeat("x", 20_000))
	for name, response := range map[string]string{
		"no length": "HTTP/1.0 200 OK\r\n\r\n" + string(xmlrpc.AppendAnswer(nil, long)),
		"continue":  "HTTP/1.1 100 Continue\r\n\r\n" + ok("", xmlrpc.AppendAnswer(nil, long)),
		"chunks":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(xmlrpc.AppendAnswer(nil, long)),
		"gzip":      ok("Content-Encoding: gzip\r\n", zipped(t, bytes.NewReader(xmlrpc.AppendAnswer(nil, long)))),
	} {
		v, err := client(t, nil).Call(t.Context(), respondWith(t, response), "m")
		if err != nil || v.Str != long.Str {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := &xmlrpc.Fault{Code: 3, Text: strings.Repeat("ü</fault>", 10_000)}
	_, err := client(t, nil).Call(t.Context(), respondWith(t, ok("", xmlrpc.AppendFault(nil, huge))), "m")
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) || fault.Code != 3 || !strings.HasPrefix(fault.Text, "ü</fault>") ||
		len(fault.Text) > 5000 {
		t.Errorf("huge fault: %.200v", err)
	}
}

func chunked(body []byte) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(1000, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}

// What becomes of a connection after an answer.
func TestWhichConnectionsAreKept(t *testing.T) {
	nilAnswer := xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())
	for _, c := range []struct {
		name, response string
		kept           bool
	}{
		{"an answer", ok("", nilAnswer), true},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(nilAnswer), true},
		{"a short page", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", true},
		{"a long page", "HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000), false},
		{"one that ends it", ok("Connection: close\r\n", nilAnswer), false},
		{"more than was asked for", ok("", nilAnswer) + "more", false},
	} {
		var conns atomic.Int32
		hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
			conns.Add(1)
			for {
				if _, _, err := readRequest(in); err != nil {
					return
				}
				_, _ = io.WriteString(conn, c.response)
			}
		})
		one := client(t, nil)
		for range 3 {
			_, _ = one.Call(t.Context(), hostport, "m") // pages are errors
		}
		if n := conns.Load(); (n == 1) != c.kept || n != 1 && n != 3 {
			t.Errorf("%s: %d connections for three calls, one is kept: want %v", c.name, n, c.kept)
		}
	}
}

// Idle connections are closed in time, and when the client is.
func TestIdleConnectionsAreClosed(t *testing.T) {
	for name, c := range map[string]struct {
		idle  time.Duration
		close bool
	}{"in time": {20 * time.Millisecond, false}, "with the client": {time.Hour, true}} {
		ends := make(chan error, 1)
		hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
			for {
				if _, _, err := readRequest(in); err != nil {
					ends <- err
					return
				}
				answer(conn, "HTTP/1.1", "")
			}
		})
		one := client(t, func(o *xmlrpc.ClientOptions) { o.IdleTimeout = c.idle })
		if _, err := one.Call(t.Context(), hostport, "m"); err != nil {
			t.Fatal(err)
		}
		if c.close {
			one.Close()
		}
		select {
		case err := <-ends:
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: the connection is not closed", name)
		}
		if _, err := one.Call(t.Context(), hostport, "m"); err != nil {
			t.Errorf("%s: a later call: %v", name, err)
		}
	}
}

// counted is a connection that tells when it is closed.
type counted struct {
	net.Conn
	closed func()
}

func (c counted) Close() error {
	c.closed()
	return c.Conn.Close()
}

// Calls that are given up while they wait for a connection leave it to others.
func TestGivenUpWhileWaiting(t *testing.T) {
	hostport := scripted(t, func(_ int, conn net.Conn, in *bufio.Reader) {
		for i := 0; ; i++ {
			if _, _, err := readRequest(in); err != nil {
				return
			}
			answer(conn, "HTTP/1.1", map[bool]string{true: "Connection: close\r\n"}[i%3 == 2])
		}
	})
	var open, dialled atomic.Int32
	c := client(t, func(o *xmlrpc.ClientOptions) {
		o.PerHost = 1
		o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			dialled.Add(1)
			if n := open.Add(1); n > 1 {
				t.Errorf("%d connections at a time, want one", n)
			}
			return counted{conn, sync.OnceFunc(func() { open.Add(-1) })}, nil
		}
	})
	var calls sync.WaitGroup
	for i := range 300 {
		calls.Go(func() {
			ctx, giveUp := context.WithTimeout(t.Context(), time.Duration(i%60)*100*time.Microsecond)
			defer giveUp()
			_, err := c.Call(ctx, hostport, "m")
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	for range 7 {
		if _, err := c.Call(t.Context(), hostport, "m"); err != nil {
			t.Errorf("after them: %v", err)
		}
	}
	if n := dialled.Load(); n < 3 {
		t.Errorf("%d connections in all: the server ends each after three calls", n)
	}
}

func TestBadCalls(t *testing.T) {
	c := client(t, nil)
	for _, b := range []struct{ hostport, method, want string }{
		{"127.0.0.1:1", "", "method name of 0 characters"},
		{"127.0.0.1:1", "a</methodName>", "holds '<'"},
		{"127.0.0.1:1", strings.Repeat("m", 256), "256 characters"},
		{"node1", "m", "bad address \"node1\": want host:port"},
		{":5000", "m", "bad address"},
		{"node1:", "m", "bad address"},
		{"u@node1:1", "m", "bad address"},
		{"node1/x:1", "m", "bad address"},
		{"node1:1/x", "m", "bad address"},
		{"127.0.0.1:1", "m", "connection refused"},
	} {
		_, err := c.Call(t.Context(), b.hostport, b.method)
		if err == nil || !strings.Contains(err.Error(), b.want) ||
			!strings.HasPrefix(err.Error(), "call "+b.method+" on "+b.hostport+": ") {
			t.Errorf("%v, want %q", err, b.want)
		}
	}
}

func TestClientOptions(t *testing.T) {
	for want, change := range map[string]func(*xmlrpc.ClientOptions){
		"Timeout is 0s, want more than 0":         func(o *xmlrpc.ClientOptions) { o.Timeout = 0 },
		"MaxBody is -1, want at least 1 byte":     func(o *xmlrpc.ClientOptions) { o.MaxBody = -1 },
		"MaxDepth is 0, want 1 to 10000":          func(o *xmlrpc.ClientOptions) { o.MaxDepth = 0 },
		"MaxElements is 0, want at least 1":       func(o *xmlrpc.ClientOptions) { o.MaxElements = 0 },
		"PerHost is 0, want at least 1":           func(o *xmlrpc.ClientOptions) { o.PerHost = 0 },
		"Cluster is \"a\\r\\nb\", want printable": func(o *xmlrpc.ClientOptions) { o.Cluster = "a\r\nb" },
		"Cluster is \"a b\", want printable":      func(o *xmlrpc.ClientOptions) { o.Cluster = "a b" },
		"IdleTimeout is 0s, want more than 0":     func(o *xmlrpc.ClientOptions) { o.IdleTimeout = 0 },
	} {
		o := xmlrpc.DefaultClientOptions()
		change(&o)
		if _, err := xmlrpc.NewClient(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if c, s := xmlrpc.DefaultClientOptions(), xmlrpc.DefaultServerOptions(); c.IdleTimeout >= s.IdleTimeout {
		t.Errorf("client keeps connections %s, server only %s", c.IdleTimeout, s.IdleTimeout)
	}
}
