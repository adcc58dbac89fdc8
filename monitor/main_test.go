package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen collects what a process prints, and tells whoever waits.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at each write
}

func newScreen() *screen { return &screen{more: make(chan struct{})} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(p)
}

func (s *screen) read() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.more
}

// await waits until the text after the last await holds want.
func (s *screen) await(t *testing.T, want string) string {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		text, more := s.read()
		if i := strings.Index(text, want); i >= 0 {
			s.mu.Lock()
			s.text.Next(i + len(want))
			s.mu.Unlock()
			return text[:i+len(want)]
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %q in %q", want, text)
		}
	}
}

// process is the command, run in this process.
type process struct {
	stdout, stderr *screen
	stdin          *io.PipeWriter
	code           chan int
	stop           context.CancelFunc
	monitor        wire.Monitor
	folder         string
}

func startMonitor(t *testing.T, args ...string) *process {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	in, out := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	p := &process{
		stdout: newScreen(), stderr: newScreen(), stdin: out, code: make(chan int, 1), stop: cancel, folder: t.TempDir(),
		monitor: wire.Monitor{Client: client, HostPort: "127.0.0.1:" + port},
	}
	all := append(
		[]string{
			"--bind",
			"127.0.0.1",
			"--advertise",
			"monitor-node",
			"--port",
			port,
			"--results",
			filepath.Join(p.folder, "results.txt"),
		},
		args...)
	go func() { p.code <- run(ctx, all, in, p.stdout, p.stderr) }()
	t.Cleanup(func() {
		cancel()
		_ = out.Close()
		client.Close()
		p.code <- <-p.code
	})
	p.stderr.await(t, "listening on 127.0.0.1:"+port+" as monitor-node:"+port+"\n")
	return p
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (p *process) typed(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

func (p *process) ended(t *testing.T) int {
	t.Helper()
	select {
	case code := <-p.code:
		p.code <- code
		return code
	case <-time.After(20 * time.Second):
		t.Fatal("the process has not ended")
		return -1
	}
}

const wantMenu = "1. \"Test Case for Single Node failure\"                             \n" +
	"2. \"Test Case for Simultaneous Failure\"                             \n" +
	"3. \"Test Case for Dead Node becomes Alive\"                             \n" +
	"4. \"stop\"\nor: status, cancel, forget NAME, collect, help\nEnter your input:"

func TestMenuWords(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startMonitor(t, "--provider", "")
	if got := p.stdout.await(t, "Enter your input:"); got != wantMenu {
		t.Errorf("menu %q, want %q", got, wantMenu)
	}
	if err := p.monitor.Register(t.Context(), "n1:5000"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"bogus", `unknown input "bogus", want 1, 2, 3, 4, stop, status, cancel, forget NAME, collect or help`},
		{"", ""},
		{"cancel", "no test case is running"},
		{"forget", "forget: which node? want forget NAME"},
		{"forget n7", `unknown node "n7"`},
		{"  STATUS ", "1 nodes: 1 alive, 0 failed\nn1:5000  alive  no heartbeat yet  nobody else's opinion counts now"},
		{"collect", "states.json and ip_mapping.json written"},
		{"help", "1            begin the test case: one node dies\n"},
		{"forget n1", "n1:5000: forgotten"},
	} {
		p.typed(t, c.line)
		if got := p.stdout.await(t, wantMenu); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
	}
	if got, err := os.ReadFile("ip_mapping.json"); err != nil || string(got) != `{"n1:5000":0}` {
		t.Errorf("ip_mapping.json: %s, %v", got, err)
	}
	p.typed(t, "3")
	p.stdout.await(t, "Test Case for Dead Node becomes Alive: running (status, cancel)\n")
	p.typed(t, "1")
	p.stdout.await(
		t,
		"a test case is running: Test Case for Dead Node becomes Alive; wait for its end, or cancel it\n",
	)
	p.typed(t, "status")
	p.stdout.await(t, "0 of 1 alive again; no node has failed yet\n")
	p.typed(t, "cancel")
	p.stdout.await(t, "Test Case for Dead Node becomes Alive: cancelled\n"+wantMenu)
	p.typed(t, "4")
	if code := p.ended(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

type provider struct{ number gossip.ProtocolNumber }

func (p provider) Join(context.Context, gossip.Address) (gossip.ProtocolNumber, error) {
	return p.number, nil
}
func (p provider) Members(context.Context) ([]gossip.Address, error) { return nil, nil }
func (p provider) Protocol(context.Context) (gossip.ProtocolNumber, error) {
	return p.number, nil
}

// startProvider serves until the test's end.
func startProvider(t *testing.T) string {
	t.Helper()
	server, err := xmlrpc.NewServer(wire.ProviderMethods(provider{3}), xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("provider: %v", err)
		}
	})
	return l.Addr().String()
}

// TestCaseAtTheMenu closes stdin when the case has begun: it goes on, and so
// does the process.
func TestCaseAtTheMenu(t *testing.T) {
	p := startMonitor(
		t,
		"--provider",
		startProvider(t),
		"--heartbeat",
		"50ms",
		"--gossip",
		"100ms",
		"--fail",
		"400ms",
	)
	p.stdout.await(t, wantMenu)
	names := []gossip.Address{"n1:5000", "n2:5000", "n3:5000"}
	for _, a := range names {
		for _, err := range []error{p.monitor.Register(t.Context(), a), p.monitor.Heartbeat(t.Context(), a)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	p.typed(t, "1")
	p.stdout.await(t, "running")
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	// n1 and n2 live and suspect n3, which is silent.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var nodes sync.WaitGroup
	defer nodes.Wait()
	defer cancel()
	nodes.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			for _, a := range names[:2] {
				_ = p.monitor.Heartbeat(ctx, a) // fails when the test ends
				_ = p.monitor.UpdateSuspects(
					ctx,
					a,
					gossip.FaultVector{
						{Address: "n1:5000"},
						{Address: "n2:5000"},
						{Address: "n3:5000", Suspected: true},
					},
					1,
				)
			}
		}
	})
	got := p.stdout.await(t, wantMenu)
	if !strings.Contains(got, "------------- Consensus Achieved --------------\nRun time for detection:  0.") ||
		!strings.Contains(got, "Total Messages exchanged for consensus:  0\nFalse Failure Detection Count:  0\n1. ") {
		t.Errorf("terminal %q", got)
	}
	text, err := p.monitor.Results(t.Context()) // it serves on
	if err != nil ||
		!strings.HasPrefix(
			text,
			"<br><br>------------- Consensus Achieved --------------<br>Test Case for Single Node failure<br>",
		) {
		t.Errorf("results %q, %v", text, err)
	}
	line, err := os.ReadFile(filepath.Join(p.folder, "results.jsonl"))
	var object map[string]any
	if err == nil {
		err = json.Unmarshal(line, &object)
	}
	if err != nil || object["protocol"] != "scrr" {
		t.Errorf("results.jsonl: %s, %v", line, err)
	}
	// The end of the context, as a signal's, is no error.
	cancel()
	nodes.Wait()
	p.stop()
	if code := p.ended(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestWrongUse(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
		code int
	}{
		{[]string{"--protocol", "gossip"}, `monitor: --protocol "gossip": want one of random`, 2},
		{[]string{"--provider", "nowhere"}, "monitor: --provider: bad address", 2},
		{[]string{"--results", "results.jsonl"}, "monitor: --results results.jsonl: want another ending", 2},
		{[]string{"--fail", "1s"}, "monitor: fail interval 1s", 2},
		{
			[]string{"--profile", "lan", "--fail", "150ms"},
			"monitor: fail interval 150ms: want more than the heartbeat interval 200ms", 2,
		},
		{[]string{"--profile", "wan"}, "monitor: ", 2},
		{[]string{"--port", "70000"}, "monitor: --port: 70000 is no port", 2},
		{[]string{"--config", "missing.json"}, "monitor: ", 2},
		{[]string{"--advertise", "two words"}, "monitor: --advertise: bad address", 2},
		{[]string{"--max-body", "0"}, "monitor: ", 2},
		{[]string{"--allow", "10.0.0.0/33"}, `monitor: --allow: "10.0.0.0/33" is no network`, 2},
		{[]string{"dashboard", "--allow", "all"}, `monitor dashboard: --allow: "all" is no network`, 2},
	} {
		var stderr strings.Builder
		code := run(
			t.Context(),
			c.args,
			strings.NewReader(""),
			io.Discard,
			&stderr,
		)
		if code != c.code || !strings.HasPrefix(stderr.String(), c.want) ||
			strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: exit code %d, %q; want %d, %q", c.args, code, stderr.String(), c.code, c.want)
		}
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var stderr strings.Builder
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	code := run(
		t.Context(),
		[]string{"--bind", "127.0.0.1", "--advertise", "m", "--port", port},
		strings.NewReader(""),
		io.Discard,
		&stderr,
	)
	if code != 1 || !strings.Contains(stderr.String(), port) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("exit code %d, %q", code, stderr.String())
	}
}
