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

// Mixes are the clusters that somebody who replaces one process after the other
// goes through.
func Mixes() []Mix {
	return []Mix{
		{"half", "Go monitor and provider, every second node Python's", func(_ string, n int) bool { return n > 0 && n%2 == 0 }},
		{"nodes", "Python monitor and provider, Go nodes", func(_ string, n int) bool { return n == 0 }},
		{"monitor", "a Go monitor among Python", func(p string, _ int) bool { return p != harness.Monitor }},
		{"provider", "a Go provider among Python", func(p string, _ int) bool { return p != harness.Provider }},
		{"node", "one Go node among Python", func(_ string, n int) bool { return n != 1 }},
	}
}

// MixByName finds one of [Mixes].
func MixByName(name string) (Mix, bool) {
	for _, m := range Mixes() {
		if m.Name == name {
			return m, true
		}
	}
	return Mix{}, false
}

// Python tells whether a process ("monitor", "provider", "node1") is Python's.
func (m Mix) Python(process string) bool {
	n, _ := strconv.Atoi(strings.TrimPrefix(process, "node")) // 0 for the other two
	return m.python(process, n)
}

// Required tells whether the three cases must come to true verdicts: the monitor
// is Go's, and so are at least half of the nodes.
func (m Mix) Required(nodes int) bool {
	golang := 0
	for i := range nodes {
		if !m.Python("node" + strconv.Itoa(i+1)) {
			golang++
		}
	}
	return !m.Python(harness.Monitor) && 2*golang >= nodes
}
