package figures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/docker"
	"gossiprpc/harness/local"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
)

// Task is the target figures: it makes all figures.
func Task(ctx context.Context, out io.Writer, environ []string) error {
	v, err := settings.Read("figures", environ)
	if err != nil {
		return err
	}
	return Make(ctx, out, read(v))
}

// RealTask is the target figures:real: the test cases with real processes beside
// simulated ones.
func RealTask(ctx context.Context, out io.Writer, environ []string) error {
	o, err := readReal(environ)
	if err != nil {
		return err
	}
	return Real(ctx, out, o)
}

func readReal(environ []string) (RealOptions, error) {
	v, err := settings.Read("figures:real", environ)
	if err != nil {
		return RealOptions{}, err
	}
	o := RealOptions{
		Options: read(v), Protocols: protocol.Names(), Cases: v.Cases, Nodes: v.Sizes, Repeat: v.Repeat,
		Simulated: 40, Begin: scenario.AtRest,
	}
	if v.Begin != "" {
		o.Begin = scenario.Begin(v.Begin)
	}
	if v.Given("PROTOCOL") {
		o.Protocols = []string{v.Protocol.Name}
	}
	if v.Given("NODES") {
		o.Nodes = []int{v.Nodes}
	}
	switch v.Backend {
	case "local":
		o.Backend = &local.Backend{}
	case "docker":
		o.Backend = &docker.Backend{Image: v.Image, Prefix: v.Prefix}
	default:
		return o, settings.Wrongf("BACKEND=%s: figures:real wants real processes, docker or local", v.Backend)
	}
	return o, nil
}

// LargeTask is the target figures:large: it writes large.csv into the figures' folder.
func LargeTask(ctx context.Context, out io.Writer, environ []string) (err error) {
	v, err := settings.Read("figures:large", environ)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(v.Figures, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(v.Figures, "large.csv"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := writeRows(f, detectionHead); err != nil {
		return err
	}
	for _, n := range v.Sizes {
		if err := Large(ctx, out, f, n, v.Seed); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "kept in %s; to have it drawn, put it at harness/figures/large.csv\n", f.Name())
	return nil
}
