package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errBuild is wrapped by errors about a mutant that does not compile: it says
// nothing about the tests.
var errBuild = errors.New("does not compile")

// bench builds and runs mutants in a scratch folder.
type bench struct {
	root    string // of the module
	scratch string
	limit   time.Duration // of one room's tests
	flags   map[string][]string
	built   int
}

// newBench makes a bench for the module at root, and what clears it away.
func newBench(root string, limit time.Duration) (*bench, func() error, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, nil, err
	}
	scratch, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, nil, err
	}
	b := &bench{root: root, scratch: scratch, limit: limit, flags: map[string][]string{}}
	return b, func() error { return os.RemoveAll(scratch) }, nil
}

// overlay writes a changed file to the scratch folder, and what tells the go
// command to build it in place of the module's.
func (b *bench) overlay(file, text string) (string, error) {
	b.built++
	name := filepath.Join(b.scratch, strconv.Itoa(b.built))
	if err := os.WriteFile(name+".go", []byte(text), 0o600); err != nil {
		return "", err
	}
	replace := map[string]string{filepath.Join(b.root, filepath.FromSlash(file)): name + ".go"}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	return name + ".json", os.WriteFile(name+".json", list, 0o600)
}

// test runs a room's tests, with the file that an overlay names unless that is
// empty. It returns which test has failed; empty: none.
func (b *bench) test(ctx context.Context, overlay, room string) (string, error) {
	flags, err := b.testFlags(ctx, room)
	if err != nil {
		return "", err
	}
	program := filepath.Join(b.scratch, path.Base(room)+".test")
	err = b.build(ctx, overlay, program, "test", "-c", "-vet=off", "-o", program, "./"+room)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
		return "", nil // the room has no tests
	}
	defer os.Remove(program)
	flags = append([]string{"-test.failfast", "-test.timeout=" + b.limit.String()}, flags...)
	text, err := b.run(ctx, b.limit+grace, filepath.Join(b.root, filepath.FromSlash(room)), program, flags...)
	if err == nil {
		return "", nil
	}
	return room + ": " + failedTest(text), ctx.Err()
}

// build runs the go command with an overlay.
func (b *bench) build(ctx context.Context, overlay, program, verb string, args ...string) error {
	if err := os.Remove(program); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if overlay != "" {
		args = append([]string{"-overlay", overlay}, args...)
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{verb}, args...)...)
	cmd.Dir = b.root
	if text, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%w: %s", errBuild, strings.TrimSpace(string(text))))
	}
	return nil
}

// testFlags are those that a room's tests take beside the usual ones. Properties
// draw the same values in each run, and leave nothing in the tree when they fail.
func (b *bench) testFlags(ctx context.Context, room string) ([]string, error) {
	if flags, ok := b.flags[room]; ok {
		return flags, nil
	}
	imports := `{{join .TestImports "\n"}}{{"\n"}}{{join .XTestImports "\n"}}`
	cmd := exec.CommandContext(ctx, "go", "list", "-f", imports, "./"+room)
	cmd.Dir = b.root
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list ./%s: %w", room, err)
	}
	var flags []string
	if strings.Contains(string(text), "pgregory.net/rapid") {
		flags = []string{"-rapid.seed=1"}
	}
	b.flags[room] = flags
	return flags, nil
}

// failedTest names what failed by the output of a test program.
func failedTest(text string) string {
	panicked := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "--- FAIL: "); ok {
			name, _, _ = strings.Cut(name, " ")
			return name
		}
		if panicked == "" && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
			panicked = line
		}
	}
	if panicked == "" {
		return "fails"
	}
	return panicked
}
