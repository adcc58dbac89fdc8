package swarm

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backend deploys stacks of the test's own. A machine that is in no swarm is made one for
// the test in CI, and let alone elsewhere.
func backend(t *testing.T) *Backend {
	t.Helper()
	b := &Backend{File: "../../deploy/swarm/stack.yml", Stack: "gossip-test", Web: 5999}
	err := b.Available(t.Context())
	if errors.Is(err, ErrNoSwarm) && os.Getenv("CI") != "" {
		run(t, "docker", "swarm", "init", "--advertise-addr", "127.0.0.1")
		t.Cleanup(func() { run(t, "docker", "swarm", "leave", "--force") })
		err = b.Available(t.Context())
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return b
}

func run(t *testing.T, command ...string) {
	t.Helper()
	said, err := exec.CommandContext(context.Background(), command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v: %s", command, err, said)
	}
}

// The three cases, in which it is swarm that brings dead nodes back.
func TestCases(t *testing.T) {
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Runs = backend(t), "brr", 5, 5, t.TempDir()
	var progress bytes.Buffer
	o.Progress = scenario.NewPrinter(&progress)
	outcome, err := scenario.Run(t.Context(), o, "cases", []byte(`
cluster $NODES $PROTOCOL
await joined
kill node4
menu 1
await results
expect case 1
expect victims node4
expect within bound
restart node4
menu 3
await results
expect case 3
expect victims node4
expect within bound
expect alive others
await joined
kill node2 node5
menu 2
await results
expect case 2
expect victims node2 node5
expect within bound
expect false-failures 0
`))
	if err != nil || outcome.Verdict != harness.Pass {
		t.Errorf("%s: %v %v\n%s", outcome.Verdict, err, outcome.Reasons, progress.String())
	}
}

func TestTaskName(t *testing.T) {
	for name, want := range map[string]string{
		"gossip_node.3.abc":          "node3",
		"gossip_monitor-node.1.abc":  harness.Monitor,
		"gossip_provider-node.1.abc": harness.Provider,
		"gossip_other.1.abc":         "",
		"gossip2_node.3.abc":         "",
		"gossip_node.3":              "",
		"":                           "",
	} {
		c := &cluster{backend: &Backend{Stack: "gossip"}}
		if got := c.processOf(map[string]string{"com.docker.swarm.task.name": name}); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
