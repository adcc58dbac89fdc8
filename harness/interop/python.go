// Package interop runs clusters in which some processes are Python's. They behave as
// the original does (same wire, same rules, same faults), and so hold this project to
// it.
//
// A [Mix] (which process is whose) and a protocol go in; a run's folder and a
// [Report] come out. The Python programs in testdata/python are written
// for this project, with Python's standard library alone.
package interop

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"gossiprpc/harness"
)

//go:embed testdata/python/*.py
var programs embed.FS

const programFolder = "testdata/python"

// ErrNoPython is wrapped when there is no python3 to run the peers with.
var ErrNoPython = errors.New("no python3")

// Python is an interpreter and the folder that the peers' programs are in.
type Python struct{ interpreter, folder string }

// NewPython writes the peers' programs into a folder of their own below dir.
func NewPython(dir string) (Python, error) {
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		return Python{}, fmt.Errorf("%w: %w", ErrNoPython, err)
	}
	p := Python{interpreter, filepath.Join(dir, "python")}
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return Python{}, err
	}
	files, err := programs.ReadDir(programFolder)
	if err != nil {
		return Python{}, err
	}
	for _, f := range files {
		text, err := programs.ReadFile(programFolder + "/" + f.Name())
		if err != nil {
			return Python{}, err
		}
		if err := os.WriteFile(filepath.Join(p.folder, f.Name()), text, 0o644); err != nil {
			return Python{}, err
		}
	}
	return p, nil
}

// Command is the start of a command line: role is node, monitor or provider. The
// flags that follow are those of the Go commands.
func (p Python) Command(role string) []string {
	return []string{p.interpreter, "-B", "-u", filepath.Join(p.folder, role+".py")}
}

// Instead has, for each of a cluster's processes that is Python's, what is run in place of ours.
func (p Python) Instead(nodes int, python func(process string) bool) map[string][]string {
	instead := map[string][]string{}
	for _, name := range []string{harness.Monitor, harness.Provider} {
		if python(name) {
			instead[name] = p.Command(name)
		}
	}
	for i := range nodes {
		if name := "node" + strconv.Itoa(i+1); python(name) {
			instead[name] = p.Command("node")
		}
	}
	return instead
}
