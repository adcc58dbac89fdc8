package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/harness/local"
	"gossiprpc/harness/mutants"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// Build builds everything for each system that the project runs on. It keeps the
// programs for this system and prints their folder.
func Build(ctx context.Context, out io.Writer) error {
	for _, system := range []string{"linux", "darwin", "windows"} {
		if err := command(ctx, out, []string{"GOOS=" + system, "CGO_ENABLED=0"}, "go", "build", "./..."); err != nil {
			return err
		}
	}
	dir, err := local.Build(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "monitor, provider and gossipnode are in %s\n", dir)
	return nil
}

func vet(ctx context.Context, out io.Writer) error {
	return errors.Join(
		command(ctx, out, nil, "go", "vet", "./..."),
		command(ctx, out, nil, "go", "vet", "-tags", "mage", "."),
	)
}

// tidy fails if go.mod or go.sum lack what is imported, hold what is not, or call
// a direct requirement indirect.
func tidy(ctx context.Context, out io.Writer) error {
	return command(ctx, out, nil, "go", "mod", "tidy", "-diff")
}

const lintVersion = "2.15.0"

// Lint runs golangci-lint, and builds it first on a machine that has none. As a tool of
// go.mod it would bring 399 modules with it.
func Lint(ctx context.Context, out io.Writer) error {
	linter, err := findLinter(ctx, out)
	if err != nil {
		return err
	}
	return command(ctx, out, nil, linter, "run", "./...")
}

func findLinter(ctx context.Context, out io.Writer) (string, error) {
	name := "golangci-lint"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	own := filepath.Join(toolFolder(), lintVersion, name)
	candidates := []string{own}
	if gopath, err := output(ctx, "go", "env", "GOPATH"); err == nil {
		candidates = append(candidates, filepath.Join(gopath, "bin", name))
	}
	if found, err := exec.LookPath(name); err == nil {
		candidates = append(candidates, found)
	}
	for _, c := range candidates {
		if v, err := output(ctx, c, "version", "--short"); err == nil && strings.Contains(v, lintVersion) {
			return c, nil
		}
	}
	fmt.Fprintf(out, "building golangci-lint %s, which takes some minutes, once\n", lintVersion)
	err := command(ctx, out, []string{"GOBIN=" + filepath.Dir(own)}, "go", "install",
		"github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v"+lintVersion)
	return own, err
}

// raceFlag is -race where the race detector works: on Linux it needs a C
// compiler, which a machine with only Go lacks.
func raceFlag(ctx context.Context, out io.Writer) []string {
	if runtime.GOOS != "darwin" {
		cc, err := output(ctx, "go", "env", "CC")
		cgo, errCgo := output(ctx, "go", "env", "CGO_ENABLED")
		_, errCC := exec.LookPath(strings.Fields(cc + " none")[0])
		if errors.Join(err, errCgo, errCC) != nil || cgo != "1" {
			fmt.Fprintln(out, "no C compiler here: the tests run without the race detector")
			return nil
		}
	}
	return []string{"-race"}
}

// unraced are the packages that are tested without the race detector: those that only calculate, in
// virtual time, which take ten times as long under it and run code that it sees in harness/sim, and
// internal/socket, which leaves all to Go where the detector is at work.
var unraced = []string{"gossiprpc/harness/sim/claims", "gossiprpc/harness/sim/truth", "gossiprpc/internal/socket"}

// testLimit is how long a package's tests may take on a busy machine before they are stopped.
const testLimit = "30m"

// goTests runs all tests, under the race detector where that works.
func goTests(ctx context.Context, out io.Writer) (tally, error) {
	race := append(raceFlag(ctx, out), "-timeout", testLimit)
	listed, err := output(ctx, "go", "list", "./...")
	if err != nil {
		return tally{}, err
	}
	under := slices.DeleteFunc(strings.Fields(listed), func(name string) bool {
		return slices.Contains(unraced, name)
	})
	t, err := goTest(ctx, out, race, under...)
	rest, errRest := goTest(ctx, out, []string{"-timeout", testLimit}, unraced...)
	manifests, errManifests := goTest(ctx, out, []string{"-C", "deploy/kubernetes/check"}, ".") // another module
	return t.plus(rest).plus(manifests), errors.Join(err, errRest, errManifests)
}

// stages runs the parts of a check one after the other, whether or not those
// before have failed, and notes how long each took.
type stages struct {
	out  io.Writer
	errs []error
	took []string
}

func (s *stages) run(name string, do func() error) {
	fmt.Fprintf(s.out, "\n== %s\n", name)
	began := time.Now()
	s.errs = append(s.errs, do())
	s.took = append(s.took, fmt.Sprintf("%s %v", name, time.Since(began).Round(time.Second)))
}

// Test is everything that CI runs. Its last line counts tests and scenarios.
func Test(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("test", environ)
	if err != nil {
		return err
	}
	o, err := options(v, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "build, vet and lint, licences, the same bytes twice, tests, chaos, some mutants,\n"+
		"scenarios, soak, scenarios in containers, replay: 30 to 45 minutes on two cores")
	if err := Build(ctx, out); err != nil {
		return failed("%w", err)
	}
	var t tally
	var outcomes, contained []scenario.Outcome
	s := stages{out: out}
	s.run("vet and lint", func() error { return errors.Join(tidy(ctx, out), vet(ctx, out), Lint(ctx, out)) })
	s.run("licences", func() error { return Licences(ctx, out) })
	s.run("the same bytes twice", func() error { return Reproducible(ctx, out) })
	s.run("tests", func() (err error) {
		t, err = goTests(ctx, out)
		return err
	})
	s.run(fmt.Sprintf("chaos, seeds 1 to %d", ciSeeds), func() error { return hunt(ctx, out, 1, ciSeeds, v.Runs) })
	s.run("some mutants", func() error { return mutants.Sample(ctx, out) })
	s.run("scenarios", func() (err error) {
		outcomes, err = ciScenarios(ctx, out, o)
		return err
	})
	s.run("soak", func() error { return ciSoaked(ctx, out, v) })
	s.run("scenarios in containers", func() (err error) {
		contained, err = ciContainers(ctx, out, v, o)
		return err
	})
	outcomes = append(outcomes, contained...)
	s.run("replay", func() error { return replayAll(ctx, out, outcomes) })
	for _, outcome := range outcomes {
		if outcome.Verdict == harness.Pass {
			t.passed++
		} else {
			t.failed++
		}
	}
	screen := terminal.On(out)
	printResults(screen, outcomes)
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("\ntook: %s\n", strings.Join(s.took, ", ")), 2))
	err = errors.Join(s.errs...)
	if err == nil && t.failed > 0 {
		err = errors.New("not all have passed")
	}
	if err == nil && t.passed == 0 {
		err = errors.New("nothing was tested")
	}
	for _, f := range t.failures {
		fmt.Fprint(out, f)
	}
	if err != nil {
		fmt.Fprintf(out, "FAILED: %v\n", err)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if err != nil {
		return exitError{exitFailed, err}
	}
	return nil
}

// ciScenarios runs the three cases of all protocols at five times the pace, and
// of one protocol at the original's, with processes of this machine; and what is not for
// containers, or not for them alone.
func ciScenarios(ctx context.Context, out io.Writer, o scenario.Options) ([]scenario.Outcome, error) {
	o.Backend = &local.Backend{}
	full := o
	full.Speed = 1
	o.Speed = 5
	outcomes, err := all(ctx, out, o)
	if err != nil {
		return outcomes, err
	}
	o.Protocol = full.Protocol
	for _, more := range []struct {
		name   string
		relays bool // links have to be cut
	}{{"tls", false}, {"one-way", true}} {
		o.Backend = &local.Backend{Relays: more.relays}
		outcome, err := announced(ctx, out, o, more.name)
		if err != nil {
			return outcomes, err
		}
		outcomes = append(outcomes, outcome)
	}
	fmt.Fprintf(out, "\ndemo, %s, %d nodes, SPEED=1\n", full.Protocol, full.Nodes)
	outcome, err := runOne(ctx, full, shipped("demo"))
	if err != nil {
		return outcomes, err
	}
	return append(outcomes, outcome), nil
}
