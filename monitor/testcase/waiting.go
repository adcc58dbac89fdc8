package testcase

import (
	"fmt"
	"slices"
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

const (
	maxNodesNamed     = 4 // in one text
	maxObserversNamed = 3 // for one node
)

// Waiting says in one line what the case still needs, for example
// "1 of 2 failed; node6:5000: 5 of 6 observers suspect it, node2:5000 does not yet",
// and while the monitor hears too little to judge, "deaf: hears 1 of 8".
func (r *Run) Waiting(s *consensus.State) string {
	f := r.assess(s)
	what := "failed"
	if r.kind == Revival {
		what = "alive again"
	}
	parts := []string{fmt.Sprintf("%d of %d %s", len(f.counted), r.kind.needs(), what)}
	var about texts
	if len(f.counted) < r.kind.needs() {
		about = r.missing(s)
	} else {
		for _, n := range f.disputed {
			about.add(func() string { return disagreement(s, n) })
		}
	}
	parts = append(parts, about.first...)
	if about.more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", about.more))
	}
	if h := s.Hearing(); h.Deaf {
		parts = append(parts, h.String())
	}
	if r.enough {
		parts = append(parts, "ends as disputed at "+r.deadline.Format("15:04:05"))
	}
	return strings.Join(parts, "; ")
}

// texts are those about the first few nodes, and how many more there are. In a large
// cluster it would take long to make all.
type texts struct {
	first []string
	more  int
}

func (t *texts) add(text func() string) {
	if len(t.first) == maxNodesNamed {
		t.more++
		return
	}
	t.first = append(t.first, text())
}

// missing has a text for each node that is on its way to count.
func (r *Run) missing(s *consensus.State) texts {
	var out texts
	if r.kind == Revival {
		for _, n := range s.Nodes() {
			if text := r.notRevived(n); text != "" {
				out.add(func() string { return text })
			}
		}
		if len(out.first) == 0 {
			out.add(func() string { return "no node has failed yet" })
		}
		return out
	}
	var suspected []consensus.Node
	silent := false
	for _, n := range s.Nodes() {
		switch {
		case n.Failed && !n.Silent:
			out.add(func() string { return disagreement(s, n) })
		case n.Failed:
		case ceased(n):
			silent = true
			out.add(func() string { return suspicion(s, n) })
		case n.Suspecting > 0 && !n.SuspectedAt.IsZero():
			suspected = append(suspected, n)
		}
	}
	if silent {
		return out // suspicions of nodes that may yet live are noise beside it
	}
	slices.SortStableFunc(suspected, func(a, b consensus.Node) int { return b.Suspecting - a.Suspecting })
	for _, n := range suspected {
		out.add(func() string { return suspicion(s, n) })
	}
	return out
}

func (r *Run) notRevived(n consensus.Node) string {
	switch {
	case n.Failed && n.Incarnation == n.FailedIncarnation:
		return fmt.Sprintf("%s: failed, not restarted yet", n.Address)
	case n.Failed:
		return fmt.Sprintf("%s: restarted, %d of %d observers still suspect it", n.Address, n.Suspecting, n.Observers)
	case n.Incarnation > n.FailedIncarnation && !n.Beating && !r.memory.revived[n.Address].Equal(n.ClearedAt):
		return fmt.Sprintf("%s: restarted, no heartbeat yet", n.Address)
	}
	return ""
}

// disagreement says what the verdict about n is and what contradicts it.
func disagreement(s *consensus.State, n consensus.Node) string {
	switch {
	case n.Fresh:
		return fmt.Sprintf("%s: failed, but its heartbeats go on", n.Address)
	case n.Failed:
		return fmt.Sprintf("%s: failed, but it has just registered", n.Address)
	}
	return suspicion(s, n)
}

func suspicion(s *consensus.State, n consensus.Node) string {
	if n.Observers == 0 {
		return fmt.Sprintf("%s: no other observer's opinion counts now", n.Address)
	}
	reason, _ := s.Reason(n.Address)
	text := fmt.Sprintf("%s: %d of %d observers suspect it", n.Address, n.Suspecting, n.Observers)
	if none := n.Observers - n.Opinions; none > 0 && n.Suspecting > 0 {
		text += fmt.Sprintf(" (%d without an opinion)", none)
	}
	switch len(reason.Missing) {
	case 0:
		if !n.Failed && !s.Hearing().Deaf {
			text += ", not for long enough yet"
		}
		return text
	case 1:
		return fmt.Sprintf("%s, %s does not yet", text, reason.Missing[0])
	}
	return fmt.Sprintf("%s, %s do not yet", text, list(reason.Missing))
}

func list(as []gossip.Address) string {
	var b strings.Builder
	for i, a := range as {
		if i == maxObserversNamed {
			fmt.Fprintf(&b, " and %d more", len(as)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(a))
	}
	return b.String()
}
