package tasks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/docker"
	"gossiprpc/harness/image"
	"gossiprpc/harness/local"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/sim"
	"gossiprpc/harness/swarm"
	"gossiprpc/harness/terminal"
)

// engineLimit is how long an engine may take to answer before it counts as none.
const engineLimit = 5 * time.Second

// pickBackend returns the backend that BACKEND names. Without a name it takes
// containers where they can be had, else processes of this machine, and says which.
func pickBackend(v settings.Values, out io.Writer) (harness.Backend, error) {
	containers := &docker.Backend{Image: v.Image, Prefix: v.Prefix}
	ctx, cancel := context.WithTimeout(context.Background(), engineLimit)
	defer cancel()
	switch v.Backend {
	case "local":
		return &local.Backend{Relays: true}, nil
	case "sim":
		return sim.Backend{}, nil
	case "swarm":
		stacks := &swarm.Backend{Image: v.Image}
		if err := stacks.Available(ctx); err != nil {
			return nil, settings.Wrongf("BACKEND=swarm: %w", err)
		}
		warnIfStale(ctx, out, containers.Image)
		return stacks, nil
	case "docker":
		if err := containers.Available(ctx); err != nil {
			return nil, settings.Wrongf("BACKEND=docker: %w", err)
		}
		warnIfStale(ctx, out, containers.Image)
		return containers, nil
	default:
		err := containers.Available(ctx)
		if err == nil {
			fmt.Fprintln(out, "in containers; BACKEND=local uses processes of this machine")
			warnIfStale(ctx, out, containers.Image)
			return containers, nil
		}
		fmt.Fprintf(out, "with processes of this machine, not in containers (%v)\n", err)
		return &local.Backend{Relays: true}, nil
	}
}

// warnIfStale warns when containers would run other code than is here. It says nothing
// if it cannot find out.
func warnIfStale(ctx context.Context, out io.Writer, tag string) {
	if tag == "" {
		tag = "gossip"
	}
	if stale, err := image.Stale(ctx, ".", tag); err == nil && stale {
		fmt.Fprintf(out, "image %s is of another source than is here now; go tool mage image builds it anew\n", tag)
	}
}

// Extra runs all scripts but the three cases and the demo, on one protocol.
func Extra(ctx context.Context, out io.Writer, environ []string) error {
	o, err := read("scenario:extra", out, environ)
	if err != nil {
		return err
	}
	outcomes, err := extra(ctx, out, o)
	return concludeSoFar(out, outcomes, err)
}

func extra(ctx context.Context, out io.Writer, o scenario.Options) ([]scenario.Outcome, error) {
	files, err := scenario.Scenarios.ReadDir("scenarios")
	if err != nil {
		return nil, err
	}
	var outcomes []scenario.Outcome
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".txt")
		if name == "demo" || slices.Contains(cases, name) {
			continue
		}
		text, err := scenario.Scenarios.ReadFile(path.Join("scenarios", file.Name()))
		if err != nil {
			return outcomes, err
		}
		if bytes.Contains(text, []byte("\n["+o.Backend.Name()+"] skip ")) {
			fmt.Fprintf(out, "\n%s: not on backend %s, the script says\n", name, o.Backend.Name())
			continue
		}
		outcome, err := announced(ctx, out, o, name)
		if err != nil {
			return outcomes, err
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}

func announced(ctx context.Context, out io.Writer, o scenario.Options, name string) (scenario.Outcome, error) {
	if ctx.Err() != nil {
		return scenario.Outcome{}, ctx.Err()
	}
	fmt.Fprintf(out, "\n%s, %s, %d nodes, SPEED=%g, %s\n", name, o.Protocol, o.Nodes, o.Speed, o.Backend.Name())
	outcome, err := runOne(ctx, o, shipped(name))
	if err == nil {
		fmt.Fprintln(out, verdict(terminal.On(out), outcome.Verdict))
	}
	return outcome, err
}

// Containers is what CI runs in containers: the three cases of all protocols,
// at the original's pace for one of them (PROTOCOL) and at five times that for
// the rest, and all other scripts on that one.
func Containers(ctx context.Context, out io.Writer, environ []string) error {
	o, err := read("docker:scenarios", out, environ, "BACKEND=docker")
	if err != nil {
		return err
	}
	outcomes, err := inContainers(ctx, out, o)
	return concludeSoFar(out, outcomes, err)
}

func inContainers(ctx context.Context, out io.Writer, o scenario.Options) ([]scenario.Outcome, error) {
	full := o.Protocol
	var outcomes []scenario.Outcome
	for _, name := range protocol.Names() {
		o.Protocol, o.Speed = name, 5
		if name == full {
			o.Speed = 1
		}
		for _, kase := range cases {
			outcome, err := announced(ctx, out, o, kase)
			if err != nil {
				return outcomes, err
			}
			outcomes = append(outcomes, outcome)
		}
	}
	o.Protocol, o.Speed = full, 5
	more, err := extra(ctx, out, o)
	return append(outcomes, more...), err
}

var errStale = errors.New("stale image")

// ciContainers is Containers as a part of Test. Without an engine or an image it is
// left out, except in CI, where it fails.
func ciContainers(ctx context.Context, out io.Writer, v settings.Values, o scenario.Options) ([]scenario.Outcome,
	error,
) {
	containers := &docker.Backend{Image: v.Image, Prefix: v.Prefix}
	if err := containers.Available(ctx); err != nil {
		if os.Getenv("CI") != "" {
			return nil, fmt.Errorf("scenarios in containers: %w", err)
		}
		fmt.Fprintf(out, "\nno scenarios in containers: %v\n", err)
		return nil, nil
	}
	if stale, err := image.Stale(ctx, ".", cmp.Or(containers.Image, "gossip")); err != nil || stale {
		return nil, fmt.Errorf("scenarios in containers: the image is not of this source, "+
			"`go tool mage image` builds it anew (%w)", errors.Join(errStale, err))
	}
	o.Backend = containers
	return inContainers(ctx, out, o)
}
