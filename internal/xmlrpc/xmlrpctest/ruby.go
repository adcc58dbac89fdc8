package xmlrpctest

import (
	_ "embed" // the Ruby side
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gossiprpc/internal/xmlrpc"
)

//go:embed ruby.rb
var rubyScript string

// needRuby skips the test tb without ruby and its xmlrpc (Debian: ruby,
// ruby-xmlrpc), or fails it where CI is set.
func needRuby(tb testing.TB) {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), "ruby", "-e", `require "xmlrpc/client"`).CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatalf("CI is set and ruby with ruby-xmlrpc is missing: %v %s", err, out)
		}
		tb.Skipf("needs ruby with ruby-xmlrpc: %v", err)
	}
}

// Ruby calls one server with Ruby's client. It is safe for many goroutines, one
// question at a time.
type Ruby struct{ peer *peer }

// NewRuby starts a Ruby client of the server at hostport for the test tb.
func NewRuby(tb testing.TB, hostport string) *Ruby {
	tb.Helper()
	needRuby(tb)
	in, out := start(tb, "ruby", "-e", rubyScript, "--", "call", "http://"+hostport+"/RPC2")
	return &Ruby{&peer{in: in, out: out}}
}

// Call is XMLRPC::Client#call.
func (r *Ruby) Call(tb testing.TB, method string, args ...xmlrpc.Value) (xmlrpc.Value, error) {
	tb.Helper()
	var a refereeAnswer
	r.peer.ask(tb, map[string]any{"method": method, "values": tag(args)}, &a)
	if err := a.err(); err != nil {
		return xmlrpc.Value{}, err
	}
	return a.Values[0].Value, nil
}

// StartRubyServer starts a server on Ruby's library, with echo, fail and the
// validator1 methods, and tells its host:port.
func StartRubyServer(tb testing.TB) string {
	tb.Helper()
	needRuby(tb)
	_, out := start(tb, "ruby", "-e", rubyScript, "--", "serve")
	port, err := out.ReadString('\n')
	if err != nil {
		tb.Fatal("ruby server: ", err)
	}
	return net.JoinHostPort("127.0.0.1", strings.TrimSpace(port))
}
