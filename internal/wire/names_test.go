package wire

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
)

// readAll reads names in order, and tells how many were not guessed.
func (n *names) readAll(list []string) (all []gossip.Address, wrong int) {
	r := n.reading()
	for _, name := range list {
		if a := r.address([]byte(name)); a != nil {
			all = append(all, *a)
		}
	}
	remember(&r, all, func(a *gossip.Address) gossip.Address { return *a })
	return all, r.wrong
}

// TestNamesAreGuessed from the last list of many: what is missing or new costs no more than itself.
func TestNamesAreGuessed(t *testing.T) {
	n := &names{seed: maphash.MakeSeed()}
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("node%03d:5000", i))
	}
	without := slices.Delete(slices.Clone(list), 10, 20)
	with := slices.Insert(slices.Clone(list), 50, "node049a:1", "node049b:1")
	reversed := slices.Clone(list)
	slices.Reverse(reversed)
	for _, step := range []struct {
		what  string
		list  []string
		wrong int
	}{
		{"the first", list, 100},
		{"the same", list, 0},
		{"ten less", without, 0},
		{"two more", with, 2},
		{"few", []string{"a:1", "b:1"}, 2},
		{"the same", list, 0},
		{"the other way round", reversed, 99},
		{"the same", list, 0},
	} {
		all, wrong := n.readAll(step.list)
		if wrong != step.wrong || len(all) != len(step.list) {
			t.Errorf("%s: %d of %d not guessed, want %d", step.what, wrong, len(all), step.wrong)
		}
	}
}

// TestGuessesChangeNothing: lists are read as they are, whatever the last one was.
func TestGuessesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &names{seed: maphash.MakeSeed()}
		name := rapid.SampledFrom([]string{"a:1", "b:1", "b:2", "ba:1", "c:1", "", "no port", "z:65535", "z:65536"})
		for range 3 {
			list := rapid.SliceOfN(name, 0, 200).Draw(t, "list")
			var want []string
			for _, text := range list {
				if _, err := gossip.ParseAddress(text); err == nil {
					want = append(want, text)
				}
			}
			all, _ := n.readAll(list)
			var got []string
			for _, a := range all {
				got = append(got, string(a))
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Fatalf("%q read as %q", list, got)
			}
		}
	})
}
