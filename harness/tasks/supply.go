package tasks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"gossiprpc/harness/supply"
)

// programs are the packages of the image, and programSources what they are built from
// (see the Dockerfile).
var (
	programs       = []string{"./monitor", "./provider", "./gossipnode"}
	programSources = []string{"go.mod", "go.sum", "internal", "gossipnode", "monitor", "provider"}
)

// Licences lists all modules with their licences. It fails if one is not allowed.
func Licences(ctx context.Context, out io.Writer) error {
	modules, err := supply.Modules(ctx, ".", programs...)
	for _, m := range modules {
		where := map[bool]string{true: "in the programs", false: "beside them"}[m.Shipped]
		fmt.Fprintf(out, "%-16s %-15s %s %s\n", strings.Join(m.Licences, "+"), where, m.Path, m.Version)
	}
	if err != nil {
		return failed("%w", err)
	}
	fmt.Fprintf(out, "%d modules; allowed are %s, and beside the programs %s\n", len(modules),
		strings.Join(supply.Allowed, ", "), strings.Join(supply.AllowedBeside, ", "))
	return nil
}

// Bill writes a bill of materials of the three programs into a file.
func Bill(ctx context.Context, out io.Writer, file string) (err error) {
	modules, err := supply.Modules(ctx, ".", programs...)
	if err != nil {
		return failed("%w", err)
	}
	dir, err := os.MkdirTemp("", "gossip-bill-")
	if err != nil {
		return failed("%w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args := append([]string{"build", "-trimpath", "-o", dir + string(filepath.Separator)}, programs...)
	if err := command(ctx, out, []string{"CGO_ENABLED=0"}, "go", args...); err != nil {
		return failed("%w", err)
	}
	built, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return failed("%w", err)
	}
	f, err := os.Create(file)
	if err != nil {
		return failed("%w", err)
	}
	if err := errors.Join(supply.WriteBill(f, modules, built...), f.Close()); err != nil {
		return failed("%w", err)
	}
	fmt.Fprintf(out, "%s is a bill of materials of %d programs\n", file, len(built))
	return nil
}

// Reproducible builds the programs twice, in different folders, and compares them.
func Reproducible(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "building monitor, provider and gossipnode twice, once from nothing (a minute or more)")
	if err := supply.Reproducible(ctx, ".", programSources, programs); err != nil {
		return failed("%w", err)
	}
	fmt.Fprintln(out, "both builds have the same bytes")
	return nil
}

// Vulnerabilities runs govulncheck. Where that or its data cannot be had, nothing is
// known, and it says so.
func Vulnerabilities(ctx context.Context, out io.Writer) error {
	const unknown = "whether there are known vulnerabilities cannot be told: %w"
	path, err := exec.LookPath("govulncheck")
	if err != nil {
		return exitError{exitUnknown, fmt.Errorf(unknown, err)}
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, path, "./...")
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, &said), io.MultiWriter(out, &said)
	err = cmd.Run()
	const found = 3 // govulncheck's exit code
	var ended *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ended) && ended.ExitCode() == found:
		return failed("govulncheck has found vulnerabilities")
	}
	return exitError{exitUnknown, fmt.Errorf(unknown, err)}
}
