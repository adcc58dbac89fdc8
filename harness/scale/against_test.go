//go:build linux

package scale

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// TestMemberlist builds the other module and has its program find a death among four nodes.
func TestMemberlist(t *testing.T) {
	t.Chdir("../..")
	o := Options{Nodes: 4, Calm: time.Second, Programs: t.TempDir()}
	p, err := memberlist(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// It probes once a second and suspects for some seconds; on a slow machine longer.
	if p.Found < 1 || p.Joined <= 0 || p.Cores <= 0 || p.Bytes <= 0 {
		t.Errorf("%+v", p)
	}
	o.Nodes = 2
	if _, err := memberlist(t.Context(), o); err == nil || !strings.Contains(err.Error(), `"2": want a number of nodes, 3 or more`) {
		t.Errorf("2 nodes: %v", err)
	}
}

// TestCompare: both are told, and the one that is found later fails.
func TestCompare(t *testing.T) {
	brr, _ := protocol.ByName("brr")
	o := Options{Parameters: protocol.DefaultParameters(brr), Nodes: 32}
	ours := Report{
		Steps: []Step{{Name: "joined", Took: time.Hour}, {Name: oneKilled, Took: 3 * time.Second}, {Name: "three", Took: time.Hour}},
		Costs: []Cost{{Cores: 0.25}, {Cores: 0.5}}, Sent: 3000,
	}
	for found, slow := range map[float64]bool{3.5: false, 3: true, 2.5: true} {
		var out bytes.Buffer
		err := compare(terminal.On(&out), o, ours, peer{Found: found, Cores: 0.125, Bytes: 100})
		if slow != errors.Is(err, ErrFailed) {
			t.Errorf("3 s against %v: %v", found, err)
		}
		for _, want := range []string{"32 nodes", "3s", "0.75", "3000", "0.12", "100"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %s in\n%s", want, &out)
			}
		}
	}
}

func TestAgainstTooFew(t *testing.T) {
	err := Against(t.Context(), &bytes.Buffer{}, nil, "7")
	if wrong := new(settings.WrongUse); !errors.As(err, wrong) || !strings.Contains(err.Error(), "NODES=7: want 8 to") {
		t.Errorf("%v", err)
	}
}
