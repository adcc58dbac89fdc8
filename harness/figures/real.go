package figures

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// RealOptions are what is run with real processes.
type RealOptions struct {
	Options
	Backend   harness.Backend
	Protocols []string
	Cases     []int
	Begin     scenario.Begin
	Nodes     []int
	Repeat    int // real runs of each point
	Simulated int // simulated runs of each point
}

// gap is how far the simulation is from real runs, over all points.
type gap struct {
	Runs   int
	Inside int      // real runs within the simulated ones' range, give or take a second
	Signed Estimate // seconds that real runs took longer than the simulated mean
	Share  Estimate // the same as a share of the simulated mean
}

// slack is what the harness's own sampling and a machine's processes may add.
const slack = 0.2

// compare holds real runs against simulated ones of the same point.
func compare(real []caseRun, simulated []caseSummary) gap {
	var g gap
	var signed, share []float64
	for _, r := range real {
		for _, s := range simulated {
			at := r.point
			at.Backend = s.Backend
			if at != s.point || math.IsNaN(r.Measured) {
				continue
			}
			g.Runs++
			if r.Measured >= s.Low-slack && r.Measured <= s.High+slack {
				g.Inside++
			}
			signed = append(signed, r.Measured-s.Seconds.Mean)
			share = append(share, (r.Measured-s.Seconds.Mean)/s.Seconds.Mean)
		}
	}
	g.Signed, g.Share = estimate(signed), estimate(share)
	return g
}

// Real runs the cases on a backend and in virtual time, draws the one over the
// other, and prints the gap to out.
func Real(ctx context.Context, out io.Writer, s RealOptions) error {
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(s.Folder, "runs-")
	if err != nil {
		return err
	}
	var points []point
	for _, name := range s.Protocols {
		for _, c := range s.Cases {
			for _, n := range s.Nodes {
				points = append(points, point{"sim", name, protocol.Arrival, s.Begin, c, n, s.Speed})
			}
		}
	}
	band := make([]caseRun, len(points)*s.Simulated)
	var jobs []job
	for i, p := range points {
		for k := range s.Simulated {
			jobs = append(jobs, job{p.weight(), func(ctx context.Context) (err error) {
				band[i*s.Simulated+k], err = runCase(ctx, sim.Backend{}, p, s.Seed+uint64(k), scratch)
				return err
			}})
		}
	}
	if err := work(ctx, out, "simulated", jobs); err != nil {
		return err
	}
	// One after the other: clusters that share a machine would slow each other.
	e := newEstimator(out, s.Backend.Name(), make([]job, len(points)*s.Repeat))
	e.weight = float64(len(points) * s.Repeat)
	var real []caseRun
	for k := range s.Repeat {
		for _, p := range points {
			p.Backend = s.Backend.Name()
			r, err := runCase(ctx, s.Backend, p, s.Seed+uint64(k), scratch)
			if err != nil {
				return err
			}
			if !r.Passed {
				fmt.Fprintf(out, "case %d, %s, %d nodes has not passed: %s\n", p.Case, p.Protocol, p.Nodes, r.Why)
			}
			real = append(real, r)
			e.done(1)
		}
	}
	e.end()
	return s.report(out, real, summarise(band))
}

func (s RealOptions) report(out io.Writer, real []caseRun, simulated []caseSummary) error {
	summaries := slices.Concat(simulated, summarise(real))
	rows := make([][]string, len(summaries))
	for i, c := range summaries {
		rows[i] = c.row()
	}
	if err := writeTable(filepath.Join(s.Folder, "real.csv"), caseHead, rows); err != nil {
		return err
	}
	g := compare(real, simulated)
	text := fmt.Sprintf("real runs took %s s longer than the simulated mean (%.0f %% of it); "+
		"%d of %d lie in the simulated range, give or take %g s",
		signedText(g.Signed), 100*g.Share.Mean, g.Inside, g.Runs, slack)
	fmt.Fprintf(out, "%s on %s: %s\n", strings.Join(s.Protocols, ", "), s.Backend.Name(), text)
	sheet := sheet{
		name: "real", title: fmt.Sprintf("Real clusters (%s) over simulated bands", s.Backend.Name()),
		columns: len(s.Protocols),
		width:   2.5 * vg.Inch, height: 2.8 * vg.Inch,
		note: fmt.Sprintf("%s, SPEED=%g, %d simulated and %d real runs a point, seed %d; %s", begun(s.Begin), s.Speed, s.Simulated, s.Repeat,
			s.Seed, text),
	}
	for _, c := range s.Cases {
		for _, name := range s.Protocols {
			d := panel{title: fmt.Sprintf("%s, case %d", name, c), x: "nodes", y: "seconds to the result", logX: true}
			within := series{name: "simulated: range and mean", colour: blue, line: true, band: true}
			for _, q := range simulated {
				if q.Case == c && q.Protocol == name {
					within.points = append(within.points, dot{x: float64(q.Nodes), y: q.Seconds.Mean, low: q.Low, high: q.High})
					d.ticksX = append(d.ticksX, float64(q.Nodes))
				}
			}
			dots := series{name: "real", colour: orange, glyph: draw.CircleGlyph{}}
			for _, r := range real {
				if r.Case == c && r.Protocol == name {
					dots.points = append(dots.points, dot{x: float64(r.Nodes), y: r.Measured})
				}
			}
			d.series = []series{within, dots}
			sheet.panels = append(sheet.panels, d)
		}
	}
	for i := range sheet.panels {
		_, high := sheet.panels[i].span()
		for k := range sheet.panels {
			sheet.panels[k].maxY = max(sheet.panels[k].maxY, high)
		}
	}
	if err := sheet.save(s.Folder); err != nil {
		return err
	}
	fmt.Fprintf(out, "real.csv, real.png and real.svg in %s\n", s.Folder)
	return nil
}

func signedText(e Estimate) string {
	if math.IsNaN(e.Half) {
		return fmt.Sprintf("%+.2f", e.Mean)
	}
	return fmt.Sprintf("%+.2f ± %.2f", e.Mean, e.Half)
}
