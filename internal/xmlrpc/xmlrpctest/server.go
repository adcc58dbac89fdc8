package xmlrpctest

import (
	"net"
	"strings"
	"testing"
)

// StartServer starts a Python SimpleXMLRPCServer for the test tb, of a kind that
// server.py names, and tells its host:port.
func StartServer(tb testing.TB, kind string) string {
	tb.Helper()
	_, out := python(tb, serverScript, kind)
	port, err := out.ReadString('\n')
	if err != nil {
		tb.Fatal("python3 server: ", err)
	}
	return net.JoinHostPort("127.0.0.1", strings.TrimSpace(port))
}
