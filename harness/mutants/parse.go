package mutants

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// List is what the project keeps, by room.
//
//go:embed list/*.txt
var List embed.FS

// Read reads all mutants of a folder of lists.
func Read(lists fs.FS, folder string) ([]Mutant, error) {
	files, err := fs.Glob(lists, folder+"/*.txt")
	if err != nil {
		return nil, err
	}
	var all []Mutant
	for _, f := range files {
		text, err := fs.ReadFile(lists, f)
		if err != nil {
			return nil, err
		}
		some, err := Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f, err)
		}
		all = append(all, some...)
	}
	for i, m := range all {
		if slices.ContainsFunc(all[:i], func(o Mutant) bool { return o.Name == m.Name }) {
			return nil, fmt.Errorf("two mutants are called %q", m.Name)
		}
	}
	return all, nil
}

// Parse reads a list. An entry is some keys and what `git diff -U0` prints below
// its header: lines with - and + are taken out and put in, lines with a space
// stay and only say where; @@ begins the next place.
//
//	mutant: the latest report does not win
//	rule: reports of a kind replace each other while a call is under way
//	also: harness/sim
//	file: gossipnode/process/outbox.go
//	-		q.states = &e
//	+		q.states = cmp.Or(q.states, &e)
//
// Lines with # and empty lines say nothing. An entry with the key equal in place
// of rule says why it cannot be noticed. The key seed names a run of chaos that
// notices what no room's tests do.
func Parse(text string) ([]Mutant, error) {
	var all []Mutant
	var m *Mutant
	fresh := true // the next line of a hunk begins a new one
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case key == "mutant":
			all = append(all, Mutant{Name: value})
			m, fresh = &all[len(all)-1], true
		case m == nil:
			return nil, fmt.Errorf("line %d: %q comes before any mutant", i+1, line)
		case strings.HasPrefix(line, "@@"):
			fresh = true
		case strings.ContainsRune("-+ ", rune(line[0])):
			m.change(line, fresh)
			fresh = false
		case key == "rule":
			m.Rule = value
		case key == "equal":
			m.Equal = value
		case key == "also":
			m.Also = strings.Fields(value)
		case key == "seed":
			seed, err := strconv.ParseUint(value, 10, 64)
			if err != nil || seed == 0 {
				return nil, fmt.Errorf("line %d: seed %q: want a whole number above 0", i+1, value)
			}
			m.Seed = seed
		case key == "file":
			m.File = value
		default:
			return nil, fmt.Errorf("line %d: want a key or a line of a diff, got %q", i+1, line)
		}
	}
	for _, m := range all {
		if err := m.complete(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// change adds a line of a diff.
func (m *Mutant) change(line string, fresh bool) {
	if fresh {
		m.Hunks = append(m.Hunks, Hunk{})
	}
	h, text := &m.Hunks[len(m.Hunks)-1], line[1:]+"\n"
	if line[0] != '+' {
		h.Old += text
	}
	if line[0] != '-' {
		h.New += text
	}
}

func (m Mutant) complete() error {
	var missing error
	switch {
	case m.Name == "":
		missing = errors.New("has no name")
	case m.File == "":
		missing = errors.New("names no file")
	case (m.Rule == "") == (m.Equal == ""):
		missing = errors.New("wants either a rule or why it is equal")
	case len(m.Hunks) == 0:
		missing = errors.New("changes nothing")
	}
	for _, h := range m.Hunks {
		if h.Old == "" || h.Old == h.New {
			missing = errors.New("has a place without a line that it takes out")
		}
	}
	if missing != nil {
		return fmt.Errorf("mutant %q %w", m.Name, missing)
	}
	return nil
}
