package pictures

import (
	"errors"
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/sim/shown"
	"gossiprpc/internal/viewer"
)

// run is a run in virtual time in which the last node dies.
type run struct {
	lines  []byte // its stream
	victim int    // from 1
	killed time.Duration
	found  time.Duration // when the monitor declared it failed
}

func simulate(nodes int) (*run, error) {
	spec, _ := protocol.ByName("rr")
	c := sim.DefaultConfig(spec)
	c.Nodes, c.Seed = nodes, 7
	r := &run{victim: nodes}
	var failed error
	w, err := shown.New(c, func(at time.Duration, e viewer.Event) {
		lines, err := viewer.AppendLine(r.lines, at, e)
		failed = errors.Join(failed, err)
		r.lines = lines
		switch e := e.(type) {
		case viewer.Act:
			if e.What == "kill" {
				r.killed = at
			}
		case viewer.Verdict:
			if e.Failed && e.Node == nodes-1 && r.found == 0 {
				r.found = at
			}
		}
	})
	if err != nil {
		return nil, err
	}
	victim := fmt.Sprintf("node%d", nodes)
	w.Run(30 * time.Second)
	w.Act("menu", nil, "1")
	w.Type("1")
	w.Act("kill", []string{victim}, "")
	w.Kill(victim)
	w.Run(c.DetectionBound(nodes, 1))
	w.End("", "")
	if failed == nil && r.found == 0 {
		failed = fmt.Errorf("%s was not found dead", victim)
	}
	return r, failed
}
