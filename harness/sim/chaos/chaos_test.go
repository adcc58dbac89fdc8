package chaos

import (
	"flag"
	"testing"
	"time"
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

func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		one, several string
		first, last  uint64
		ok           bool
	}{
		{"", "", 1, Budget, true}, {"7", "", 7, 7, true}, {"", "3-9", 3, 9, true},
		{"7", "3-9", 0, 0, false}, {"x", "", 0, 0, false}, {"", "9-3", 0, 0, false}, {"", "3", 0, 0, false},
	} {
		first, last, err := Seeds(c.one, c.several)
		if (err == nil) != c.ok || err == nil && (first != c.first || last != c.last) {
			t.Errorf("SEED=%q SEEDS=%q: %d to %d, %v", c.one, c.several, first, last, err)
		}
	}
}

// TestSabotage: an invariant that a run breaks is found, shrunk to the one fault
// that breaks it, kept, and fails again when it is read back.
func TestSabotage(t *testing.T) {
	p := Draw(3)
	p.Protocol, p.Nodes, p.Aligned, p.Freshness, p.Victims = "brr", 5, true, 0, 1
	p.Faults = []Fault{
		{Kind: Pause, At: 5 * time.Second, For: 2 * time.Second, Who: []string{"node2"}},
		{Kind: Crash, At: 10 * time.Second, Who: []string{"node3"}},
		{Kind: Lose, At: 12 * time.Second, For: 8 * time.Second, Share: 0.2},
	}
	if f, err := Play(p); f != nil || err != nil {
		t.Fatalf("the run without sabotage: %v, %v", f, err)
	}
	// With less than a round to spare nobody can be found.
	p.Timing.Fail = p.Timing.Gossip + time.Millisecond
	f, err := Play(p)
	if err != nil || f == nil {
		t.Fatalf("T_fail of one round: %v, %v", f, err)
	}
	small, failure := Shrink(p, *f, 200)
	if failure.Invariant != f.Invariant || len(small.Faults) > 1 {
		t.Errorf("shrunk to %v, %v", small.Faults, failure)
	}
	paths, err := Save(t.Context(), t.TempDir(), small, failure)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if g, err := Play(again); err != nil || g == nil || *g != failure {
		t.Errorf("read back: %v, %v; want %v", g, err, failure)
	}
}
