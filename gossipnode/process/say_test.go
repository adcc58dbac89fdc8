package process_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// printed is what the node has printed so far.
func (r *rig) printed() string {
	var all strings.Builder
	for _, e := range r.out {
		if p, ok := e.(machine.Print); ok {
			all.WriteString(p.Text)
		}
	}
	return all.String()
}

func talks(c *process.Config) { c.Talk = true }

func TestANodeTellsPeopleWhatHappens(t *testing.T) {
	r := started(t, talks)
	r.refuse(take[machine.Join](r))
	r.answer(await[machine.Join](r), machine.Answer{Protocol: 2})
	r.hear(peer)
	r.pass(12 * time.Second)
	r.hear(peer)
	want := "waits for the provider at provider-node:9000\n" +
		"joined: node1:5000 runs rr\n" +
		"knows 1 other\n" +
		"suspects node2:5000: silent for 10s\n" +
		"clears node2:5000: heard of again\n"
	if got := r.printed(); got != want {
		t.Errorf("printed\n%swant\n%s", got, want)
	}
}

func TestAQuietNodeTellsPeopleNothing(t *testing.T) {
	r := joined(t, nil)
	r.hear(peer)
	r.pass(12 * time.Second)
	if got := r.printed(); got != "" {
		t.Errorf("printed %q", got)
	}
}

// A crowd is counted once in an interval, and the last count is told.
func TestACrowdIsToldOfOnceInAnInterval(t *testing.T) {
	r := joined(t, talks)
	r.hear(peer)
	for i := range 5 {
		r.hear(gossip.Address(fmt.Sprintf("node3:500%d", i)))
	}
	r.pass(5 * time.Second)
	if got := r.printed(); strings.Count(got, "knows ") != 2 || !strings.Contains(got, "knows 6 others\n") {
		t.Errorf("printed %q", got)
	}
}

// What is told does not run on behind the prompt.
func TestWhatIsToldBeginsALine(t *testing.T) {
	r := joined(t, func(c *process.Config) { c.Talk, c.Console = true, true })
	if got := r.printed(); !strings.HasSuffix(got, "3.collect\njoined: node1:5000 runs rr\n") {
		t.Errorf("printed %q", got)
	}
	r.out = nil
	r.step(machine.Line{Text: "nonsense"})
	r.hear(peer)
	r.pass(3 * time.Second)
	r.hear("node3:5000")
	if got := r.printed(); strings.HasPrefix(got, "\n") ||
		!strings.HasSuffix(got, "3.collect\nknows 1 other\nknows 2 others\n") {
		t.Errorf("printed %q", got)
	}
	// A typed line has ended the prompt's.
	r.step(machine.Line{})
	r.out = nil
	r.now = r.now.Add(20 * time.Second)
	r.step(machine.Line{Text: "connect"})
	if got := r.printed(); !strings.HasPrefix(got, "suspects node2:5000: silent for 10s\nsuspects ") {
		t.Errorf("printed %q", got)
	}
}
