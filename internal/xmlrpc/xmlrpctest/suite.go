package xmlrpctest

import (
	_ "embed" // the Python side
	"encoding/json"
	"net"
	"os"
	"testing"
)

//go:embed suite.py
var suiteScript string

// ServerSuite runs the cases of SimpleServerTestCase, from Python's own
// Lib/test/test_xmlrpc.py, against the server at hostport: for each what went
// wrong, "" for nothing. Where Python comes without its tests (Debian has them in
// libpython3.11-testsuite) the test tb is skipped, or fails if CI is set.
func ServerSuite(tb testing.TB, hostport string) map[string]string {
	tb.Helper()
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		tb.Fatal(err)
	}
	_, out := python(tb, suiteScript, host, port)
	var answer struct {
		Missing string            `json:"missing"`
		Cases   map[string]string `json:"cases"`
	}
	if err := json.NewDecoder(out).Decode(&answer); err != nil {
		tb.Fatal("python3's test suite: ", err)
	}
	if answer.Missing != "" {
		if os.Getenv("CI") != "" {
			tb.Fatal("CI is set and Python's test suite is missing: ", answer.Missing)
		}
		tb.Skip("needs Python's test suite: ", answer.Missing)
	}
	return answer.Cases
}
