package interop

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// Options say how to run mixes.
type Options struct {
	Nodes int
	Speed float64 // divides all intervals
	// Freshness decides from which instant relayed news counts at the Go nodes.
	Freshness protocol.Freshness
	Runs      string // folder that each run's own is made in
	Progress  scenario.Progress
	Watch     bool // under a Python monitor look at cases 2 and 3 too, which need not end
	// Start makes the backend of a mix; nil: processes on loopback.
	Start func(Mix) harness.Backend
}

// DefaultOptions are 8 nodes at five times the original's pace.
func DefaultOptions() Options {
	return Options{Nodes: 8, Speed: 5, Runs: "runs", Progress: scenario.Silent{}}
}

// Case is one test case as it was seen.
type Case struct {
	Name    string
	Verdict harness.Verdict
	Took    time.Duration // from the kill or the restart
	Note    string
	Seen    bool // only watched: how the original ends a case says nothing about truth
}

// Report is one run of a mix.
type Report struct {
	Mix      Mix
	Protocol string
	Required bool            // to pass: see [Mix.Required]; else the verdict is what was seen
	Verdict  harness.Verdict // of the whole
	Reasons  []string
	Cases    []Case
	Folder   string
}

// Run runs a mix: the scenario mixed.txt with a Go monitor, and with a Python one
// the parts of it that such a monitor can do. What the run came to is in the report;
// an error says that it could not be run.
func Run(ctx context.Context, o Options, m Mix, spec protocol.Spec) (Report, error) {
	backend := harness.Backend(Backend{Mix: m})
	if o.Start != nil {
		backend = o.Start(m)
	}
	report := Report{Mix: m, Protocol: spec.Name, Required: m.Required(o.Nodes)}
	if m.Python(harness.Monitor) {
		return watch(ctx, o, backend, spec, report)
	}
	return script(ctx, o, backend, spec, report)
}

func script(ctx context.Context, o Options, b harness.Backend, spec protocol.Spec, report Report) (Report, error) {
	text, err := scenarios.ReadFile("scenarios/mixed.txt")
	if err != nil {
		return report, err
	}
	options := scenario.DefaultOptions()
	options.Backend, options.Protocol, options.Nodes = b, spec.Name, o.Nodes
	options.Freshness = o.Freshness
	options.Speed, options.Runs, options.Progress = o.Speed, o.Runs, o.Progress
	out, err := scenario.Run(ctx, options, report.Mix.Name+".txt", text)
	if err != nil {
		return report, err
	}
	report.Verdict, report.Reasons, report.Folder = out.Verdict, out.Reasons, out.Folder
	for _, c := range out.Cases {
		note := "victims " + strings.Join(c.Victims, " ")
		if c.FalseFailures > 0 {
			note += fmt.Sprintf(", %d false failures", c.FalseFailures)
		}
		if len(c.Disputed) > 0 {
			note += ", disputed: " + strings.Join(c.Disputed, " ")
		}
		report.Cases = append(report.Cases, Case{Name: c.Act, Verdict: harness.Pass, Took: c.Measured, Note: note})
	}
	if len(out.Cases) < 4 && len(report.Cases) > 0 && out.Verdict != harness.Pass {
		report.Cases[len(report.Cases)-1].Verdict = out.Verdict
	}
	return report, nil
}
