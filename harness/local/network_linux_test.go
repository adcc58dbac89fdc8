package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// TestRelays goes through what relays do to real processes: a node is cut off from all, then the
// monitor from all nodes; a case ends with the one, and nobody is held dead for the other; a
// killed node refuses by way of its relay, too; and all messages between nodes are lost.
func TestRelays(t *testing.T) {
	script := `
[!partition] expect dead node1
[!loss] expect dead node1
cluster 4 rr
await settled
partition node4
menu 1
await results
expect case 1
expect victims node4
expect within bound
expect disputed 0
heal
await alive node4 within bound
await joined

partition monitor
sleep bound
heal
sleep fail
expect alive others

kill node3
await dead node3 within bound
restart node3
await alive node3 within bound
await joined

allow dead node1..node4
loss 1
await dead node1..node4
loss 0
await alive node1..node4 within bound
`
	o := options(t, &Backend{Relays: true})
	o.Speed = 5
	out, err := scenario.Run(t.Context(), o, "relays.txt", []byte(script))
	if err != nil {
		t.Fatal(err)
	}
	if out.Verdict != harness.Pass {
		log, _ := os.ReadFile(filepath.Join(out.Folder, "log.txt"))
		t.Fatalf("%s: %v\n%s", out.Verdict, out.Reasons, log)
	}
}

func TestWhatRelaysCannot(t *testing.T) {
	rr, _ := protocol.ByName("rr")
	c, err := (&Backend{Relays: true}).Start(t.Context(), harness.ClusterSpec{
		Parameters: protocol.Parameters{Protocol: rr, Timing: protocol.DefaultTiming().Scaled(10), Aligned: true},
		Nodes:      2, Seed: 1, Dir: t.TempDir(), TLS: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Loss(t.Context(), 0.5); !errors.Is(err, harness.ErrUnsupported) {
		t.Errorf("loss with TLS: %v", err)
	}
	for _, wrong := range []struct {
		groups [][]string
		want   string
	}{
		{[][]string{{"node1"}, {"node9"}}, "there is no node9"},
		{[][]string{{"node1"}, {"node2", "node1"}}, "node1 is in two groups"},
	} {
		if err := c.Partition(t.Context(), wrong.groups...); err == nil || !strings.Contains(err.Error(), wrong.want) {
			t.Errorf("partition %v: %v, want that %s", wrong.groups, err, wrong.want)
		}
	}
	if err := c.Partition(t.Context(), []string{"node1"}, []string{"monitor", "node2"}); err != nil {
		t.Error(err)
	}
	if err := c.Heal(t.Context()); err != nil {
		t.Error(err)
	}
}
