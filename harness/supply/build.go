package supply

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrDiffers is wrapped where two builds of one source differ.
var ErrDiffers = errors.New("two builds differ")

// Reproducible builds packages of the module in dir twice, the second time from a copy
// in another folder and with an empty build cache, and compares the programs. sources
// are what of dir they are built from, as the Dockerfile copies it.
func Reproducible(ctx context.Context, dir string, sources, packages []string) (err error) {
	work, err := os.MkdirTemp("", "gossip-reproducible-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	moved := filepath.Join(work, "elsewhere", "source")
	for _, s := range sources {
		if err := copyTree(filepath.Join(moved, s), filepath.Join(dir, s)); err != nil {
			return err
		}
	}
	first, second := filepath.Join(work, "first"), filepath.Join(work, "second")
	if err := build(ctx, dir, first, packages); err != nil {
		return err
	}
	if err := build(ctx, moved, second, packages, "GOCACHE="+filepath.Join(work, "cache")); err != nil {
		return err
	}
	return same(first, second)
}

// copyTree copies a file or a folder.
func copyTree(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

func build(ctx context.Context, dir, out string, packages []string, env ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{
		"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out + string(filepath.Separator),
	}, packages...)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build in %s: %w: %s", dir, err, strings.TrimSpace(string(text)))
	}
	return nil
}

// same compares two folders of programs.
func same(first, second string) error {
	entries, err := os.ReadDir(first)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		a, errA := os.ReadFile(filepath.Join(first, e.Name()))
		b, errB := os.ReadFile(filepath.Join(second, e.Name()))
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			failed = errors.Join(failed, fmt.Errorf("%w: %s", ErrDiffers, e.Name()))
		}
	}
	if len(entries) == 0 {
		return fmt.Errorf("no programs in %s", first)
	}
	return failed
}
