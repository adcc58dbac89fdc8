package xmlrpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gossiprpc/internal/conns"
	"gossiprpc/internal/xmlrpc"
)

// peak runs f and returns by how many bytes the heap had grown at most, as sampled.
func peak(t *testing.T, f func()) int64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapAlloc, m.HeapAlloc
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for ticker := time.NewTicker(2 * time.Millisecond); ; {
			select {
			case <-stop:
				ticker.Stop()
				return
			case <-ticker.C:
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return int64(most - before)
}

// open connects and sends text.
func open(t *testing.T, hostport, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", hostport)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func header(length int, more string) string {
	return fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n%s\r\n", length, more)
}

// TestManyPackedCallsAtOnce has many calls unpack to very many values each.
func TestManyPackedCallsAtOnce(t *testing.T) {
	o := quiet()
	o.Memory = xmlrpc.NewMemory(16 << 20)
	m := methods()
	m["echo"] = xmlrpc.Method{Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
		time.Sleep(time.Millisecond) //nolint:forbidigo // stands for work: nothing is waited for
		return xmlrpc.NilValue(), nil
	}}
	hostport := serve(t, m, o)
	ints := make([]xmlrpc.Value, 30_000) // 10 MB as reckoned, of which one at a time fits
	for i := range ints {
		ints[i] = xmlrpc.IntValue(7)
	}
	call := zipped(t, bytes.NewReader(xmlrpc.AppendCall(nil, "echo", xmlrpc.ArrayValue(ints...))))
	request := header(len(call), "Content-Encoding: gzip\r\nConnection: close\r\n") + string(call)

	c := client(t, nil)
	var mu sync.Mutex
	answered, refused := 0, 0
	grown := peak(t, func() {
		var callers sync.WaitGroup
		for range 40 {
			callers.Go(func() {
				answer := raw(t, hostport, request)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case strings.HasPrefix(answer, "HTTP/1.1 200") && strings.Contains(answer, "<nil/>"):
					answered++
				case strings.HasPrefix(answer, "HTTP/1.1 503") && strings.Contains(answer, "Retry-After: 1"):
					refused++
				default:
					t.Errorf("%.200q", answer)
				}
			})
		}
		// Meanwhile small calls are answered.
		for range 20 {
			if _, err := c.Call(t.Context(), hostport, "none"); err != nil {
				t.Error(err)
			}
		}
		callers.Wait()
	})
	if answered == 0 || answered+refused != 40 {
		t.Errorf("%d answered, %d refused", answered, refused)
	}
	// What is dead but not collected yet counts too.
	if grown > 64<<20 {
		t.Errorf("40 calls took %d MB at a budget of 16", grown>>20)
	}
	if used := o.Memory.InUse(); used != 0 {
		t.Errorf("%d bytes of the budget are never given back", used)
	}
}

// TestSlowBodies announces much and sends it slowly, or never.
func TestSlowBodies(t *testing.T) {
	o := quiet()
	o.Memory = xmlrpc.NewMemory(8 << 20)
	o.ReadTimeout = 400 * time.Millisecond
	hostport := serve(t, methods(), o)
	begin := string(xmlrpc.AppendCall(nil, "echo", xmlrpc.StringValue(strings.Repeat("x", 6000))))[:5000]
	c := client(t, nil)
	grown := peak(t, func() {
		slow := make([]net.Conn, 60)
		for i := range slow {
			slow[i] = open(t, hostport, header(1<<20, "")+begin)
		}
		if _, err := c.Call(t.Context(), hostport, "none"); err != nil {
			t.Error("a small call among slow ones: ", err)
		}
		for _, s := range slow { // all are cut off, or told to try again
			if _, err := io.Copy(io.Discard, s); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				var reset *net.OpError
				if !errors.As(err, &reset) || reset.Timeout() {
					t.Error(err)
				}
			}
		}
	})
	if grown > 12<<20 {
		t.Errorf("60 bodies of 1 MiB took %d MB at a budget of 8", grown>>20)
	}
	if used := o.Memory.InUse(); used != 0 {
		t.Errorf("%d bytes of the budget are never given back", used)
	}
}

// TestSlowHeaders fills all places with headers that never end.
func TestSlowHeaders(t *testing.T) {
	o := quiet()
	o.Connections = conns.Limits{Total: 20, PerAddress: 20}
	hostport := serve(t, methods(), o)
	for range 60 {
		open(t, hostport, "POST /RPC2 HTTP/1.1\r\nHost: a\r\nX: ")
	}
	began := time.Now()
	c := client(t, nil)
	for range 5 {
		if _, err := c.Call(t.Context(), hostport, "none"); err != nil {
			t.Error(err)
		}
	}
	if took := time.Since(began); took > o.HeaderTimeout/2 {
		t.Errorf("five calls among 60 slow headers took %v", took)
	}
}

// TestTextsAreNotEchoed sends names and faults of megabytes.
func TestTextsAreNotEchoed(t *testing.T) {
	m := methods()
	m["long"] = xmlrpc.Method{Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
		return xmlrpc.Value{}, errors.New(strings.Repeat("é", 1<<20))
	}}
	m["long fault"] = xmlrpc.Method{Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
		return xmlrpc.Value{}, &xmlrpc.Fault{Code: 7, Text: strings.Repeat(">", 1<<20)}
	}}
	s, err := xmlrpc.NewServer(xmlrpc.WithSystem(m, nil), quiet())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Repeat(">", 1<<20)
	inner := xmlrpc.StructValue(
		xmlrpc.Member{Name: "methodName", Value: xmlrpc.StringValue(name)},
		xmlrpc.Member{Name: "params", Value: xmlrpc.ArrayValue()},
	)
	for what, body := range map[string][]byte{
		"method":         xmlrpc.AppendCall(nil, name),
		"short method":   xmlrpc.AppendCall(nil, strings.Repeat(">", 900)),
		"multicall":      xmlrpc.AppendCall(nil, "system.multicall", xmlrpc.ArrayValue(inner)),
		"error":          xmlrpc.AppendCall(nil, "long"),
		"fault":          xmlrpc.AppendCall(nil, "long fault"),
		"element":        []byte("<" + strings.Repeat("x", 4000) + ">"),
		"HTTP method":    nil,
		"encoding":       xmlrpc.AppendCall(nil, "none"),
		"content type":   xmlrpc.AppendCall(nil, "none"),
		"foreign origin": xmlrpc.AppendCall(nil, "none"),
	} {
		answer := post(t, s, body, func(r *http.Request) {
			switch what {
			case "HTTP method":
				r.Method = strings.Repeat("M", 1<<15)
			case "encoding":
				r.Header.Set("Content-Encoding", strings.Repeat("e", 1<<15))
			case "content type":
				r.Header.Set("Content-Type", strings.Repeat("t", 1<<15))
			case "foreign origin":
				r.Header.Set("Origin", strings.Repeat("o", 1<<15))
			}
		})
		if text := readAll(t, answer.Body); len(text) > 20<<10 { // 4 KiB of ">" are 16 KiB
			t.Errorf("%s: %d bytes of answer", what, len(text))
		}
	}
}

// TestAnswersThatAreBombs has a server answer nil with much.
func TestAnswersThatAreBombs(t *testing.T) {
	document := xmlrpc.AppendAnswer(nil, xmlrpc.StringValue(strings.Repeat("a", 12<<20)))
	packed := zipped(t, bytes.NewReader(document))
	hostport := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write(packed)
	})
	c := client(t, nil)
	var calls sync.WaitGroup
	grown := peak(t, func() {
		for range 30 {
			calls.Go(func() {
				err := c.Tell(t.Context(), hostport, "told", func(b []byte) []byte { return xmlrpc.AppendCall(b, "told") })
				if !errors.Is(err, xmlrpc.ErrLimit) || !strings.Contains(err.Error(), "answer over 65536 bytes") {
					t.Errorf("%v", err)
				}
			})
		}
		calls.Wait()
	})
	if grown > 16<<20 {
		t.Errorf("30 answers took %d MB", grown>>20)
	}
	if v, err := c.Call(t.Context(), hostport, "asked"); err != nil || len(v.Str) != 12<<20 {
		t.Errorf("%v: an answer of 12 MB is taken where one is wanted", err)
	}
}

// answering is an HTTP server of the test's.
func answering(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l := listen(t)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return l.Addr().String()
}
