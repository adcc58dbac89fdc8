package core

import (
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

const (
	// forgetAfter is how long a node stays known that has been declared failed.
	forgetAfter = 24 * time.Hour
	// sweepInterval is how often it is looked for such nodes.
	sweepInterval = time.Minute
	// roomInterval is how often room is made at most: to drop one of thousands of nodes
	// costs milliseconds, and strangers can call as often as they like.
	roomInterval = 50 * time.Millisecond
)

// makeRoom drops a node that has never sent a heartbeat, and did nothing else for T_fail:
// the first that came. It tells whether it did.
func (c *Core) makeRoom(now time.Time) bool {
	if now.Before(c.roomAt) {
		return false
	}
	c.roomAt = now.Add(roomInterval)
	c.conclude(now, consensus.Tick{}) // who fell silent until now is silent
	for i := range c.state.Len() {
		if n := c.state.At(i); n.Silent && n.HeartbeatAt.IsZero() {
			c.log.add(now, said(fmt.Sprintf("%s never sent a heartbeat: it makes room", n.Address)))
			c.drop(now, n.Address)
			return true
		}
	}
	return false
}

// sweep forgets who has been declared failed for long. A running case keeps all.
func (c *Core) sweep(now time.Time) {
	if now.Before(c.sweepAt) || c.running != nil {
		return
	}
	c.sweepAt = now.Add(sweepInterval)
	for _, n := range c.state.Nodes() {
		if n.Failed && !now.Before(n.FailedAt.Add(forgetAfter)) {
			c.log.add(now, said(fmt.Sprintf("%s has been failed for %.0f hours", n.Address, forgetAfter.Hours())))
			c.drop(now, n.Address)
		}
	}
}

func (c *Core) drop(now time.Time, a gossip.Address) {
	c.conclude(now, consensus.Forget{Node: a})
	c.states.drop(a)
}
