package xmlrpc_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"
)

func zipped(t *testing.T, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func post(t *testing.T, s http.Handler, body []byte, change func(*http.Request)) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/RPC2", bytes.NewReader(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	r.Header.Set("Content-Type", "text/xml")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The statuses are Python's, but 411 for 500.
func TestStatuses(t *testing.T) {
	o := quiet()
	o.MaxBody = 1 << 20
	o.BodyLimit = func(method string) int64 { return map[string]int64{"fail": 8 << 10}[method] }
	s, err := xmlrpc.NewServer(methods(), o)
	if err != nil {
		t.Fatal(err)
	}
	call := xmlrpc.AppendCall(nil, "none")
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	target := func(target string) func(*http.Request) {
		return func(r *http.Request) { r.URL = httptest.NewRequest(http.MethodPost, target, nil).URL }
	}
	for _, c := range []struct {
		name   string
		body   []byte
		change func(*http.Request)
		status int
		want   string
	}{
		{"call", call, nil, 200, "<nil/>"},
		{"path /", call, target("/"), 200, "<nil/>"},
		{"other path", call, target("/rpc2"), 404, "No such page"},
		{"query", call, target("/RPC2?x=1"), 404, "No such page"},
		{"GET", nil, func(r *http.Request) { r.Method = http.MethodGet }, 501, "Unsupported method (\"GET\")"},
		{"HEAD", nil, func(r *http.Request) { r.Method = http.MethodHead }, 501, ""},
		{"PUT on another path", nil, func(r *http.Request) { r.Method = http.MethodPut; target("/x")(r) }, 501, ""},
		{"no length", nil, func(r *http.Request) { r.Header.Del("Content-Length") }, 411, "Content-Length is required"},
		{"chunked", call, func(r *http.Request) { r.TransferEncoding = []string{"chunked"}; r.ContentLength = -1 }, 411, "chunked"},
		{"empty", nil, nil, 200, "malformed XML-RPC at byte 0: the document ends early"},
		{"no XML", []byte("hello"), nil, 200, "<name>faultCode</name>\n<value><int>1</int></value>"},
		{"gzip", zipped(t, bytes.NewReader(call)), header("Content-Encoding", "GZIP"), 200, "<nil/>"},
		{"identity", call, header("Content-Encoding", "identity"), 200, "<nil/>"},
		{"bad gzip", call, header("Content-Encoding", "gzip"), 400, "error decoding gzip content"},
		{"gzip cut short", zipped(t, bytes.NewReader(call))[:40], header("Content-Encoding", "gzip"), 400, "error decoding gzip content"},
		{"deflate", call, header("Content-Encoding", "deflate"), 501, "encoding \"deflate\" not supported"},
		{"cut short", call, func(r *http.Request) { r.Body = io.NopCloser(iotestErr{}) }, 400, "the body ends early"},
		{"large", padded(call, 1<<20), nil, 200, "<nil/>"},
		{"too large", padded(call, 1<<20+1), nil, 413, "1048576 bytes"},
		{"gzip bomb", zipped(t, bytes.NewReader(padded(call, 4<<20))), header("Content-Encoding", "gzip"), 413, "1048576 bytes"},
		{"no method soon", padded(nil, 1<<20), nil, 413, "no method's name within the first 8192 bytes"},
		{"large, no such method", padded(xmlrpc.AppendCall(nil, "x"), 1<<20), nil, 200, "method \"x\" is not supported"},
		{"large for its method", padded(xmlrpc.AppendCall(nil, "fail"), 8193), nil, 413, "a call of fail may have 8192 bytes"},
		{
			"its gzip too", zipped(t, bytes.NewReader(padded(xmlrpc.AppendCall(nil, "fail"), 8193))),
			header("Content-Encoding", "gzip"), 413, "a call of fail may have 8192 bytes",
		},
		{"as large as its method's", padded(xmlrpc.AppendCall(nil, "fail"), 8192), nil, 200, "no &lt;way&gt;"},
		{"form", call, header("Content-Type", "application/x-www-form-urlencoded"), 415, "want text/xml"},
		{"text/plain", call, header("Content-Type", "text/plain"), 415, "Content-Type \"text/plain\", want text/xml"},
		{"no type", call, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "want text/xml"},
		{"type with parameter", call, header("Content-Type", "Text/XML; charset=utf-8"), 200, "<nil/>"},
		{"web page", call, header("Origin", "http://elsewhere.example"), 403, "calls of web pages are refused"},
		{"local file", call, header("Origin", "null"), 403, "calls of web pages are refused"},
		{"too deep", []byte(nested(65)), nil, 200, "more than 64 deep"},
	} {
		response := post(t, s, c.body, c.change)
		body := readAll(t, response.Body)
		if response.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %q, want %d %q", c.name, response.StatusCode, body, c.status, c.want)
		}
		if got := response.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
			t.Errorf("%s: Content-Length %q of %d", c.name, got, len(body))
		}
	}
}

// padded is a document with white space behind it.
func padded(document []byte, size int) []byte {
	return append(bytes.Clone(document), bytes.Repeat([]byte(" "), size-len(document))...)
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestFaults(t *testing.T) {
	s, err := xmlrpc.NewServer(methods(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]xmlrpc.Fault{
		"x":                {Code: 1, Text: "<class 'Exception'>:method \"x\" is not supported"},
		"":                 {Code: 1, Text: "<class 'Exception'>:method \"\" is not supported"},
		"a<b":              {Code: 1, Text: "<class 'Exception'>:method \"a<b\" is not supported"},
		"system.multicall": {Code: 1, Text: "<class 'Exception'>:method \"system.multicall\" is not supported"},
		"fail":             {Code: 1, Text: "<class 'Exception'>:no <way>"},
		"fault":            {Code: 42, Text: "own text"},
		"panic":            {Code: 1, Text: "<class 'Exception'>:method \"panic\" failed"},
	} {
		response := post(t, s, xmlrpc.AppendCall(nil, method), nil)
		_, err := xmlrpc.ParseAnswer([]byte(readAll(t, response.Body)), xmlrpc.DefaultLimits())
		var fault *xmlrpc.Fault
		if response.StatusCode != http.StatusOK || !errors.As(err, &fault) || *fault != want {
			t.Errorf("%q: %d, %v, want %v", method, response.StatusCode, err, want)
		}
	}
}

func TestGzipAnswers(t *testing.T) {
	s, err := xmlrpc.NewServer(methods(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	overhead := len(xmlrpc.AppendAnswer(nil, xmlrpc.ArrayValue(xmlrpc.StringValue(""))))
	for _, c := range []struct {
		accept string
		size   int
		want   string
	}{
		{"gzip", 1401, "gzip"},
		{"gzip", 1400, ""},
		{"", 1401, ""},
		{"identity", 1401, ""},
		{"deflate, gzip;q=0.5", 1401, "gzip"},
		{"gzip;q=0", 1401, ""},
		{"gzip; q=0.0, deflate", 1401, ""},
		{"x-gzip", 1401, ""},
	} {
		body := xmlrpc.AppendCall(nil, "echo", xmlrpc.StringValue(strings.Repeat("x", c.size-overhead)))
		response := post(t, s, body, func(r *http.Request) { r.Header.Set("Accept-Encoding", c.accept) })
		if got := response.Header.Get("Content-Encoding"); got != c.want {
			t.Errorf("accepting %q, %d bytes: encoding %q, want %q", c.accept, c.size, got, c.want)
		}
		document := []byte(readAll(t, response.Body))
		if c.want == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(document))
			if err != nil {
				t.Fatal(err)
			}
			document = []byte(readAll(t, z))
		}
		if len(document) != c.size {
			t.Errorf("answer of %d bytes, want %d", len(document), c.size)
		}
	}
}

func TestOverTheSocket(t *testing.T) {
	hostport := serve(t, methods(), quiet())
	body := string(xmlrpc.AppendCall(nil, "none"))
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	for _, c := range []struct{ name, request, first, want string }{
		{"HTTP/1.0", "POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\n" + length + "\r\n" + body, "HTTP/1.0 200 OK", "<nil/>"},
		{"HTTP/1.1", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nConnection: close\r\n" + length + "\r\n" + body, "HTTP/1.1 200 OK", "<nil/>"},
		{"two calls", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n" + length + "\r\n" + body + "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nConnection: close\r\n" + length + "\r\n" + body, "HTTP/1.1 200 OK", "<nil/>"},
		{"GET", "GET /RPC2 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 Not Implemented", "Unsupported method"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 Not Implemented", "Unsupported method"},
		{"chunked", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 411 Length Required", "chunked"},
		{"no length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n\r\n", "HTTP/1.1 411 Length Required", "Content-Length"},
		{"17 MB announced", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 17000000\r\n\r\n", "HTTP/1.1 413 Request Entity Too Large", "16777216 bytes"},
		{"path", "POST /etc HTTP/1.0\r\n" + length + "\r\n" + body, "HTTP/1.0 404 Not Found", "\r\n\r\nNo such page"},
	} {
		answer := raw(t, hostport, c.request)
		if first, _, _ := strings.Cut(answer, "\r\n"); first != c.first || !strings.Contains(answer, c.want) {
			t.Errorf("%s:\n%s\nwant %q and %q", c.name, answer, c.first, c.want)
		}
	}
}

func TestServerTimeouts(t *testing.T) {
	o := quiet()
	o.ReadTimeout, o.IdleTimeout = 50*time.Millisecond, 50*time.Millisecond
	hostport := serve(t, methods(), o)
	body := string(xmlrpc.AppendCall(nil, "none"))
	for name, request := range map[string]string{
		"nothing":      "",
		"half header":  "POST /RPC2 HTT",
		"half body":    fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:20]),
		"kept, silent": fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
	} {
		start := time.Now()
		answer := raw(t, hostport, request) // fails the test unless the server closes
		if strings.Contains(answer, "<nil/>") != (name == "kept, silent") {
			t.Errorf("%s: answer %q", name, answer)
		}
		if took := time.Since(start); took < 40*time.Millisecond {
			t.Errorf("%s: closed after %s", name, took)
		}
	}
}

// When ctx ends, Serve cancels the methods, waits for them and delivers what they
// still answer.
func TestServeEnds(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	s, err := xmlrpc.NewServer(
		xmlrpc.Methods{"wait": {Call: func(ctx context.Context, _ []xmlrpc.Value) (xmlrpc.Value, error) {
			close(entered)
			<-ctx.Done()
			close(left)
			return xmlrpc.StringValue("bye"), nil
		}}},
		quiet(),
	)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	answered := make(chan xmlrpc.Value, 1)
	go func() {
		v, err := client(t, nil).Call(t.Context(), l.Addr().String(), "wait")
		if err != nil {
			t.Error(err)
		}
		answered <- v
	}()
	<-entered
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	select {
	case <-left:
	default:
		t.Error("Serve returned before its handler")
	}
	if v := <-answered; v.Str != "bye" {
		t.Errorf("answer %v", v)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("still listening")
	}
}

func TestServeTellsOfABrokenListener(t *testing.T) {
	s, err := xmlrpc.NewServer(nil, quiet())
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("Serve: %v, want net.ErrClosed", err)
	}
}

func TestPythonCallsUs(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	hostport := serve(t, methods(), quiet())
	url := "http://" + hostport
	long := strings.Repeat("long ü ", 1000) // comes back gzipped
	args := []xmlrpc.Value{
		xmlrpc.NilValue(), xmlrpc.IntValue(-7), xmlrpc.BoolValue(true), xmlrpc.DoubleValue(0.1), xmlrpc.StringValue(long),
		xmlrpc.Base64Value([]byte("bytes")), xmlrpc.DateTimeValue("20210506T10:00:00"), xmlrpc.ArrayValue(),
		xmlrpc.StructValue(xmlrpc.Member{Name: "a<b", Value: xmlrpc.ArrayValue(xmlrpc.NilValue())}),
	}
	for range 2 { // the second goes over the kept connection
		v, err := python.Call(t, url, "echo", args...)
		if err != nil || same(xmlrpc.ArrayValue(args...), v) != "" {
			t.Fatalf("%v%s", err, same(xmlrpc.ArrayValue(args...), v))
		}
	}
	for method, want := range map[string]string{
		"nope":  "fault 1: <class 'Exception'>:method \"nope\" is not supported",
		"fail":  "fault 1: <class 'Exception'>:no <way>",
		"fault": "fault 42: own text",
	} {
		if _, err := python.Call(t, url, method); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", method, err, want)
		}
	}
	if _, err := python.Call(t, url+"/elsewhere", "echo"); err == nil || err.Error() != "ProtocolError 404" {
		t.Errorf("other path: %v", err)
	}
}

func TestServerOptions(t *testing.T) {
	for want, change := range map[string]func(*xmlrpc.ServerOptions){
		"MaxBody is 0, want at least 1 byte":    func(o *xmlrpc.ServerOptions) { o.MaxBody = 0 },
		"MaxDepth is -1, want 1 to 10000":       func(o *xmlrpc.ServerOptions) { o.MaxDepth = -1 },
		"MaxElements is 0, want at least 1":     func(o *xmlrpc.ServerOptions) { o.MaxElements = 0 },
		"ReadTimeout is 0s, want more than 0":   func(o *xmlrpc.ServerOptions) { o.ReadTimeout = 0 },
		"WriteTimeout is -1s, want more than 0": func(o *xmlrpc.ServerOptions) { o.WriteTimeout = -time.Second },
		"IdleTimeout is 0s, want more than 0":   func(o *xmlrpc.ServerOptions) { o.IdleTimeout = 0 },
		"Logger is nil":                         func(o *xmlrpc.ServerOptions) { o.Logger = nil },
	} {
		o := xmlrpc.DefaultServerOptions()
		change(&o)
		if _, err := xmlrpc.NewServer(nil, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
