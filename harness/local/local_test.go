package local

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/local/keeper"
	"gossiprpc/harness/scenario"
	"gossiprpc/internal/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(t *testing.T, b *Backend) scenario.Options {
	t.Helper()
	o := scenario.DefaultOptions()
	o.Backend, o.Speed, o.Runs = b, 10, t.TempDir()
	return o
}

// TestScenario goes through what only real processes show: Ctrl-C, a restart on
// the same port, a stopped process, the monitor's menu and files.
func TestScenario(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals there")
	}
	script := `
cluster 4 rr
await settled
interrupt node4
menu 1
await results
expect case 1
expect nodes 4
expect victims node4
expect within bound
expect false-failures 0
restart node4
menu 3
await results
expect case 3
expect victims node4
await joined
pause node3
await dead node3 within 2*bound
resume node3
await alive node3 within bound
kill node2 node3
menu 2
await results
expect victims node2 node3
expect dead node2 node3
expect alive others
restart monitor
await alive others
`
	out, err := scenario.Run(t.Context(), options(t, &Backend{}), "real.txt", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	if out.Verdict != harness.Pass || len(out.Cases) != 3 || !out.Cases[0].AtRest {
		log, _ := os.ReadFile(filepath.Join(out.Folder, "log.txt"))
		t.Fatalf("%s with %d cases: %v\n%s", out.Verdict, len(out.Cases), out.Reasons, log)
	}
	lines, err := os.ReadFile(filepath.Join(out.Folder, "results.jsonl"))
	if want := `"labels":{"backend":"local","freshness":"arrival","speed":"10"}`; err != nil ||
		strings.Count(string(lines), want) != 3 {
		t.Errorf("%v: not three lines with %s:\n%s", err, want, lines)
	}
}

func startFour(t *testing.T) (*cluster, string) {
	t.Helper()
	rr, _ := protocol.ByName("rr")
	dir := t.TempDir()
	c, err := (&Backend{}).Start(t.Context(), harness.ClusterSpec{
		Parameters: protocol.Parameters{
			Protocol: rr, Timing: protocol.DefaultTiming().Scaled(10),
			Aligned: true,
		}, Nodes: 4, Seed: 1, Dir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.(*cluster), dir
}

func TestJoinOrderIsTheNodesOrder(t *testing.T) {
	c, _ := startFour(t)
	members, err := c.Provider.Members(t.Context())
	if err != nil || len(members) != 4 {
		t.Fatalf("members %v, %v", members, err)
	}
	for i, name := range c.Nodes() {
		if members[i] != c.Address(name) {
			t.Errorf("place %d is %s, want %s (%s)", i, members[i], c.Address(name), name)
		}
	}
}

func TestProcessThatEndsByItselfIsNoticed(t *testing.T) {
	c, _ := startFour(t)
	if err := c.Wait(t.Context(), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	// Behind the cluster's back.
	if err := c.keeper.Signal(t.Context(), keeper.Kill, "node2"); err != nil {
		t.Fatal(err)
	}
	if err := c.keeper.WaitEnded(t.Context(), "node2"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), time.Millisecond); !errors.Is(err, harness.ErrEnded) ||
		!strings.Contains(err.Error(), "node2") {
		t.Errorf("Wait: %v, want node2 %v", err, harness.ErrEnded)
	}
}

func TestCloseEndsAll(t *testing.T) {
	c, _ := startFour(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for name, port := range c.ports {
		if conn, err := net.Dial("tcp", hostport(port)); err == nil {
			conn.Close()
			t.Errorf("%s still listens", name)
		}
	}
	if err := c.Wait(t.Context(), time.Millisecond); err == nil {
		t.Error("a closed cluster goes on")
	}
}

// TestCloseLeavesWholeRecords: what runs until the end, paused or not, ends its
// record in good order.
func TestCloseLeavesWholeRecords(t *testing.T) {
	c, _ := startFour(t)
	if err := c.Kill(t.Context(), "node2"); err != nil {
		t.Fatal(err)
	}
	if err := c.Pause(t.Context(), "node3"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for name := range c.ports {
		end, events := readRecord(t, c.spec.RecordFile(name, 1))
		if end.Proper != (name != "node2") || end.Proper && events == 0 {
			t.Errorf("%s: %d events, end %+v", name, events, end)
		}
	}
}

func readRecord(t *testing.T, path string) (end recording.End, events int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r, err := recording.NewReader(f)
	if errors.Is(err, recording.ErrNoHeader) {
		return end, 0
	} else if err != nil {
		t.Fatal(err)
	}
	for _, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		events++
	}
	return r.End(), events
}

func TestNotPossibleLocally(t *testing.T) {
	c := &cluster{}
	if err := c.Partition(t.Context(), []string{"node1"}); !errors.Is(err, harness.ErrUnsupported) {
		t.Errorf("Partition: %v", err)
	}
	if err := c.Loss(t.Context(), 0.1); !errors.Is(err, harness.ErrUnsupported) {
		t.Errorf("Loss: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	rr, _ := protocol.ByName("rr")
	spec := harness.ClusterSpec{
		Parameters: protocol.Parameters{Protocol: rr, Timing: protocol.DefaultTiming()}, Nodes: 4,
		Dir: t.TempDir(),
	}
	if _, err := (&Backend{Programs: t.TempDir()}).Start(t.Context(), spec); err == nil {
		t.Error("a cluster of no programs started")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&Backend{}).Start(ctx, spec); err == nil {
		t.Error("a cluster started in a context that has ended")
	}
	b := &Backend{}
	if _, err := b.programs(t.Context()); err != nil {
		t.Fatal(err)
	}
	spec.Timing.Fail = time.Millisecond // the monitor refuses it
	if _, err := b.Start(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "did not start") {
		t.Errorf("a monitor with wrong settings: %v", err)
	}
}

func TestFreePorts(t *testing.T) {
	ports, err := FreePorts(t.Context(), 50)
	if err != nil || len(ports) != 50 {
		t.Fatalf("%d ports, %v", len(ports), err)
	}
	seen := map[int]bool{}
	for _, p := range ports {
		if p < firstPort || p > lastPort || seen[p] {
			t.Errorf("port %d is out of range or there twice", p)
		}
		seen[p] = true
	}
}

func TestEnvironmentWithoutOurs(t *testing.T) {
	t.Setenv("GOSSIP_CONFIG", "/elsewhere.json")
	t.Setenv("OTHER_THING", "1")
	env := strings.Join(environment(), "\n")
	if strings.Contains(env, "GOSSIP_CONFIG") || !strings.Contains(env, "OTHER_THING=1") {
		t.Error("want all but GOSSIP_*")
	}
}
