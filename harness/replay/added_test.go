package replay_test

import (
	"testing"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/replay"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/viewer"
)

// A node that was added is in the run from its start on, under its name.
func TestAddedNodeIsNamedWhenItStarts(t *testing.T) {
	o := scenario.DefaultOptions()
	o.Backend, o.Protocol, o.Nodes, o.Speed, o.Runs = sim.Backend{}, "rr", 4, 5, t.TempDir()
	out, err := scenario.Run(t.Context(), o, "add.txt",
		[]byte("cluster $NODES $PROTOCOL\nawait joined\nadd\nawait joined\nexpect alive others\n"))
	if err != nil || out.Verdict != harness.Pass {
		t.Fatalf("%s %v, %v", out.Verdict, out.Reasons, err)
	}
	run, err := replay.Open(out.Folder)
	if err != nil {
		t.Fatal(err)
	}
	var named, act, start time.Duration
	begun := 0
	err = run.Stream(t.Context(), func(at time.Duration, e viewer.Event) {
		switch e := e.(type) {
		case viewer.Node:
			if e.Name == "node5" && named == 0 {
				named = at
			}
			if at == 0 {
				begun++
			}
		case viewer.Act:
			if e.What == "add" && e.Text == "node5" {
				act = at
			}
		case viewer.Start:
			if e.Who == "node5" {
				start = at
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if begun != 4 || act == 0 || named < act || named != start {
		t.Errorf("%d nodes at the beginning; node5 is added at %v, named at %v and starts at %v", begun, act, named, start)
	}
}
