package core

import (
	"time"

	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Vitals is the monitor in numbers. Unlike a [Snapshot] it costs no more than its
// nodes.
type Vitals struct {
	Now    time.Time
	Nodes  []consensus.Node // in join order
	Deaf   bool             // it hears too little to declare anybody failed
	Totals consensus.Totals
	Case   testcase.Case // the running one; 0: none
	Began  time.Time     // of the running case
}

// Vitals counts as of the last step.
func (c *Core) Vitals(now time.Time) Vitals {
	v := Vitals{Now: now, Nodes: c.state.Nodes(), Deaf: c.state.Hearing().Deaf, Totals: c.state.Totals()}
	if c.running != nil {
		v.Case, v.Began = c.running.Case(), c.running.Began()
	}
	return v
}
