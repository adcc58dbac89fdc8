package sim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// TestScenarios runs every script that the project ships, for all protocols.
func TestScenarios(t *testing.T) {
	scripts, err := scenario.Scenarios.ReadDir("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		text, err := scenario.Scenarios.ReadFile("scenarios/" + script.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range protocol.All() {
			t.Run(fmt.Sprintf("%s/%s", script.Name(), p.Name), func(t *testing.T) {
				o := options(t, p.Name, 8)
				runScript(t, o, script.Name(), text)
			})
		}
	}
}

func options(t *testing.T, protocolName string, nodes int) scenario.Options {
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Seed, o.Runs = sim.Backend{}, protocolName, nodes, 7, t.TempDir()
	return o
}

func runScript(t *testing.T, o scenario.Options, name string, text []byte) scenario.Outcome {
	t.Helper()
	began := time.Now()
	out, err := scenario.Run(t.Context(), o, name, text)
	if err != nil {
		t.Fatal(err)
	}
	if out.Verdict != harness.Pass {
		t.Errorf("%s: %v", out.Verdict, out.Reasons)
	}
	t.Logf("%v of virtual time took %v", out.Took, time.Since(began))
	return out
}

// TestRepeatable: one seed, one run, to the byte.
func TestRepeatable(t *testing.T) {
	text, err := scenario.Scenarios.ReadFile("scenarios/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	var results [2][]byte
	for i := range results {
		o := options(t, "scrr", 9)
		o.Backend = sim.Backend{Configure: func(c *sim.Config) {
			c.Peers = sim.Network{Delay: sim.Delay{Shape: sim.Exponential, Low: time.Millisecond, High: 5 * time.Millisecond}}
		}}
		out := runScript(t, o, "demo.txt", text)
		for _, name := range []string{"results.txt", "results.jsonl", "log.txt"} {
			b, err := os.ReadFile(filepath.Join(out.Folder, name))
			if err != nil {
				t.Fatal(err)
			}
			results[i] = append(results[i], b...)
		}
		cases, err := json.Marshal(out.Cases)
		if err != nil {
			t.Fatal(err)
		}
		results[i] = append(results[i], cases...)
	}
	if string(results[0]) != string(results[1]) {
		t.Errorf("two runs with one seed differ:\n%s\n\n%s", results[0], results[1])
	}
}

// TestFaultsInScripts goes through the words that the shipped scripts do not use.
func TestFaultsInScripts(t *testing.T) {
	const script = `cluster 6 brr
await joined
pause node3
await dead node3
resume node3
await alive node3
partition node5,node6
await dead node5 node6
heal
await alive node5 node6
allow dead others
loss 30%
sleep 20s
heal
sleep bound
expect alive others
kill monitor
sleep 5s
restart monitor
sleep 10s
expect alive node1..node6
kill provider
interrupt node2
await dead node2
restart provider
restart node2
await alive node2
menu forget node9
await menu unknown.node
`
	for _, p := range protocol.All() {
		t.Run(p.Name, func(t *testing.T) {
			runScript(t, options(t, p.Name, 6), "faults.txt", []byte(script))
		})
	}
}

// TestLarge runs the three cases at sizes that no laptop runs as processes. Set
// SIM_NODES to choose one.
func TestLarge(t *testing.T) {
	nodes := 64
	if n := os.Getenv("SIM_NODES"); n != "" {
		if err := json.Unmarshal([]byte(n), &nodes); err != nil {
			t.Fatal(err)
		}
	}
	text, err := scenario.Scenarios.ReadFile("scenarios/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range protocol.All() {
		t.Run(p.Name, func(t *testing.T) {
			out := runScript(t, options(t, p.Name, nodes), "demo.txt", text)
			for _, c := range out.Cases {
				t.Logf("case %d: %v, bound %v, %d messages, %d false suspicions", c.Case, c.Measured, c.Bound, c.Messages, c.FalseSuspicions)
			}
		})
	}
}
