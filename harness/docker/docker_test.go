package docker

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// backend answers one with a prefix of the test's own, or skips the test where
// no engine answers or the image is missing. In CI they must be there.
func backend(t *testing.T) *Backend {
	t.Helper()
	b := &Backend{Prefix: "gossip-test-"}
	if err := b.Available(t.Context()); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return b
}

// runScript runs a scenario at SPEED=5 and demands that it passes.
func runScript(t *testing.T, b *Backend, protocol string, nodes int, script string) scenario.Outcome {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Runs = b, protocol, nodes, 5, t.TempDir()
	var progress bytes.Buffer
	o.Progress = scenario.NewPrinter(&progress)
	out, err := scenario.Run(t.Context(), o, "script.txt", []byte(strings.TrimSpace(script)))
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
	text, err := os.ReadFile("../scenario/scenarios/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	runScript(t, b, "scrr", 6, string(text))
}

// Everything that can be done to a node, and how each shows. Senders are verified, as each
// name has an address of its own here: it keeps it whatever is done.
func TestFaults(t *testing.T) {
	b := backend(t)
	b.Flags = []string{"--verify-sender"}
	runScript(t, b, "rr", 5, `
cluster $NODES $PROTOCOL
await joined
add
await joined
interrupt node5
await dead node5
restart node5
await alive node5
pause node4
await dead node4
resume node4
await alive node4
# Killing what is paused.
pause node3
kill node3
await dead node3
restart node3
await alive node3
partition node2
await dead node2
heal
await alive node2
await joined
expect alive others
`)
}

// Groups of several each have a network of their own; the monitor sees its own.
func TestPartition(t *testing.T) {
	runScript(t, backend(t), "rr", 6, `
cluster $NODES $PROTOCOL
await joined
partition node1,node2,node3
await dead node1 node2 node3
expect alive node4 node5 node6
heal
await alive node1 node2 node3
await joined
expect alive others
`)
}

func TestMonitorAndProviderRestart(t *testing.T) {
	runScript(t, backend(t), "brr", 4, `
cluster $NODES $PROTOCOL
await joined
restart provider
restart monitor
sleep 2*fail
await joined
kill node4
menu 1
await results
expect case 1
expect victims node4
expect alive others
`)
}

// The name server is away for a while: it does not even refuse. Who knows each other go on
// over the connections that they have, a dead node is found, and nobody else is declared dead,
// however long it lasts. A node that comes back once names are found again is found alive.
func TestNamesAreAway(t *testing.T) {
	b := backend(t)
	each := func(do string) string {
		return `exec sh -c 'for p in monitor-node provider-node node1 node2 node3 node4 node5; do ` +
			`docker exec -u 0 PREFIX$p sh -c "` + do + `" || touch failed & done; wait; test ! -e failed'`
	}
	runScript(t, b, "rr", 5, strings.ReplaceAll(`
cluster $NODES $PROTOCOL
await joined
`+each(`cp /etc/resolv.conf /tmp/names; ip=\$(hostname -i); echo nameserver \${ip%.*}.250 > /etc/resolv.conf`)+`
! exec docker exec PREFIXnode1 timeout 2 getent hosts PREFIXnode2
kill node5
await dead node5
sleep 60s
expect dead node5
expect alive node1..node4
`+each("cat /tmp/names > /etc/resolv.conf")+`
exec docker exec PREFIXnode1 getent hosts PREFIXnode2
restart node5
await alive node5
await joined
kill node4
await dead node4
expect alive others
`, "PREFIX", b.Prefix))
}
