package core

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

const statusEvents = 10

// status prints who is alive, why the others are not, and what a running case
// waits for.
func (c *Core) status(now time.Time) {
	s := c.Snapshot(now)
	failed := 0
	for _, n := range s.Nodes {
		if n.Failed {
			failed++
		}
	}
	c.printf("%d nodes: %d alive, %d failed\n", len(s.Nodes), len(s.Nodes)-failed, failed)
	if s.Deaf != "" {
		c.printf("%s: it declares nobody failed for a while\n", s.Deaf)
	}
	if s.Unwritten != "" {
		c.printf("%s\n", s.Unwritten)
	}
	c.printf("%s", c.table(s.Nodes))
	for _, e := range s.Events[max(0, len(s.Events)-statusEvents):] {
		c.printf("%s  %s\n", e.At.Format(time.TimeOnly), e.Text)
	}
	if s.Case == nil {
		c.printf("no test case is running\n")
		return
	}
	c.printf("%s: running for %.1f s; %s\n", s.Case.Case.Title(), s.Now.Sub(s.Case.Began).Seconds(), s.Case.Waiting)
}

func (c *Core) table(nodes []NodeStatus) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, n := range nodes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", n.Address, verdict(n), beat(n), c.opinions(n))
	}
	_ = w.Flush() // a Builder takes everything
	return text.String()
}

func verdict(n NodeStatus) string {
	if n.Failed {
		return "failed"
	}
	return "alive"
}

func beat(n NodeStatus) string {
	if n.HeartbeatAt.IsZero() {
		return "no heartbeat yet"
	}
	return fmt.Sprintf("heartbeat %.1f s ago", n.HeartbeatAge.Seconds())
}

// opinions says why a node's verdict is what it is.
func (c *Core) opinions(n NodeStatus) string {
	text := fmt.Sprintf("%d of %d observers suspect it", n.Suspecting, n.Observers)
	switch {
	case n.Observers == 0:
		return "nobody else's opinion counts now"
	case !n.Failed && n.Suspecting == 0:
		return text
	}
	reason, _ := c.state.Reason(n.Address)
	text += ": " + orNobody(reason.Suspecting)
	if none := n.Observers - n.Opinions; none > 0 {
		text += fmt.Sprintf(", %d without an opinion", none)
	}
	switch {
	case n.Failed:
		return text
	case len(reason.Missing) == 0:
		return text + "; no verdict yet" // the monitor hears too little, or has heard it at different times
	default:
		return text + "; not " + orNobody(reason.Missing)
	}
}
