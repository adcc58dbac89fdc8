package sim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
				if _, why, skips := strings.Cut(string(text), "[sim] skip '"); skips {
					why, _, _ = strings.Cut(why, "'")
					out, err := scenario.Run(t.Context(), o, script.Name(), text)
					if err != nil || out.Verdict != harness.Unknown || !strings.Contains(fmt.Sprint(out.Reasons), why) {
						t.Errorf("%v: %s: %v, want unknown: %s", err, out.Verdict, out.Reasons, why)
					}
					return
				}
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

// A cluster comes to rest; while a node is paused it does not, and says so.
func TestSettled(t *testing.T) {
	const script = `cluster 6 $PROTOCOL
await settled
kill node6
menu 1
await results
expect victims node6
restart node6
await settled
expect alive others
`
	for _, p := range protocol.All() {
		t.Run(p.Name, func(t *testing.T) {
			out := runScript(t, options(t, p.Name, 6), "settled.txt", []byte(script))
			if !out.Cases[0].AtRest {
				t.Errorf("%+v did not begin at rest", out.Cases[0])
			}
		})
	}
	o := options(t, "brr", 6)
	out, err := scenario.Run(t.Context(), o, "paused.txt", []byte("cluster 6 brr\nawait joined\npause node3\nawait settled\n"))
	if err != nil {
		t.Fatal(err)
	}
	if reasons := strings.Join(out.Reasons, "\n"); out.Verdict != harness.Fail ||
		!strings.Contains(reasons, "for the cluster to be at rest in vain: node3: it is paused") {
		t.Errorf("%s: %s", out.Verdict, reasons)
	}
}

// results.jsonl says how its cases were run.
func TestResultsAreLabelled(t *testing.T) {
	o := options(t, "brr", 4)
	o.Speed, o.Freshness, o.Seed = 5, protocol.Emission, 77
	out := runScript(t, o, "labels.txt", []byte("cluster 4 brr\nawait joined\nkill node4\nmenu 1\nawait results\nexpect case 1\n"))
	line, err := os.ReadFile(filepath.Join(out.Folder, "results.jsonl"))
	for _, want := range []string{`"seed":77`, `"labels":{"backend":"sim","freshness":"emission","speed":"5"}`} {
		if err != nil || !strings.Contains(string(line), want) {
			t.Errorf("%v: %s lacks %s", err, line, want)
		}
	}
}
