package interop

import (
	"strconv"
	"strings"

	"gossiprpc/harness"
)

// Mix says which processes of a cluster are Python's.
type Mix struct {
	Name  string
	Title string
	// python tells whose a process is; nodes are counted from 1, the monitor
	// and the provider are 0.
	python func(process string, node int) bool
}

// Mixes returns the clusters on the way of somebody who replaces one process after
// the other.
func Mixes() []Mix {
	return []Mix{
		{
			"half", "Go monitor and provider, every second node Python's",
			func(_ string, n int) bool { return n > 0 && n%2 == 0 },
		},
		{"nodes", "Python monitor and provider, Go nodes", func(_ string, n int) bool { return n == 0 }},
		{"monitor", "a Go monitor among Python", func(p string, _ int) bool { return p != harness.Monitor }},
		{"provider", "a Go provider among Python", func(p string, _ int) bool { return p != harness.Provider }},
		{"node", "one Go node among Python", func(_ string, n int) bool { return n != 1 }},
	}
}

// Python tells whether a process ("monitor", "provider", "node1") is Python's.
func (m Mix) Python(process string) bool {
	n, _ := strconv.Atoi(strings.TrimPrefix(process, "node")) // 0 for the other two
	return m.python(process, n)
}

// golang counts the nodes that are Go's.
func (m Mix) golang(nodes int) int {
	count := 0
	for i := range nodes {
		if !m.Python("node" + strconv.Itoa(i+1)) {
			count++
		}
	}
	return count
}

// Required tells whether a run must pass. With a Go monitor and at least half of the
// nodes Go's, the three cases must come to true verdicts. With a Python monitor, the
// Go nodes must show it the truth. Other clusters of Python nodes are only watched:
// an original never suspects an endpoint that it knows by digest only, and one whose
// schedule has ended is silent though it runs.
func (m Mix) Required(nodes int) bool {
	if m.Python(harness.Monitor) {
		return m.golang(nodes) > 0
	}
	return 2*m.golang(nodes) >= nodes
}
