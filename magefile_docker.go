//go:build mage

package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/docker"
	"gossiprpc/harness/image"
	"gossiprpc/harness/tasks"
)

// Image builds the container image gossip (bases: BUILD_BASE, RUN_BASE), where they cannot be pulled from stand-ins made on this machine
func Image(ctx context.Context) error {
	return image.Build(ctx, image.Options{
		Dir: ".", BuildBase: os.Getenv("BUILD_BASE"), RunBase: os.Getenv("RUN_BASE"), Out: os.Stdout,
	})
}

// Docker holds what concerns containers.
type Docker mg.Namespace

// Clean removes all containers and networks that the harness has made and left
func (Docker) Clean(ctx context.Context) error {
	return docker.Clean(ctx, "", "", os.Stdout)
}

// Scenarios runs in containers what CI does: the three cases of all protocols, PROTOCOL at full time, and all other scripts
func (Docker) Scenarios(ctx context.Context) error { return tasks.Containers(ctx, os.Stdout) }

// Extra runs all scripts but the three cases and the demo, on one protocol (PROTOCOL=scrr, SPEED=1)
func (Scenario) Extra(ctx context.Context) error { return tasks.Extra(ctx, os.Stdout) }
