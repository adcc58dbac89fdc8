package docker

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

// crashEnv makes the test binary a harness that starts a cluster under this
// prefix and then waits to be killed.
const crashEnv = "GOSSIP_TEST_CRASH_PREFIX"

func TestMain(m *testing.M) {
	if prefix := os.Getenv(crashEnv); prefix != "" {
		startAndHang(prefix)
	}
	goleak.VerifyTestMain(m)
}

func startAndHang(prefix string) {
	dir, err := os.MkdirTemp("", "gossip-crash-")
	if err == nil {
		_, err = (&Backend{Prefix: prefix}).Start(context.Background(), specOf(2, dir))
	}
	fmt.Println("started", err)
	select {}
}

func specOf(nodes int, dir string) harness.ClusterSpec {
	scrr, _ := protocol.ByName("scrr")
	p := protocol.DefaultParameters(scrr)
	p.Timing = p.Timing.Scaled(5)
	return harness.ClusterSpec{Parameters: p, Nodes: nodes, Seed: 1, Dir: dir}
}
