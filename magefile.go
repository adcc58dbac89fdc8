//go:build mage

// What can be set, as in SPEED=5 go tool mage demo, is listed by: go tool mage settings
package main

import (
	"context"
	"os"

	"github.com/magefile/mage/mg"

	"gossiprpc/harness/advise"
	"gossiprpc/harness/bench"
	"gossiprpc/harness/figures"
	"gossiprpc/harness/interop"
	"gossiprpc/harness/mutants"
	"gossiprpc/harness/pictures"
	"gossiprpc/harness/scale"
	"gossiprpc/harness/tasks"
)

// Demo finds one dead node, then two, then sees one come back
func Demo(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Demo(ctx, os.Stdout, os.Environ()))
}

// Settings lists what the targets take from the environment
func Settings() error { return tasks.Settings(os.Stdout) }

// Test does everything that CI does: build, tidy, vet, lint, tests, chaos, scenarios, soak
func Test(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Test(ctx, os.Stdout, os.Environ()))
}

// Build builds everything for Linux, macOS and Windows
func Build(ctx context.Context) error { return tasks.Ended(ctx, tasks.Build(ctx, os.Stdout)) }

// Lint runs golangci-lint, which is built first where it is missing
func Lint(ctx context.Context) error { return tasks.Ended(ctx, tasks.Lint(ctx, os.Stdout)) }

// Scenario holds the test cases and users' own scripts.
type Scenario mg.Namespace

// Single kills one node: scenario:single PROTOCOL NODES
func (Scenario) Single(ctx context.Context, protocol, nodes string) error {
	return tasks.Ended(ctx, tasks.Scenario(ctx, os.Stdout, os.Environ(), "single", protocol, nodes))
}

// Simultaneous kills two nodes at once: scenario:simultaneous PROTOCOL NODES
func (Scenario) Simultaneous(ctx context.Context, protocol, nodes string) error {
	return tasks.Ended(ctx, tasks.Scenario(ctx, os.Stdout, os.Environ(), "simultaneous", protocol, nodes))
}

// Revive kills a node and starts it again: scenario:revive PROTOCOL NODES
func (Scenario) Revive(ctx context.Context, protocol, nodes string) error {
	return tasks.Ended(ctx, tasks.Scenario(ctx, os.Stdout, os.Environ(), "revive", protocol, nodes))
}

// All runs the three cases for each protocol
func (Scenario) All(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.All(ctx, os.Stdout, os.Environ()))
}

// Extra runs the other scripts, on one protocol
func (Scenario) Extra(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Extra(ctx, os.Stdout, os.Environ()))
}

// Run runs a script of your own: scenario:run FILE
func (Scenario) Run(ctx context.Context, file string) error {
	return tasks.Ended(ctx, tasks.File(ctx, os.Stdout, os.Environ(), file))
}

// Words explains the language of scenario scripts
func (Scenario) Words() error { return tasks.Words(os.Stdout) }

// Chaos holds what looks for runs that break an invariant.
type Chaos mg.Namespace

// Default draws faults from seeds and looks for a run that breaks an invariant
func (Chaos) Default(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Chaos(ctx, os.Stdout, os.Environ()))
}

// Replay plays a plan that chaos has kept again: chaos:replay FILE
func (Chaos) Replay(file string) error { return tasks.ChaosReplay(os.Stdout, file) }

// Soak does random faults to real processes, and lies to them, for as long as told: soak 20m
func Soak(ctx context.Context, duration string) error {
	return tasks.Ended(ctx, tasks.Soak(ctx, os.Stdout, os.Environ(), duration))
}

// Mutants holds what breaks rules on purpose.
type Mutants mg.Namespace

// Default breaks each rule of the list and tells which breaks nobody notices
func (Mutants) Default(ctx context.Context) error {
	return tasks.Ended(ctx, mutants.Task(ctx, os.Stdout, os.Environ()))
}

// Random has a room's tests look for small changes drawn from a seed: mutants:random ROOM N SEED
func (Mutants) Random(ctx context.Context, room, n, seed string) error {
	return tasks.Ended(ctx, mutants.RandomTask(ctx, os.Stdout, os.Environ(), room, n, seed))
}

// Image builds the container image, from bases made on this machine where they cannot be pulled
func Image(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Image(ctx, os.Stdout, os.Environ()))
}

// Docker holds what concerns containers.
type Docker mg.Namespace

// Clean removes all containers and networks that the harness has made and left
func (Docker) Clean(ctx context.Context) error { return tasks.Ended(ctx, tasks.Clean(ctx, os.Stdout)) }

// Scenarios runs in containers what CI does: the cases of all protocols, and all other scripts
func (Docker) Scenarios(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.Containers(ctx, os.Stdout, os.Environ()))
}

// Swarm holds clusters on Docker Swarm.
type Swarm mg.Namespace

// Up deploys a stack and leaves it up: swarm:up NODES
func (Swarm) Up(ctx context.Context, nodes string) error {
	return tasks.Ended(ctx, tasks.SwarmUp(ctx, os.Stdout, os.Environ(), nodes))
}

// Scenario runs a script on a stack of its own: swarm:scenario SCRIPT PROTOCOL NODES
func (Swarm) Scenario(ctx context.Context, script, protocol, nodes string) error {
	return tasks.Ended(ctx, tasks.SwarmScenario(ctx, os.Stdout, os.Environ(), script, protocol, nodes))
}

// Down removes the stack that swarm:up has deployed, its results too
func (Swarm) Down(ctx context.Context) error {
	return tasks.Ended(ctx, tasks.SwarmDown(ctx, os.Stdout))
}

// Supply holds what tells what the programs are made of.
type Supply mg.Namespace

// Licences lists all modules with their licences, and fails if one is not allowed
func (Supply) Licences(ctx context.Context) error { return tasks.Licences(ctx, os.Stdout) }

// Bill writes a bill of materials of the programs, CycloneDX: supply:bill FILE
func (Supply) Bill(ctx context.Context, file string) error { return tasks.Bill(ctx, os.Stdout, file) }

// Reproducible builds the programs twice and compares their bytes
func (Supply) Reproducible(ctx context.Context) error { return tasks.Reproducible(ctx, os.Stdout) }

// Vulnerabilities runs govulncheck; exit code 2: its data cannot be had
func (Supply) Vulnerabilities(ctx context.Context) error {
	return tasks.Vulnerabilities(ctx, os.Stdout)
}

// Figures holds what measures and draws.
type Figures mg.Namespace

// Aliases: mage finds a namespace's Default only under its full name.
var Aliases = map[string]any{
	"figures": Figures.Default, "chaos": Chaos.Default, "mutants": Mutants.Default,
	"lab": Lab.Default,
}

// Default measures all protocols in virtual time and draws CSV, PNG and SVG
func (Figures) Default(ctx context.Context) error {
	return tasks.Ended(ctx, figures.Task(ctx, os.Stdout, os.Environ()))
}

// Real runs the cases with real processes too and says how far the simulation is off
func (Figures) Real(ctx context.Context) error {
	return tasks.Ended(ctx, figures.RealTask(ctx, os.Stdout, os.Environ()))
}

// Large measures detection once in very large clusters: about an hour
func (Figures) Large(ctx context.Context) error {
	return tasks.Ended(ctx, figures.LargeTask(ctx, os.Stdout, os.Environ()))
}

// Advise says the smallest safe T_fail: advise PROTOCOL NODES LOSS
func Advise(ctx context.Context, protocol, nodes, loss string) error {
	return tasks.Ended(ctx, advise.Task(ctx, os.Stdout, os.Environ(), protocol, nodes, loss))
}

// Bench compares wire, nodes and monitor with Python's, kolo's and net/http's, in one run: three minutes
func Bench(ctx context.Context) error {
	return tasks.Ended(ctx, bench.Task(ctx, os.Stdout, os.Environ()))
}

// Scale runs a large cluster on this machine, kills nodes, and measures: scale PROTOCOL NODES; several sizes (8,32,128) are drawn too
func Scale(ctx context.Context, protocol, nodes string) error {
	return tasks.Ended(ctx, scale.Task(ctx, os.Stdout, os.Environ(), protocol, nodes))
}

// Against finds one death by the lan profile and by hashicorp/memberlist, in one run: against NODES
func Against(ctx context.Context, nodes string) error {
	return tasks.Ended(ctx, scale.Against(ctx, os.Stdout, os.Environ(), nodes))
}

// Interop holds what concerns clusters with Python in them.
type Interop mg.Namespace

// Mixed runs clusters of Go and Python: interop:mixed local, or the name of an image of the original
func (Interop) Mixed(ctx context.Context, peers string) error {
	return tasks.Ended(ctx, interop.Mixed(ctx, os.Stdout, os.Environ(), peers))
}

// replayed is the run that the words after it are about: mage runs the targets of
// one command line in order, so that at and why follow replay.
var replayed string

// Replay plays a run's records again and requires the same effects: replay RUN (its folder, or one record)
func Replay(ctx context.Context, run string) error {
	replayed = run
	return tasks.Ended(ctx, tasks.Replay(ctx, os.Stdout, run))
}

// At prints what a process knew at a time, after replay: replay RUN at 21.4s node3
func At(when, name string) error { return tasks.ReplayAt(os.Stdout, replayed, when, name) }

// Why prints how a node came to be declared failed, after replay: replay RUN why node6
func Why(name string) error { return tasks.ReplayWhy(os.Stdout, replayed, name) }

// Lab holds what shows clusters in a browser, and certificates for them.
type Lab mg.Namespace

// Default starts a cluster on this machine and shows it in a browser, with controls
func (Lab) Default(ctx context.Context) error { return tasks.Lab(ctx, os.Stdout, os.Environ()) }

// Ca makes a throw-away authority and certificates: lab:ca DIR "NAME NAME..."
func (Lab) Ca(dir, names string) error { return tasks.LabCA(os.Stdout, dir, names) }

// Open shows a run in a browser: lab:open RUN
func (Lab) Open(ctx context.Context, run string) error { return tasks.LabOpen(ctx, os.Stdout, run) }

// Compare shows two runs on one axis of time: lab:compare RUN RUN
func (Lab) Compare(ctx context.Context, run, other string) error {
	return tasks.LabOpen(ctx, os.Stdout, run, other)
}

// Export makes one file of a run that shows it without a server: lab:export RUN
func (Lab) Export(ctx context.Context, run string) error {
	return tasks.LabExport(ctx, os.Stdout, run)
}

// Pictures makes the pictures of README in docs/pictures: needs Chromium
func (Lab) Pictures(ctx context.Context) error {
	return tasks.Ended(ctx, pictures.Task(ctx, os.Stdout, "docs/pictures"))
}

// Site writes a lab that any web host serves, simulated in the visitor's browser: lab:site DIR
func (Lab) Site(ctx context.Context, dir string) error { return tasks.LabSite(ctx, os.Stdout, dir) }
