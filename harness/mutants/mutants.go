// Package mutants breaks rules of the project on purpose, one at a time, and
// tells which breaks nobody notices.
//
// A mutant is a small change to one file. There are two sources of them: the list
// in the folder list, each entry of which breaks a rule on purpose, and changes
// drawn at random from the syntax of a room. A mutant never touches the tree: it is
// built with the overlay flag of the go command, and run in a scratch folder.
// Mutants of the list meet the tests of their room and of the rooms that they
// name, and then chaos; drawn ones meet the tests of their room only. The first
// that fails has noticed the mutant. Whatever notices must pass without it.
package mutants

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Mutant is one deliberate break.
type Mutant struct {
	Name  string
	Rule  string   // what holds without it, in words
	Equal string   // why it changes nothing that could be noticed; empty: it does
	Also  []string // further rooms whose tests are to notice it
	Seed  uint64   // of chaos, that is known to notice it; 0: none
	File  string   // that it changes, by its path from the module's root
	Hunks []Hunk
}

// Hunk is one place that a mutant changes: whole lines, and what comes in their
// stead.
type Hunk struct{ Old, New string }

// Room is the folder whose tests have to notice the mutant first.
func (m Mutant) Room() string { return path.Dir(m.File) }

// Rooms are all folders whose tests it has to meet.
func (m Mutant) Rooms() []string { return append([]string{m.Room()}, m.Also...) }

// apply changes a file's text. Each hunk's old lines must occur exactly once.
func (m Mutant) apply(text string) (string, error) {
	for _, h := range m.Hunks {
		switch n := strings.Count("\n"+text, "\n"+h.Old); n {
		case 1:
			text = strings.TrimPrefix(strings.Replace("\n"+text, "\n"+h.Old, "\n"+h.New, 1), "\n")
		case 0:
			return "", fmt.Errorf("mutant %q is out of date: %s has no more\n%s", m.Name, m.File, h.Old)
		default:
			return "", fmt.Errorf("mutant %q is out of date: %s has %d times\n%s", m.Name, m.File, n, h.Old)
		}
	}
	return text, nil
}

// Fits fails if the mutant no longer applies to the module at root.
func (m Mutant) Fits(root string) error {
	_, err := m.mutate(root)
	return err
}

// mutate reads the mutant's file below a module's root, and changes its text.
func (m Mutant) mutate(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.File)))
	if err != nil {
		return "", fmt.Errorf("mutant %q is out of date: %w", m.Name, err)
	}
	return m.apply(string(text))
}
