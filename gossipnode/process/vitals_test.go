package process_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/machine"
)

func TestVitals(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Start{})
	r.refuse(take[machine.Register](r))
	if d := cmp.Diff(process.Vitals{MonitorAway: true}, r.node.Vitals()); d != "" {
		t.Errorf("before it is let in:\n%s", d)
	}
	r = joined(t, nil)
	r.hear(peer)
	r.pass(20 * time.Second) // the peer is suspected by now
	r.hear("node3:5000")
	r.hear("node4:5000")
	r.step(machine.Ended{ID: take[machine.Message](r).ID, Sent: 300})
	generation, heartbeat := r.node.Node().Version()
	want := process.Vitals{
		Protocol: "rr", Known: 3, Suspected: 1, Generation: generation, Heartbeat: heartbeat,
		Messages: r.node.Node().Messages(), Sent: 300,
	}
	for _, c := range r.calls {
		if _, ok := c.Request.(machine.Message); ok {
			want.Calls++
		}
	}
	if d := cmp.Diff(want, r.node.Vitals()); d != "" || want.Calls == 0 || heartbeat < 20 || want.Messages == 0 {
		t.Errorf("%+v:\n%s", want, d)
	}
}
