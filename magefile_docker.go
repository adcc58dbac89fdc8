//go:build mage

package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/docker"
	"gossiprpc/harness/image"
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
