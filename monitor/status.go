package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"gossiprpc/monitor/service"
)

const statusEvents = 10

// status prints who is alive, why the others are not, and what a running case
// waits for.
func (m *menu) status(ctx context.Context) error {
	s, err := m.service.Snapshot(ctx)
	if err != nil {
		return err
	}
	failed := 0
	for _, n := range s.Nodes {
		if n.Failed {
			failed++
		}
	}
	fmt.Fprintf(m.out, "%d nodes: %d alive, %d failed\n", len(s.Nodes), len(s.Nodes)-failed, failed)
	w := tabwriter.NewWriter(m.out, 0, 0, 2, ' ', 0)
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", n.Address, verdict(n), beat(n), opinions(n))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print status: %w", err)
	}
	events(m.out, s.Events)
	if s.Case == nil {
		fmt.Fprintln(m.out, "no test case is running")
		return nil
	}
	fmt.Fprintf(m.out, "%s: running for %.1f s; %s\n", s.Case.Case.Title(), s.Now.Sub(s.Case.Began).Seconds(), s.Case.Waiting)
	return nil
}

func verdict(n service.NodeStatus) string {
	if n.Failed {
		return "failed"
	}
	return "alive"
}

func beat(n service.NodeStatus) string {
	if n.HeartbeatAt.IsZero() {
		return "no heartbeat yet"
	}
	return fmt.Sprintf("heartbeat %.1f s ago", n.HeartbeatAge.Seconds())
}

func opinions(n service.NodeStatus) string {
	text := fmt.Sprintf("%d of %d observers suspect it", n.Suspecting, n.Observers)
	switch {
	case n.Observers == 0:
		return "nobody else's opinion counts now"
	case n.Failed:
		return text + ": " + orNobody(n.Reason.Suspecting)
	case n.Suspecting == 0:
		return text
	}
	return fmt.Sprintf("%s: %s; not %s", text, orNobody(n.Reason.Suspecting), orNobody(n.Reason.Missing))
}

func events(out io.Writer, entries []service.Entry) {
	if len(entries) > statusEvents {
		entries = entries[len(entries)-statusEvents:]
	}
	for _, e := range entries {
		fmt.Fprintf(out, "%s  %s\n", e.At.Format(time.TimeOnly), e.Text)
	}
}
