package chaos

import (
	"flag"
	"testing"
)

var (
	first = flag.Uint64("first", 1, "first seed")
	last  = flag.Uint64("last", 200, "last seed")
)

func TestHunt(t *testing.T) {
	found := 0
	played, err := Hunt(t.Context(), *first, *last, func(f Finding) {
		found++
		if found <= 12 {
			t.Errorf("seed %d: %s %d nodes aligned %v: %v", f.Seed, f.Plan.Protocol, f.Plan.Nodes, f.Plan.Aligned, f.Failure)
		}
	}, func(uint64) {})
	t.Logf("%d played, %d failed", played, found)
	if err != nil || played != *last-*first+1 {
		t.Errorf("played %d: %v", played, err)
	}
}
