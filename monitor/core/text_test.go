package core

import (
	"fmt"
	"strings"
	"testing"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Names are long and can be invented: a text has no more than eight of them, and one of
// a running case no more than 4 KiB.
func TestTextsAreShort(t *testing.T) {
	var nodes []gossip.Address
	for i := range 9 {
		nodes = append(nodes, gossip.Address(fmt.Sprintf("n%d:1", i)))
	}
	const eight = "n0:1, n1:1, n2:1, n3:1, n4:1, n5:1, n6:1, n7:1"
	if got := few(nodes[:8]); got != eight {
		t.Errorf("%q, want %q", got, eight)
	}
	if got, want := few(nodes), eight+" and 1 more"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	whole := strings.Repeat("x", 4096)
	if got := short(whole); got != whole {
		t.Errorf("a text of %d bytes becomes one of %d", len(whole), len(got))
	}
	if got := short(whole + "y"); got != whole+"..." {
		t.Errorf("a text of %d bytes becomes %q", len(whole)+1, got)
	}
}

// TestAnEventNamesFew observers, and says how many more there are.
func TestAnEventNamesFew(t *testing.T) {
	var nodes []gossip.Address
	for i := range 9 {
		nodes = append(nodes, gossip.Address(fmt.Sprintf("n%d:1", i)))
	}
	for n, want := range map[int]int{8: 8, 9: 8} {
		b := briefly(consensus.Event{Kind: consensus.Failed, Node: "x:1", Observers: nodes[:n]})
		if named := len(b.event.Observers); named != want || strings.HasSuffix(b.String(), " and 1 more") != (n > want) {
			t.Errorf("of %d observers %d are kept, %q", n, named, b)
		}
	}
}

func TestTheLeastConfig(t *testing.T) {
	c := DefaultConfig()
	c.MaxNodes, c.MaxEvents = 1, 1
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}
