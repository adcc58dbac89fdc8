package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// ErrScript is wrapped by every error about a script that cannot be run as it
// is written. Its text is "file:line: what was read, what is known".
var ErrScript = errors.New("bad script")

// conditions are the backends' names, and the words that not all of them carry out; testscript
// knows some of its own.
var (
	conditions       = []string{"docker", "local", "sim", "partition", "cut", "loss"}
	engineConditions = regexp.MustCompile(`^(short|net|link|symlink|unix|linux|darwin|windows|amd64|arm64|gc|` +
		`exec:.+|go1\.\d+)$`)
)

// engineKill is the name under which the engine knows our kill; see words.
const engineKill = "kill-process"

// PlaceError is an error about a place in a script. Line and column count from 1, the
// column in characters.
type PlaceError struct {
	Line, Column int
	Err          error
}

func (e *PlaceError) Error() string { return e.Err.Error() }

func (e *PlaceError) Unwrap() error { return e.Err }

// placed is an error about a line's words, at the first of them, which begins at a byte.
func placed(line string, number, at int, err error) error {
	return &PlaceError{Line: number, Column: utf8.RuneCountInString(line[:at]) + 1, Err: err}
}

// translate checks a script before anything is started, and returns it as the engine
// is to run it: the same line for line, except for the word kill.
func translate(file string, text []byte) ([]byte, error) {
	archive, err := parse(file, text)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(archive.Comment), "\n")
	for i, line := range lines {
		name, at, args, err := firstWord(line)
		if err == nil && name != "" {
			err = checkWord(name, args)
		}
		if err != nil {
			return nil, placed(line, i+1, at, fmt.Errorf("%s:%d: %w: %w", file, i+1, ErrScript, err))
		}
		if name == "kill" {
			lines[i] = line[:at] + engineKill + line[at+len("kill"):]
		}
	}
	archive.Comment = []byte(strings.Join(lines, "\n"))
	return txtar.Format(archive), nil
}

// parse splits a script from the files in it. A file's marker that has no name is refused
// here: txtar panics at it.
func parse(file string, text []byte) (*txtar.Archive, error) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if bytes.Equal(bytes.TrimRight(line, "\r\n"), []byte("-- --")) {
			return nil, fmt.Errorf(`%s:%d: %w: "-- --" names no file, want -- NAME --`, file, number, ErrScript)
		}
	}
	return txtar.Parse(text), nil
}

// CheckGuest finds what is wrong with a script that comes over the network: an error
// that wraps [ErrScript]. Such a one may act on the cluster, skip what a backend cannot
// do, and nothing else: testscript's other words run programs and write files.
func CheckGuest(file string, text []byte) error {
	if _, err := translate(file, text); err != nil {
		return err
	}
	archive, err := parse(file, text)
	if err != nil {
		return err
	}
	if len(archive.Files) > 0 {
		return fmt.Errorf("%s: %w: it has files in it, want words only", file, ErrScript)
	}
	number := 0
	for line := range strings.Lines(string(archive.Comment)) {
		number++
		name, at, _, err := firstWord(line)
		if _, ok := words()[name]; err == nil && name != "" && !ok && !slices.Contains(harmless, name) {
			return placed(line, number, at, fmt.Errorf("%s:%d: %w: %q is a word of testscript's own, want one of %s",
				file, number, ErrScript, name, ownWords()))
		}
	}
	return nil
}

// harmless are words of testscript's own that do nothing but end the script.
var harmless = []string{"skip", "stop"}

// ownWords lists the words that act on a cluster, or look at it.
func ownWords() string { return strings.Join(slices.Sorted(maps.Keys(words())), ", ") }

// firstWord finds a line's command behind its conditions and '!', where it
// stands, and its arguments. The name is empty for blank and comment lines.
func firstWord(line string) (name string, at int, args []string, err error) {
	rest := line
	for {
		rest = strings.TrimLeft(rest, " \t\r")
		at = len(line) - len(rest)
		if rest == "" || rest[0] == '#' {
			return "", at, nil, nil
		}
		if rest[0] == '[' {
			condition, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return "", at, nil, fmt.Errorf("condition %q has no ']'", rest)
			}
			if err := checkCondition(condition); err != nil {
				return "", at, nil, err
			}
			rest = after
			continue
		}
		if after, ok := strings.CutPrefix(rest, "! "); ok {
			rest = after
			continue
		}
		words := strings.Fields(rest)
		for i, w := range words {
			if strings.HasPrefix(w, "#") {
				words = words[:i]
				break
			}
		}
		if len(words) == 0 { // spaces of other kinds, and perhaps a comment
			return "", at, nil, nil
		}
		return words[0], at, words[1:], nil
	}
}

func checkCondition(text string) error {
	c := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "!"))
	if slices.Contains(conditions, c) || engineConditions.MatchString(c) {
		return nil
	}
	return fmt.Errorf("unknown condition [%s], known are [%s] and testscript's own", c,
		strings.Join(conditions, "] ["))
}

func checkWord(name string, args []string) error {
	w, ok := words()[name]
	if !ok {
		if slices.Contains(engineWords, name) {
			return nil
		}
		return fmt.Errorf("unknown word %q, known are %s", name, knownWords())
	}
	if len(args) < w.least {
		return fmt.Errorf("%q lacks an argument, want: %s %s", strings.Join(append([]string{name}, args...), " "), name,
			w.usage)
	}
	if w.most >= 0 && len(args) > w.most {
		return fmt.Errorf("%q has an argument too many, want: %s %s",
			strings.Join(append([]string{name}, args...), " "), name, w.usage)
	}
	var second []string
	switch name {
	case "await":
		second = awaitWords
	case "expect":
		second = expectWords
	case "allow":
		second = []string{"dead"}
	case "repeat":
		_, _, err := repeated(args)
		return err
	}
	if second != nil && !slices.Contains(second, args[0]) && !strings.HasPrefix(args[0], "$") {
		return fmt.Errorf("unknown word %q after %s, known are %s", args[0], name, strings.Join(second, ", "))
	}
	return nil
}
