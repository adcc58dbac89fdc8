package figures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/docker"
	"gossiprpc/harness/local"
)

// Misuse is an error that mage ends with code 2 for.
type Misuse struct{ Err error }

func (m Misuse) Error() string { return m.Err.Error() }

// Unwrap gives the cause.
func (m Misuse) Unwrap() error { return m.Err }

// ExitStatus is what mage asks for.
func (Misuse) ExitStatus() int { return 2 }

// Task is figures: [Make] with settings from the environment.
func Task(ctx context.Context, out io.Writer, getenv func(string) string) error {
	s, err := Read(getenv)
	if err != nil {
		return Misuse{err}
	}
	return Make(ctx, out, s)
}

// RealTask is figures:real. Beside [Read]'s settings it takes BACKEND (local or
// docker), NODES and CASES (lists), PROTOCOL (one; all), REPEAT (1 here).
func RealTask(ctx context.Context, out io.Writer, getenv func(string) string) error {
	s, err := readReal(getenv)
	if err != nil {
		return Misuse{err}
	}
	return Real(ctx, out, s)
}

func readReal(getenv func(string) string) (RealSettings, error) {
	base, err := Read(getenv)
	s := RealSettings{Settings: base, Backend: &local.Backend{}, Protocols: protocol.Names(), Cases: []int{1}, Nodes: []int{8, 16, 32}, Repeat: 1, Simulated: 40}
	if err != nil {
		return s, err
	}
	if getenv("REPEAT") != "" {
		s.Repeat = base.Runs
	}
	if v := getenv("NODES"); v != "" {
		var ok bool
		if s.Nodes, ok = parseSizes(v); !ok {
			return s, fmt.Errorf("%w: NODES=%s, want numbers of 4 or more, as 8,16", ErrSettings, v)
		}
	}
	if v := getenv("CASES"); v != "" {
		s.Cases = nil
		for part := range strings.SplitSeq(v, ",") {
			c, ok := parse[int](part)
			if !ok || c < 1 || c > 3 {
				return s, fmt.Errorf("%w: CASES=%s, want some of 1,2,3", ErrSettings, v)
			}
			s.Cases = append(s.Cases, c)
		}
	}
	if v := getenv("PROTOCOL"); v != "" && v != "all" {
		p, ok := protocol.ByName(v)
		if !ok {
			return s, fmt.Errorf("%w: PROTOCOL=%s, want all, %s", ErrSettings, v, strings.Join(protocol.Names(), ", "))
		}
		s.Protocols = []string{p.Name}
	}
	switch v := getenv("BACKEND"); v {
	case "", "local":
	case "docker":
		s.Backend = &docker.Backend{Image: getenv("IMAGE"), Prefix: getenv("PREFIX")}
	default:
		return s, fmt.Errorf("%w: BACKEND=%s, want local or docker", ErrSettings, v)
	}
	return s, nil
}

// LargeTask is figures:large: it writes large.csv into the figures' folder.
func LargeTask(ctx context.Context, out io.Writer, getenv func(string) string) (err error) {
	s, err := Read(getenv)
	if err != nil {
		return Misuse{err}
	}
	if getenv("SIZES") == "" {
		s.Sizes = []int{1024, 2048, 4096}
	}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(s.Folder, "large.csv"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	fmt.Fprintln(f, csvLine(detectionHead))
	for _, n := range s.Sizes {
		if err := Large(ctx, out, f, n, s.Seed); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "kept in %s; to have it drawn, put it at harness/figures/large.csv\n", f.Name())
	return nil
}
