//go:build mage

package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/mutants"
)

// Mutants holds what breaks rules on purpose.
type Mutants mg.Namespace

// Default breaks each rule of the list and tells which breaks nobody notices
func (Mutants) Default(ctx context.Context) error {
	return mutants.Task(ctx, os.Stdout, os.Environ())
}

// Random has a room's tests look for small changes drawn from a seed: mutants:random ROOM N SEED
func (Mutants) Random(ctx context.Context, room, n, seed string) error {
	return mutants.RandomTask(ctx, os.Stdout, os.Environ(), room, n, seed)
}
