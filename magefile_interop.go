//go:build mage

package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/interop"
)

// Interop holds what concerns clusters with Python in them.
type Interop mg.Namespace

// Mixed runs mixed clusters of 8 with any image that answers the original's commands, or with this project's own Python peers: interop:mixed IMAGE|local
func (Interop) Mixed(ctx context.Context, image string) error {
	return interop.Mixed(ctx, os.Stdout, os.Getenv, image)
}
