//go:build mage

// The targets are thin: the work is in harness/tasks.
//
// Settings come from the environment: PROTOCOL (scrr), NODES (8), SPEED (1;
// 10 divides all intervals by 10), BACKEND (docker where an engine has the image,
// else local; sim: virtual time), FRESHNESS (arrival;
// emission), SEED (of random sources; drawn), RUNS (runs, the
// folder that each scenario leaves its own folder in).
package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/tasks"
)

// Demo finds one dead node, then two, then sees one come back (PROTOCOL=scrr, NODES=8, SPEED=1)
func Demo(ctx context.Context) error { return tasks.Demo(ctx, os.Stdout) }

// Test does everything that CI does: build for each system, vet, lint, race tests, scenarios
func Test(ctx context.Context) error { return tasks.Test(ctx, os.Stdout) }

// Build builds everything for Linux, macOS and Windows
func Build(ctx context.Context) error { return tasks.Build(ctx, os.Stdout) }

// Lint runs golangci-lint, which is built first where it is missing
func Lint(ctx context.Context) error { return tasks.Lint(ctx, os.Stdout) }

// Scenario holds the test cases and users' own scripts.
type Scenario mg.Namespace

// Single kills one node: scenario:single PROTOCOL NODES
func (Scenario) Single(ctx context.Context, protocol string, nodes int) error {
	return tasks.Scenario(ctx, os.Stdout, "single", protocol, nodes)
}

// Simultaneous kills two nodes at once: scenario:simultaneous PROTOCOL NODES
func (Scenario) Simultaneous(ctx context.Context, protocol string, nodes int) error {
	return tasks.Scenario(ctx, os.Stdout, "simultaneous", protocol, nodes)
}

// Revive kills a node and starts it again: scenario:revive PROTOCOL NODES
func (Scenario) Revive(ctx context.Context, protocol string, nodes int) error {
	return tasks.Scenario(ctx, os.Stdout, "revive", protocol, nodes)
}

// All runs these three for each of the four protocols (NODES=8, SPEED=1)
func (Scenario) All(ctx context.Context) error { return tasks.All(ctx, os.Stdout) }

// Run runs a script of your own: scenario:run FILE
func (Scenario) Run(ctx context.Context, file string) error {
	return tasks.File(ctx, os.Stdout, file)
}

// Words explains the language of scenario scripts
func (Scenario) Words() error { return tasks.Words(os.Stdout) }
