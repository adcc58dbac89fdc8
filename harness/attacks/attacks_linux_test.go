package attacks

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
)

// The processes' budget is 128 MiB. Beside it they need some for themselves, and
// garbage that is not collected yet counts too.
const bound = 320 // MB

var (
	text   = xmlrpc.StringValue
	number = xmlrpc.IntValue
)

func node(t *testing.T, shell string, args ...string) process {
	t.Helper()
	return start(t, shell, "gossipnode", append([]string{
		"--monitor", "127.0.0.1:9", "--provider", "127.0.0.1:9", "--seed-host", "127.0.0.1", "--seed-port", "9",
	}, args...)...)
}

// states is a state map of one endpoint.
func states(name, status string) xmlrpc.Value {
	m := func(name string, v xmlrpc.Value) xmlrpc.Member { return xmlrpc.Member{Name: name, Value: v} }
	return xmlrpc.StructValue(m(name, xmlrpc.StructValue(
		m("heartBeat", xmlrpc.StructValue(m("heartBeatValue", number(1)), m("generation", number(1)))),
		m("appState", xmlrpc.StructValue(m("IP_Port", text(name)), m("App_version", number(1)), m("App_status", text(status)))),
		m("last_updated_time", text("2026-11-24 12:00:00.000000")),
	)))
}

// TestHugeStatuses: 21 calls with a status of 15 MB each took a node to 4.8 GB.
func TestHugeStatuses(t *testing.T) {
	huge := strings.Repeat("s", 15<<20)
	for name, c := range map[string]struct {
		p    process
		call []byte
	}{
		"node":    {node(t, ""), xmlrpc.AppendCall(nil, "acceptAck", xmlrpc.ArrayValue(), states("a:1", huge), text("a:1"))},
		"monitor": {start(t, "", "monitor"), xmlrpc.AppendCall(nil, "sendEpStateMap", text("a:1"), states("a:1", huge), number(1))},
	} {
		call := packed(t, c.call)
		for range 6 {
			if status, answer := c.p.post(t, call, "Content-Encoding", "gzip"); status != 200 || !strings.Contains(answer, "want at most 64") {
				t.Fatalf("%s: %d %.300s", name, status, answer)
			}
		}
		c.p.holds(t, bound)
	}
}

// TestManyValuesAtOnce: 64 calls of 17 kB took 7.2 GB.
func TestManyValuesAtOnce(t *testing.T) {
	p := node(t, "")
	ints := make([]xmlrpc.Value, 261_000)
	for i := range ints {
		ints[i] = number(1)
	}
	call := packed(t, xmlrpc.AppendCall(nil, "acceptSyn", xmlrpc.ArrayValue(ints...), text("a:1")))
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if status, answer := p.post(t, call, "Content-Encoding", "gzip"); status != 200 && status != 503 {
				t.Errorf("%d %.300s", status, answer)
			}
		})
	}
	all.Wait()
	p.holds(t, bound)
}

// TestManyLinesAtOnce: as many entries as are allowed, in the shortest lines that there are,
// and more than that.
func TestManyLinesAtOnce(t *testing.T) {
	of := map[string]process{
		"receiveGossipTerse": node(t, ""), "acceptAck2Terse": node(t, ""), "updateSuspectMatrixTerse": start(t, "", "monitor"),
	}
	shortest := map[string]string{
		"receiveGossipTerse": "a:1 1 1 1\n", "acceptAck2Terse": "a:1 1 1 1 1 \n", "updateSuspectMatrixTerse": "a:1 1\n",
	}
	for method, p := range of {
		args := func(lines int) []xmlrpc.Value {
			all := text(strings.Repeat(shortest[method], lines))
			if method == "updateSuspectMatrixTerse" {
				return []xmlrpc.Value{text("a:1"), all, number(1)}
			}
			return []xmlrpc.Value{all, text("a:1")}
		}
		allowed := packed(t, xmlrpc.AppendCall(nil, method, args(16384)...))
		more := packed(t, xmlrpc.AppendCall(nil, method, args(1_000_000)...))
		var calls sync.WaitGroup
		for i := range 64 {
			calls.Go(func() {
				call, want := allowed, ""
				if i%2 == 0 {
					call, want = more, "more than 16384 lines"
				}
				status, answer := p.post(t, call, "Content-Encoding", "gzip")
				if status != 503 && (status != 200 || !strings.Contains(answer, want)) {
					t.Errorf("%s: %d %.300s", method, status, answer)
				}
			})
		}
		calls.Wait()
		p.holds(t, bound)
	}
}

// TestHugeMatrix: the answer had 448 MB, took 8.5 s, and heartbeats waited for 3.3 s.
func TestHugeMatrix(t *testing.T) {
	p := start(t, "", "monitor")
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 4093 {
		if _, err := client.Call(t.Context(), p.address, "setMapping", text(fmt.Sprintf("ghost%d:1", i))); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := p.ask(t, "getSuspectMatrix")
			if err == nil || !strings.Contains(err.Error(), "the suspect matrix of 4093 nodes is not sent: it may have 700") {
				t.Errorf("%v", err)
			}
			status, err := p.ask(t, "getStatus")
			if matrix, ok := status.Member("matrix"); err != nil || !ok || len(matrix.Bytes) != 4093*512 {
				t.Errorf("getStatus has a matrix of %d bytes, want a bit for each pair: %v", len(matrix.Bytes), err)
			}
		})
	}
	var longest time.Duration
	for range 20 {
		began := time.Now()
		if _, err := client.Call(t.Context(), p.address, "setheartbeatTime", text("ghost1:1")); err != nil {
			t.Error(err)
		}
		longest = max(longest, time.Since(began))
	}
	all.Wait()
	t.Logf("a heartbeat waited for %v at most", longest)
	p.holds(t, bound)
}

// TestSharedMatrix asks for the largest matrix that is sent, many at once.
func TestSharedMatrix(t *testing.T) {
	p := start(t, "", "monitor")
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 700 {
		if _, err := client.Call(t.Context(), p.address, "setMapping", text(fmt.Sprintf("ghost%d:1", i))); err != nil {
			t.Fatal(err)
		}
	}
	call := xmlrpc.AppendCall(nil, "getSuspectMatrix")
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			status, answer := p.post(t, call)
			if cells := strings.Count(answer, "<int>0</int>"); status != 503 && (status != 200 || cells != 700*700) {
				t.Errorf("%d, %d cells", status, cells)
			}
		})
	}
	all.Wait()
	p.holds(t, bound)
}

// TestHugeMethod: 16 MB of ">" came back as 67 MB.
func TestHugeMethod(t *testing.T) {
	p := start(t, "", "provider", "--version", "rr")
	call := []byte("<methodCall><methodName>" + strings.Repeat(">", 16<<20-200) + "</methodName></methodCall>")
	for range 10 {
		if status, answer := p.post(t, call); status == 200 || len(answer) > 4<<10 {
			t.Errorf("%d and %d bytes of answer", status, len(answer))
		}
	}
	p.holds(t, bound)
}

// TestSlowBodies: 40 bodies of 15 MB, all but their last byte, took 854 MB.
func TestSlowBodies(t *testing.T) {
	p := node(t, "")
	body := xmlrpc.AppendCall(nil, "acceptSyn", text(strings.Repeat("x", 15<<20)), text("a:1"))
	head := fmt.Sprintf("POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n", len(body))
	var all sync.WaitGroup
	var open sync.Map
	for i := range 40 {
		all.Go(func() {
			c, err := net.Dial("tcp", p.address)
			if err != nil {
				t.Error(err)
				return
			}
			open.Store(i, c)
			_ = c.SetWriteDeadline(time.Now().Add(3 * time.Second))
			_, _ = io.Copy(c, io.MultiReader(strings.NewReader(head), bytes.NewReader(body[:len(body)-1]))) // most are refused
		})
	}
	all.Wait()
	began := time.Now()
	p.holds(t, bound)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a call among slow ones took %v", took)
	}
	open.Range(func(_, c any) bool { return c.(net.Conn).Close() == nil })
}

// TestSlowHeaders: more headers than descriptors made a process deaf for 35 s.
func TestSlowHeaders(t *testing.T) {
	p := node(t, "ulimit -n 256;")
	for range 400 {
		c, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST /RPC2 HTTP/1.1\r\nHost: a\r\nX: "); err != nil {
			t.Logf("closed already: %v", err)
		}
	}
	began := time.Now()
	p.holds(t, bound)
	if took := time.Since(began); took > 8*time.Second { // headers end by themselves after 10
		t.Errorf("a call took %v", took)
	}
}

// TestOutOfDescriptors: a process that may open 64 files is called by 200 who keep their
// connections. It hears newcomers, and can still open the files that it must.
func TestOutOfDescriptors(t *testing.T) {
	call := xmlrpc.AppendCall(nil, "no.such.method")
	request := "POST /RPC2 HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(call), call)
	for name, p := range map[string]process{
		"monitor":  start(t, "ulimit -n 64;", "monitor", "--results", filepath.Join(t.TempDir(), "results.txt")),
		"provider": start(t, "ulimit -n 64;", "provider", "--version", "rr"),
		"node":     node(t, "ulimit -n 64;"),
	} {
		for range 200 {
			c, err := net.Dial("tcp", p.address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, request); err != nil {
				t.Logf("%s: closed already: %v", name, err)
			}
		}
		began := time.Now()
		p.holds(t, bound)
		took := time.Since(began)
		t.Logf("%s: a call took %v", name, took)
		if took > 8*time.Second {
			t.Errorf("%s: that is too long", name)
		}
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.pid))
		if err != nil {
			t.Fatal(err)
		}
		if len(open) > 56 {
			t.Errorf("%s: %d of 64 files are open: too few are left for its own", name, len(open))
		}
	}
}

// TestWebPages: any page that is open in a browser could speak to all processes.
func TestWebPages(t *testing.T) {
	p := start(t, "", "monitor")
	call := xmlrpc.AppendCall(nil, "setMapping", text("ghost:1"))
	for _, headers := range [][]string{
		{"Content-Type", "text/plain", "Origin", "http://elsewhere.example"},
		{"Content-Type", "text/plain"},
		{"Content-Type", "application/x-www-form-urlencoded"},
		{"Origin", "http://elsewhere.example"},
	} {
		if status, answer := p.post(t, call, headers...); status != 403 && status != 415 {
			t.Errorf("%v: %d %s", headers, status, answer)
		}
	}
	if v, err := p.ask(t, "getMapping"); err != nil || len(v.Members) != 0 {
		t.Errorf("%v, and it knows %d nodes", err, len(v.Members))
	}
}

// TestBombsAsAnswers: the seed's answers are small, and unpack to much. They took 1.8 GB.
func TestBombsAsAnswers(t *testing.T) {
	bomb := packed(t, xmlrpc.AppendAnswer(nil, text(strings.Repeat("a", 60<<20))))
	calls := make(chan struct{}, 1000)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb)
		calls <- struct{}{}
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	defer func() { _, _ = server.Close(), <-ended }()
	at := l.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	p := start(t, "", "gossipnode", "--monitor", at, "--provider", at, "--seed-host", "127.0.0.1", "--seed-port", port,
		"--heartbeat", "100ms", "--gossip", "300ms", "--fail", "1s")
	for range 6 {
		select {
		case <-calls:
		case <-time.After(patience):
			t.Fatal("the node does not call")
		}
	}
	p.holds(t, bound)
}

// TestOddFiles: a pipe as results or config file made a process hang, or its threads
// grow without bound.
func TestOddFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("runs real processes")
	}
	dir, err := build()
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"monitor", "--results", pipe},
		{"monitor", "--results", "/dev/zero"},
		{"monitor", "--config", pipe},
		{"gossipnode", "--config", pipe},
		{"provider", "--config", "/dev/zero"},
	} {
		out, err := exec.CommandContext(t.Context(), filepath.Join(dir, args[0]), args[1:]...).CombinedOutput()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "want a regular file") {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
}
