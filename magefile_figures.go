//go:build mage

// Settings of the figures come from the environment: FIGURES (figures, their
// folder), SEED (1), REPEAT (10, runs of each point), LOSS (0.05, on the
// frontier), SIZES (4,8,...,512), SPEED (1).
package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/advise"
	"gossiprpc/harness/figures"
)

// Figures holds what measures and draws.
type Figures mg.Namespace

// Aliases: mage finds a namespace's Default only under its full name.
var Aliases = map[string]any{
	"figures": Figures.Default,
}

// Default measures all protocols in virtual time and draws CSV, PNG and SVG (FIGURES=figures, REPEAT=10, SEED=1)
func (Figures) Default(ctx context.Context) error {
	return figures.Task(ctx, os.Stdout, os.Getenv)
}

// Real runs the test cases with real processes too and says how far the simulation is off (BACKEND=local, NODES=8,16,32, CASES=1, PROTOCOL=all, REPEAT=1)
func (Figures) Real(ctx context.Context) error {
	return figures.RealTask(ctx, os.Stdout, os.Getenv)
}

// Large measures detection once at 1024, 2048 and 4096 nodes, for harness/figures/large.csv: about an hour (SIZES)
func (Figures) Large(ctx context.Context) error {
	return figures.LargeTask(ctx, os.Stdout, os.Getenv)
}

// Advise says the smallest safe T_fail: advise PROTOCOL NODES LOSS (GOSSIP=3s, FAIL=10s, HEARTBEAT=1s, SERVERS_LOSS=0)
func Advise(ctx context.Context, protocol string, nodes int, loss float64) error {
	return advise.Task(ctx, os.Stdout, os.Getenv, protocol, nodes, loss)
}
