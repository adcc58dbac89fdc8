package harness_test

import (
	"os"
	"testing"

	"gossiprpc/harness/mutants"
)

// TestTheListOfMutantsFits: each entry applies to the tree as it is, so that whoever
// changes a line that a mutant breaks is told at once, by the quickest of all tests.
func TestTheListOfMutantsFits(t *testing.T) {
	const root = ".."
	all, err := mutants.Read(mutants.List, "list")
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, m := range all {
		if err := m.Fits(root); err != nil {
			t.Error(err)
		}
		if m.Equal == "" {
			kept++
		}
		for _, room := range m.Rooms() {
			if info, err := os.Stat(root + "/" + room); err != nil || !info.IsDir() {
				t.Errorf("mutant %q: no room %s", m.Name, room)
			}
		}
	}
	if kept < 38 {
		t.Errorf("%d mutants, want the eight that survived once and thirty more", kept)
	}
}
