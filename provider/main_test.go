package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// start runs the command until the test ends and answers where it listens and
// what it said on the way there.
func start(t *testing.T, args ...string) (hostport, said string) {
	t.Helper()
	port := freePort(t)
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append(args, "--bind", "127.0.0.1", "--advertise", "provider-node", "--port", port), strings.NewReader(""), io.Discard, writer)
		writer.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if got := <-code; got != 0 {
			t.Errorf("exit code %d, want 0", got)
		}
	})
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "listening on ") {
			if want := "listening on 127.0.0.1:" + port + " as provider-node:" + port; lines.Text() != want {
				t.Errorf("%q, want %q", lines.Text(), want)
			}
			go func() { _, _ = io.Copy(io.Discard, reader) }()
			return "127.0.0.1:" + port, said
		}
		said += lines.Text() + "\n"
	}
	t.Fatalf("ended before it listened: %s", said)
	return "", ""
}

func client(t *testing.T, hostport string) wire.Provider {
	t.Helper()
	c, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return wire.Provider{Client: c, HostPort: hostport}
}

func TestServes(t *testing.T) {
	hostport, said := start(t, "--version", "ScRr")
	if said != "" {
		t.Errorf("said %q, want nothing", said)
	}
	p := client(t, hostport)
	scrr, _ := protocol.ByName("scrr")
	for _, a := range []gossip.Address{"node2:5000", "node1:5000", "node2:5000"} {
		if got, err := p.Join(t.Context(), a); err != nil || got != scrr.Number {
			t.Errorf("Join(%s) = %d, %v, want %d", a, got, err, scrr.Number)
		}
	}
	got, err := p.Members(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]gossip.Address{"node2:5000", "node1:5000"}, got); d != "" {
		t.Error(d)
	}
	if n, err := p.Protocol(t.Context()); err != nil || n != scrr.Number {
		t.Errorf("Protocol = %d, %v, want %d", n, err, scrr.Number)
	}
}

func TestEveryProtocolByName(t *testing.T) {
	for _, spec := range protocol.All() {
		hostport, _ := start(t, "--version", strings.ToUpper(spec.Name))
		if n, err := client(t, hostport).Protocol(t.Context()); err != nil || n != spec.Number {
			t.Errorf("%s: protocol %d, %v, want %d", spec.Name, n, err, spec.Number)
		}
	}
}

func TestOnlyTheNodeItselfJoins(t *testing.T) {
	hostport, _ := start(t, "--version", "rr", "--verify-sender", "--allow", "127.0.0.0/8")
	p := client(t, hostport)
	if _, err := p.Join(t.Context(), "127.0.0.1:5000"); err != nil {
		t.Errorf("its own name: %v", err)
	}
	if _, err := p.Join(t.Context(), "127.0.0.2:5000"); err == nil || !strings.Contains(err.Error(), "speaks for 127.0.0.2:5000") {
		t.Errorf("another's name: %v", err)
	}
	if members, err := p.Members(t.Context()); err != nil || len(members) != 1 {
		t.Errorf("members %v, %v", members, err)
	}
}

func TestUnknownVersionRunsRandom(t *testing.T) {
	hostport, said := start(t, "--version", "broadcast")
	for _, want := range []string{"WARN", "broadcast", "random, rr, scrr, brr"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
	random, _ := protocol.ByName("random")
	if n, err := client(t, hostport).Protocol(t.Context()); err != nil || n != random.Number {
		t.Errorf("protocol %d, %v, want random's %d", n, err, random.Number)
	}
}

func TestWrongUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no version", nil, 2, []string{"--version is missing", "random, rr, scrr, brr"}},
		{"port", []string{"--version", "rr", "--port", "70000"}, 2, []string{"70000", "1 to 65535"}},
		{"taken", []string{"--version", "rr", "--bind", "127.0.0.1", "--advertise", "p", "--port", port}, 1, []string{"p:" + port, "in use"}},
		{"name", []string{"--version", "rr", "--advertise", "a b"}, 2, []string{"--advertise"}},
		{"word", []string{"--version", "rr", "extra"}, 2, []string{"extra"}},
		{"networks", []string{"--version", "rr", "--allow", "10.0.0.0/8,10.1.2.3/16"}, 2, []string{"--allow", "10.1.2.3/16", "want 10.1.0.0/16"}},
		{"body", []string{"--version", "rr", "--max-body=-1"}, 2, []string{"-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs strings.Builder
			code := run(t.Context(), c.args, strings.NewReader(""), &out, &errs)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("want one line, got %q", errs.String())
			}
			for _, w := range c.want {
				if !strings.Contains(errs.String(), w) {
					t.Errorf("%q lacks %q", errs.String(), w)
				}
			}
		})
	}
}
