package core

import (
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/testcase"
)

// Snapshot is the monitor at one instant, for people and pages. It is the
// caller's own.
type Snapshot struct {
	Now    time.Time
	Nodes  []NodeStatus // in join order
	Case   *CaseStatus  // nil when none is running
	Events []Entry      // the latest, oldest first
	// Unwritten says which results wait for the disk, and why; empty: none.
	Unwritten string
	Deaf      string // how little it hears, such as "deaf: hears 1 of 8"; empty: enough
}

// NodeStatus is one node.
type NodeStatus struct {
	consensus.Node
	HeartbeatAge time.Duration // 0 if there was no heartbeat yet: see HeartbeatAt
}

// CaseStatus is a running case.
type CaseStatus struct {
	Case    testcase.Case
	Began   time.Time
	Waiting string // what it still needs
}

// snapshotEvents is how many log entries a Snapshot holds.
const snapshotEvents = 100

// Snapshot describes everything but the matrix as of the last step. Ages are by now.
func (c *Core) Snapshot(now time.Time) Snapshot {
	s := Snapshot{
		Now: now, Case: c.Running(),
		Events: c.log.latest(snapshotEvents), Unwritten: c.unwritten(),
	}
	for i := range s.Events {
		s.Events[i].At = s.Events[i].At.In(c.zone) // for people; time is never reckoned with it
	}
	if h := c.state.Hearing(); h.Deaf {
		s.Deaf = h.String()
	}
	for i := range c.state.Len() {
		n := NodeStatus{Node: c.state.At(i)}
		if !n.HeartbeatAt.IsZero() {
			n.HeartbeatAge = now.Sub(n.HeartbeatAt)
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s
}

// Running describes the running case; nil when there is none.
func (c *Core) Running() *CaseStatus {
	if c.running == nil {
		return nil
	}
	return &CaseStatus{Case: c.running.Case(), Began: c.running.Began(), Waiting: short(c.running.Waiting(c.state))}
}

// maxWaiting is how long a text about a running case may be, in bytes: it names nodes.
const maxWaiting = 4 << 10

func short(text string) string {
	if len(text) <= maxWaiting {
		return text
	}
	return strings.ToValidUTF8(text[:maxWaiting], "") + "..."
}

// Matrix tells who suspects whom: a row for each observer and a bit for each observed
// node, both in join order. The rows are read-only.
func (c *Core) Matrix() []gossip.Bits {
	m := make([]gossip.Bits, c.state.Len())
	for i := range m {
		m[i] = c.state.Row(i)
	}
	return m
}

// Verdicts tells of each node in join order whether it is failed.
func (c *Core) Verdicts() []bool {
	failed := make([]bool, c.state.Len())
	for i := range failed {
		failed[i] = c.state.At(i).Failed
	}
	return failed
}

// AliveDead splits the nodes by verdict, each part in join order.
func (c *Core) AliveDead() (live, dead []gossip.Address) {
	live, dead = []gossip.Address{}, []gossip.Address{}
	for i := range c.state.Len() {
		if n := c.state.At(i); n.Failed {
			dead = append(dead, n.Address)
		} else {
			live = append(live, n.Address)
		}
	}
	return live, dead
}
