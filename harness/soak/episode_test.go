package soak

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/harness"
)

var eight = []string{"node1", "node2", "node3", "node4", "node5", "node6", "node7", "node8"}

// TestDraw: a seed is all it takes to repeat the faults, all kinds come, and no episode
// goes beyond what the judge takes for granted.
func TestDraw(t *testing.T) {
	const fail = 2 * time.Second
	d, again, other := newDrawer(7, eight, fail), newDrawer(7, eight, fail), newDrawer(8, eight, fail)
	drawn, differs := map[Kind]int{}, false
	for i := range 2000 {
		d.sparing, again.sparing, other.sparing = i > 1000, i > 1000, i > 1000
		e := d.next()
		if diff := cmp.Diff(e, again.next()); diff != "" {
			t.Fatalf("episode %d is not the same again:\n%s", i, diff)
		}
		differs = differs || !cmp.Equal(e, other.next())
		drawn[e.Kind]++
		ends := e.Kind != Pause && e.Kind != Nap
		for _, name := range e.Who {
			server := name == harness.Monitor || name == harness.Provider
			if ends && (slices.Contains(eight[:spared], name) || server && d.sparing) {
				t.Errorf("%v ends a process that is spared", e)
			}
			if server && len(e.Who) > 1 || !server && !slices.Contains(eight, name) {
				t.Errorf("%v", e)
			}
		}
		if e.Kind == Nap && e.For > fail/2 && e.Who[0] != harness.Monitor && e.Who[0] != harness.Provider ||
			len(e.Who) == 0 || 2*len(e.Who) >= len(eight) || len(e.Still) > 0 != (e.Kind == Storm) {
			t.Errorf("%+v", e)
		}
	}
	for _, w := range weights {
		if drawn[w.kind] == 0 {
			t.Errorf("no %s in 2,000 episodes", w.kind)
		}
	}
	if !differs {
		t.Error("another seed has the same episodes")
	}
}
