package docker

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"testing"

	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// What a container's shell is told to do is done by this machine's bash.
func askByBash(t *testing.T, methods xmlrpc.Methods) (string, error) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	server, err := xmlrpc.NewServer(methods, xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	line := post("127.0.0.1", l.Addr().(*net.TCPAddr).Port, wire.AwaitsCall())
	if bytes.ContainsRune([]byte(line), '\n') {
		t.Fatalf("more than a line: %q", line)
	}
	said, err := exec.CommandContext(t.Context(), bash, "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	return readAwaits(said)
}

type node struct{ wire.NodeHandler }

func (node) Awaits(context.Context) (string, error) { return `it's "due" \ with ü:5000`, nil }

func TestAwaitsByBash(t *testing.T) {
	got, err := askByBash(t, wire.NodeMethods(node{}))
	if want, _ := (node{}).Awaits(t.Context()); err != nil || got != want {
		t.Errorf("awaits %q, %v, want %q", got, err, want)
	}
	if _, err := askByBash(t, xmlrpc.Methods{}); !errors.Is(err, wire.ErrCannotTell) {
		t.Errorf("an original: %v, want %v", err, wire.ErrCannotTell)
	}
}

func TestNoAwaits(t *testing.T) {
	for _, said := range []string{
		"", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n<a>", "HTTP/1.0 404 " +
			http.StatusText(http.StatusNotFound) + "\r\n\r\n",
	} {
		if what, err := readAwaits([]byte(said)); err == nil || errors.Is(err, wire.ErrCannotTell) {
			t.Errorf("%q: %q, %v", said, what, err)
		}
	}
}

func TestSettled(t *testing.T) {
	out := runScript(t, backend(t), "brr", 4, `
cluster $NODES $PROTOCOL
await settled
kill node4
menu 1
await results
expect victims node4
`)
	if len(out.Cases) != 1 || !out.Cases[0].AtRest {
		t.Errorf("cases %+v, want one that began at rest", out.Cases)
	}
}
