package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
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

const patience = 30 * time.Second

// screen is a terminal's output that can be read while it grows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for ticker := time.NewTicker(5 * time.Millisecond); !condition(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// session is a running command with its terminal.
type session struct {
	keys   io.WriteCloser
	out    *screen
	errors *screen
	cancel context.CancelFunc
	code   chan int
}

func begin(t *testing.T, args ...string) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	in, keys := io.Pipe()
	s := &session{keys: keys, out: &screen{}, errors: &screen{}, cancel: cancel, code: make(chan int, 1)}
	go func() { s.code <- run(ctx, args, in, s.out, s.errors) }()
	t.Cleanup(func() {
		cancel()
		keys.Close()
	})
	eventually(t, "the node listens", func() bool { return strings.Contains(s.errors.String(), "listening on ") })
	return s
}

func (s *session) types(line string) { fmt.Fprintln(s.keys, line) }

func (s *session) exit(t *testing.T) int {
	t.Helper()
	select {
	case code := <-s.code:
		return code
	case <-time.After(patience):
		t.Fatal("the node has not ended")
		return -1
	}
}

// alone are the flags of a node whose monitor and provider are not there.
func alone(port int, more ...string) []string {
	return append([]string{
		"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--advertise", "127.0.0.1", "--log-level", "error",
		"--monitor", "127.0.0.1:1", "--provider", "127.0.0.1:1",
	}, more...)
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestConsole(t *testing.T) {
	t.Chdir(t.TempDir())
	s := begin(t, alone(freePort(t), "--config", configFile(t, `{"seed_host": "node2"}`), "--quiet")...)
	eventually(t, "the prompt", func() bool { return s.out.String() == "\n1.connect\n2.stop\n3.collect" })
	s.types("conect")
	eventually(t, "a clear line", func() bool {
		return strings.Contains(s.out.String(), `unknown word "conect", want connect, stop or collect`)
	})
	for _, word := range []string{"connect", "1"} {
		s.types(word)
	}
	s.types("stop")
	if code := s.exit(t); code != 0 {
		t.Errorf("stop: exit %d, want 0", code)
	}
}

func TestConsoleClosedIsNoError(t *testing.T) {
	port := freePort(t)
	s := begin(t, alone(port, "--config", configFile(t, `{}`))...)
	s.keys.Close()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = wire.SendMessage(t.Context(), client, "a:1", gossip.Address(fmt.Sprintf("127.0.0.1:%d", port)), gossip.Gossip{})
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) || !strings.Contains(fault.Text, "waiting for the provider") {
		t.Errorf("a node without console, and without provider, answers %v, want the fault that it waits", err)
	}
	s.cancel()
	if code := s.exit(t); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
}

// collect writes the original's file.
func TestCollect(t *testing.T) {
	t.Chdir(t.TempDir())
	providerPort, port := freePort(t), freePort(t)
	self := gossip.Address(fmt.Sprintf("127.0.0.1:%d", port))
	server, err := xmlrpc.NewServer(wire.ProviderMethods(oneNode(self)), xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", providerPort))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	s := begin(t, append(alone(port, "--config", configFile(t, `{}`)), "--provider", fmt.Sprintf("127.0.0.1:%d", providerPort))...)
	var list map[string][3]int
	eventually(t, "digestList.json", func() bool {
		s.types("collect")
		text, err := os.ReadFile("digestList.json")
		return err == nil && json.Unmarshal(text, &list) == nil && len(list) == 1
	})
	if entry := list[string(self)]; entry[0] != 1 || entry[1] < 1_600_000_000 {
		t.Errorf("digestList.json says %v of the node, want app version 1 and the start's Unix time", entry)
	}
	s.cancel()
	s.exit(t)
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

type oneNode gossip.Address

func (o oneNode) Join(context.Context, gossip.Address) (gossip.ProtocolNumber, error) { return 1, nil }

func (o oneNode) Protocol(context.Context) (gossip.ProtocolNumber, error) { return 1, nil }

func (o oneNode) Members(context.Context) ([]gossip.Address, error) {
	return []gossip.Address{gossip.Address(o)}, nil
}

func TestWithoutConfigItWritesOne(t *testing.T) {
	t.Chdir(t.TempDir())
	port := freePort(t)
	s := begin(t, alone(port, "--quiet")...)
	name := fmt.Sprintf("config_%d", port)
	want := fmt.Sprintf(`{"host":"127.0.0.1","port":%d,"seed_host":"node1","seed_port":5000}`, port)
	eventually(t, name, func() bool {
		got, err := os.ReadFile(name)
		return err == nil && string(got) == want
	})
	if s.out.String() != "" {
		t.Errorf("a quiet node without a config file has no console, printed %q", s.out)
	}
	s.cancel()
	s.exit(t)
	loud := begin(t, alone(freePort(t))...)
	eventually(t, "a word", func() bool { return loud.out.String() == "waits for the provider at 127.0.0.1:1\n" })
	loud.cancel()
	loud.exit(t)
}

func TestBadInput(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"port out of range", []string{"--port", "70000"}, 2, []string{"70000", "65535"}},
		{"port of the file out of range", []string{"--config", configFile(t, `{"port": 0}`)}, 2, []string{"port", "0", "65535"}},
		{"unknown field", []string{"--config", configFile(t, `{"sed_host": "a"}`)}, 2, []string{"sed_host", "seed_host"}},
		{"missing file", []string{"--config", "nowhere.json"}, 2, []string{"nowhere.json"}},
		{"bad name", []string{"--advertise", "a b"}, 2, []string{`"a b"`}},
		{"bad monitor", []string{"--monitor", "nowhere"}, 2, []string{"--monitor", "nowhere", "name:port"}},
		{"fail below gossip", []string{"--fail", "2s"}, 2, []string{"fail", "2s", "3s"}},
		{"taken port", alone(taken.Addr().(*net.TCPAddr).Port), 1, []string{"in use"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var errors bytes.Buffer
			if code := run(t.Context(), c.args, strings.NewReader(""), io.Discard, &errors); code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			text := strings.TrimSpace(errors.String())
			if strings.Count(text, "\n") != 0 {
				t.Errorf("want one line, got %q", text)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q does not name %q", text, want)
				}
			}
		})
	}
}
