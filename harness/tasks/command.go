package tasks

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// command runs a program in the module's root, its output going to out.
func command(ctx context.Context, out io.Writer, env []string, name string, args ...string) error {
	fmt.Fprintf(out, "$ %s\n", strings.Join(append(append(append([]string{}, env...), name), args...), " "))
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(text)), nil
}

// tally counts what has been tested. failures has the names of the tests that failed, each
// with what it printed last.
type tally struct {
	passed, failed, skipped int
	failures                []string
}

// lastLines is how much of a failed test's output is told once more at the very end, since
// whoever reads a long run's log begins there.
const lastLines = 8

// goTest runs `go test -json` and prints what plain `go test` would: a line for
// each package, and all that a failed one printed.
func goTest(ctx context.Context, out io.Writer, flags []string, packages ...string) (tally, error) {
	args := append(append([]string{"test"}, flags...), "-json")
	fmt.Fprintf(out, "$ go %s, of %d packages\n", strings.Join(args, " "), len(packages))
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Stderr = out
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return tally{}, err
	}
	if err := cmd.Start(); err != nil {
		return tally{}, err
	}
	t := report(out, pipe)
	if err := cmd.Wait(); err != nil {
		return t, fmt.Errorf("go test: %w", err)
	}
	return t, nil
}

// testEvent is a line of go test's JSON (see `go doc test2json`).
type testEvent struct {
	Action, Package, ImportPath, Test, Output string
}

func report(out io.Writer, events io.Reader) tally {
	var t tally
	printed, said := map[string][]string{}, map[string][]string{}
	lines := bufio.NewScanner(events)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e testEvent
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // a build's own words
			continue
		}
		key := e.Package
		switch {
		case e.Action == "build-output":
			fmt.Fprint(out, e.Output)
		case e.Action == "output" && e.Test == "" && packageLine(e.Output):
			fmt.Fprint(out, e.Output)
		case e.Action == "output":
			printed[key] = append(printed[key], e.Output)
			said[key+"."+e.Test] = append(said[key+"."+e.Test], e.Output)
		case e.Test != "":
			t.count(e.Action)
			if e.Action == "fail" {
				t.failures = append(t.failures, failure(key+"."+e.Test, said[key+"."+e.Test]))
			}
		case e.Action == "fail":
			fmt.Fprint(out, strings.Join(printed[key], ""))
			fallthrough
		case e.Action == "pass", e.Action == "skip":
			delete(printed, key)
		}
	}
	return t
}

func failure(name string, said []string) string {
	said = slices.DeleteFunc(said, func(line string) bool {
		return strings.HasPrefix(line, "===") || strings.HasPrefix(strings.TrimSpace(line), "---")
	})
	return "failed: " + name + "\n" + strings.Join(said[max(0, len(said)-lastLines):], "")
}

func (t tally) plus(u tally) tally {
	return tally{
		t.passed + u.passed, t.failed + u.failed, t.skipped + u.skipped, slices.Concat(t.failures, u.failures),
	}
}

func (t *tally) count(action string) {
	switch action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
	case "skip":
		t.skipped++
	}
}

// packageLine recognises go test's own line for a package.
func packageLine(s string) bool {
	for _, start := range []string{"ok  \t", "FAIL\t", "?   \t", "---\t"} {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}

// toolFolder is the folder of tools that are not part of the module.
func toolFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "gossiprpc", "tools")
}
