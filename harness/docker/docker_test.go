package docker

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"gossiprpc/harness"
)

// backend answers one with a prefix of the test's own, or skips the test where
// no engine answers or the image is missing.
func backend(t *testing.T) *Backend {
	t.Helper()
	b := &Backend{Prefix: "gossip-test-"}
	if err := b.Available(t.Context()); err != nil {
		t.Skip(err)
	}
	return b
}

// runScript runs a scenario at SPEED=5 and demands that it passes.
func runScript(t *testing.T, b *Backend, protocol string, nodes int, script string) harness.Outcome {
	t.Helper()
	o := harness.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Runs = b, protocol, nodes, 5, t.TempDir()
	var progress bytes.Buffer
	o.Progress = harness.NewPrinter(&progress)
	out, err := harness.Run(t.Context(), o, "script.txt", []byte(strings.TrimSpace(script)))
	if err != nil || out.Verdict != harness.Pass {
		t.Errorf("%s: %v %v\n%s", out.Verdict, err, out.Reasons, progress.String())
	}
	return out
}

// The client must speak what Debian's engine does; versions of it do not.
func TestClientSpeaksOldAPI(t *testing.T) {
	if olderAPI(leastAPI, client.MinAPIVersion) {
		t.Errorf("the client's oldest API is %s, want %s or older", client.MinAPIVersion, leastAPI)
	}
}

func TestDemo(t *testing.T) {
	b := backend(t)
	text, err := os.ReadFile("../scenarios/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	runScript(t, b, "scrr", 6, string(text))
}
