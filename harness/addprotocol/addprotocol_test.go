package addprotocol

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestPage follows the page from its first block to its last.
func TestPage(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("it builds everything anew, by a shell's commands")
	}
	page, err := os.ReadFile("../../docs/ADD-A-PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := readBlocks(string(page))
	if len(blocks) < 6 {
		t.Fatalf("the page has %d blocks", len(blocks))
	}
	root := t.TempDir()
	if err := copyModule("../..", root); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := b.follow(t, root); err != nil {
			t.Fatalf("docs/ADD-A-PROTOCOL.md:%d: %v", b.line, err)
		}
	}
}

// block is what stands between two fences: a file, a change to one, or commands.
type block struct {
	line int    // of the page
	kind string // go, text, diff or console
	file string // "" for commands
	body string
}

func readBlocks(page string) []block {
	var blocks []block
	var open *block
	n := 0
	for line := range strings.Lines(page) {
		n++
		head, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			kind, file, _ := strings.Cut(strings.TrimSpace(head), " ")
			open = &block{line: n, kind: kind, file: file}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.body += line
		}
	}
	return blocks
}

func (b block) follow(t *testing.T, root string) error {
	path := filepath.Join(root, filepath.FromSlash(b.file))
	switch b.kind {
	case "go", "text":
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(b.body), 0o644)
	case "diff":
		return change(path, b.body)
	case "console":
		return b.run(t, root)
	}
	return fmt.Errorf("a block of %q: want go, text, diff or console", b.kind)
}

// change replaces lines that begin with '-' by those that begin with '+'.
func change(path, diff string) error {
	var old, replacement string
	for line := range strings.Lines(diff) {
		if text, ok := strings.CutPrefix(line, "-"); ok {
			old += text
		}
		if text, ok := strings.CutPrefix(line, "+"); ok {
			replacement += text
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if old == "" || strings.Count(string(text), old) != 1 {
		return fmt.Errorf("%s does not hold this once: %q", path, old)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), old, replacement, 1)), 0o644)
}

// run runs the commands, each of which must print the lines that follow it.
func (b block) run(t *testing.T, root string) error {
	var command, printed string
	for line := range strings.Lines(b.body) {
		line = strings.TrimSpace(line)
		next, isCommand := strings.CutPrefix(line, "$ ")
		if !isCommand {
			if !strings.Contains(printed, line) {
				return fmt.Errorf("%s: no %q in\n%s", command, line, printed)
			}
			continue
		}
		command = next
		shell := exec.CommandContext(t.Context(), "sh", "-c", command)
		shell.Dir = root
		out, err := shell.CombinedOutput()
		printed = string(out)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", command, err, printed)
		}
	}
	return nil
}

// copyModule copies what the module is built and tested from.
func copyModule(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"runs", "figures"}, name)) {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
}

// The page's test must be able to fail.
func TestBlocks(t *testing.T) {
	blocks := readBlocks("text\n```console\n$ echo one\none\n```\n" +
		"```console\n$ echo one\ntwo\n```\n```console\n$ exit 3\n```\n")
	var outcome []string
	for _, b := range blocks {
		outcome = append(outcome, fmt.Sprintf("%d %t", b.line, b.follow(t, t.TempDir()) == nil))
	}
	if got := strings.Join(outcome, ", "); got != "2 true, 6 false, 10 false" {
		t.Errorf("blocks by line, and whether they went well: %s", got)
	}
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := change(path, "-three\n+four\n"); err == nil {
		t.Error("a line that is not there was replaced")
	}
	if err := change(path, "-two\n+three\n"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "one\nthree\n" {
		t.Errorf("%q, %v", text, err)
	}
}
