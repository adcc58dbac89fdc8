package xmlrpc_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
)

// quiet are default options that log nothing.
func quiet() xmlrpc.ServerOptions {
	o := xmlrpc.DefaultServerOptions()
	o.Logger = slog.New(slog.DiscardHandler)
	return o
}

// serve runs a server on loopback for the test's time and tells its host:port.
// It fails the test if Serve does not return nil in the end.
func serve(t *testing.T, m xmlrpc.Methods, o xmlrpc.ServerOptions) string {
	t.Helper()
	s, err := xmlrpc.NewServer(m, o)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Serve did not end")
		}
	})
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// client makes one with options changed by change, closed with the test.
func client(t *testing.T, change func(*xmlrpc.ClientOptions)) *xmlrpc.Client {
	t.Helper()
	o := xmlrpc.DefaultClientOptions()
	if change != nil {
		change(&o)
	}
	c, err := xmlrpc.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// methods are what most tests call.
func methods() xmlrpc.Methods {
	return xmlrpc.Methods{
		"echo": {Call: func(_ context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			return xmlrpc.ArrayValue(args...), nil
		}},
		"none": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return xmlrpc.NilValue(), nil }},
		"fail": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
			return xmlrpc.Value{}, errors.New("no <way>")
		}},
		"fault": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) {
			return xmlrpc.Value{}, &xmlrpc.Fault{Code: 42, Text: "own text"}
		}},
		"panic": {Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { panic("boom") }},
	}
}

// raw sends bytes and reads until the server closes, for at most ten seconds.
func raw(t *testing.T, hostport, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", hostport)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%v after %q", err, answer)
	}
	return string(answer)
}
