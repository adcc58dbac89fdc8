//go:build !windows

package byhand

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness/live"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire/statesfile"
)

const (
	// patience is how long a line of the page may take to show. A test case
	// takes up to its detection bound, some 20 s.
	patience = 60 * time.Second
	// atOnce is how long one Ctrl-C may take to give the shell back. The process
	// itself takes milliseconds; the rest is for a busy machine.
	atOnce = 3 * time.Second
)

// TestByHand types what docs/BY-HAND.md says into real terminals.
func TestByHand(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two minutes")
	}
	needsDocker(t)
	text, err := os.ReadFile("../../docs/BY-HAND.md")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := readPage(string(text))
	if err != nil {
		t.Fatal(err)
	}
	// Any free port of this machine for the web page.
	t.Setenv("WEB_PORT", "0")
	terminals := map[string]*terminal{}
	t.Cleanup(func() {
		sweep(t)
		for _, term := range terminals {
			term.close()
		}
	})
	for _, s := range steps {
		if s.kind == directive {
			words := strings.Fields(s.text) // joined TERMINAL NODE...
			joined(t, terminals[words[1]], words[2:])
			continue
		}
		term := terminals[s.terminal]
		if term == nil {
			term = openTerminal(t, s.terminal)
			terminals[s.terminal] = term
		}
		limit := patience
		switch s.kind {
		case shell:
			if term.interrupted {
				limit = atOnce
			}
			err = term.typeAtPrompt(compose(s.text), limit)
			if err == nil && s.terminal == "host" {
				// Other terminals build on what is done there.
				err = term.awaitPrompt(patience)
			}
		case program:
			err = term.typeLine(s.text)
		case control:
			err = term.interrupt()
		case expect:
			err = term.await(s.text, limit)
		}
		if err != nil {
			t.Fatalf("BY-HAND.md:%d: %s: %v", s.line, s.terminal, err)
		}
	}
}

// needsDocker skips the test where there is no engine, image or compose, and
// where containers of these names are somebody's own. In CI none of that may be.
func needsDocker(t *testing.T) {
	t.Helper()
	skip := t.Skip
	if os.Getenv("CI") != "" {
		skip = t.Fatal
	}
	if err := exec.CommandContext(t.Context(), "docker", "image", "inspect", "gossip").Run(); err != nil {
		skip("no docker engine, or no image gossip (go tool mage image)")
	}
	if composeCommand() == "" {
		skip("neither docker-compose nor docker compose")
	}
	out, err := exec.CommandContext(t.Context(), "docker", "ps", "-a", "--format", "{{.Names}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	if exec.CommandContext(t.Context(), "docker", "network", "inspect", "gossip-network").Run() == nil {
		skip("docker-compose down first: there is a network gossip-network")
	}
	for name := range strings.Lines(string(out)) {
		for _, ours := range []string{"node1", "node2", "monitor-node", "provider-node", "flask-app", "gossiprpc_node"} {
			if strings.HasPrefix(name, ours) {
				skip("docker-compose down first: there is a container " + name)
			}
		}
	}
}

func composeCommand() string {
	if _, err := exec.LookPath("docker-compose"); err == nil {
		return "docker-compose"
	}
	if exec.CommandContext(context.Background(), "docker", "compose", "version").Run() == nil {
		return "docker compose"
	}
	return ""
}

// compose has a command of the page use what this machine has.
func compose(command string) string {
	return strings.ReplaceAll(command, "docker-compose ", composeCommand()+" ")
}

// sweep removes what a walk that was broken off has left. By needsDocker all of
// these names are the test's own.
func sweep(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "sh", "-c", "cd ../.. && "+composeCommand()+
		" -f docker-compose.auto.yml down -v --timeout 2 2>&1; "+
		"docker rm -f $(docker ps -aq --filter network=gossip-network) 2>/dev/null; "+
		"docker network rm gossip-network 2>/dev/null; true").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// joined waits until these nodes have heard of each other, by what the monitor
// collects of their states.
func joined(t *testing.T, monitor *terminal, names []string) {
	t.Helper()
	nodes := make([]live.Node, len(names))
	for i, name := range names {
		nodes[i] = live.Node{Name: name, Address: gossip.Address(name + ":5000")}
	}
	deadline := time.Now().Add(2 * time.Minute)
	for {
		if err := monitor.typeLine("collect"); err != nil {
			t.Fatal(err)
		}
		if err := monitor.await("states.json and ip_mapping.json written", patience); err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), "docker", "exec", "monitor-node", "cat", "states.json").Output()
		if err != nil {
			t.Fatal(err)
		}
		collected, err := statesfile.Generations(text)
		if err != nil {
			t.Fatal(err)
		}
		missing := live.Collected(collected).Missing(nodes)
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not heard of, by who has not heard: %v", missing)
		}
		<-time.After(500 * time.Millisecond)
	}
}
