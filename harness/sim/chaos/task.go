package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gossiprpc/harness/terminal"
)

// ErrFound is wrapped by Run's error when some seed's run has failed.
var ErrFound = errors.New("an invariant does not hold")

// shrinkBudget bounds the runs that one finding is shrunk with.
const shrinkBudget = 400

// Run plays seeds, tells out how it goes, shrinks what fails and keeps it in
// folder. Its error wraps ErrFound if anything failed.
func Run(ctx context.Context, out io.Writer, first, last uint64, folder string) error {
	began, screen := time.Now(), terminal.On(out)
	out = screen
	var findings []Finding
	played, tally, err := Hunt(ctx, first, last, func(f Finding) {
		findings = append(findings, f)
		fmt.Fprint(screen, screen.Fill(fmt.Sprintf("seed %d: %v\n", f.Seed, f.Failure), 4))
	}, func(n uint64) {
		left := time.Duration(float64(time.Since(began)) / float64(n) * float64(last-first+1-n))
		screen.NowAndThen(fmt.Sprintf("%d of %d runs, %d failed, about %v to go", n, last-first+1, len(findings),
			left.Round(time.Second)))
	})
	if err != nil {
		return err
	}
	for _, f := range findings {
		if ctx.Err() != nil {
			break
		}
		plan, failure := Shrink(f.Plan, f.Failure, shrinkBudget)
		paths, err := Save(ctx, folder, plan, failure)
		if err != nil {
			return err
		}
		fmt.Fprintf(
			out,
			"\nseed %d, %s with %d nodes, shrunk from %d faults to %d: %v\n",
			f.Seed,
			plan.Protocol,
			plan.Nodes,
			len(f.Plan.Faults),
			len(plan.Faults),
			failure,
		)
		for _, fault := range plan.Faults {
			fmt.Fprintf(out, "  %s\n", fault)
		}
		fmt.Fprintf(out, "  kept in %s; again with SEED=%d\n", strings.Join(paths, " and "), f.Seed)
	}
	tally.print(out)
	fmt.Fprintf(
		out,
		"%d runs, seeds %d to %d, %d failed, in %v\n",
		played,
		first,
		last,
		len(findings),
		time.Since(began).Round(time.Second),
	)
	switch {
	case len(findings) > 0:
		return fmt.Errorf("%w in %d of %d runs", ErrFound, len(findings), played)
	case played < last-first+1:
		return fmt.Errorf("stopped after %d of %d runs: %w", played, last-first+1, ctx.Err())
	}
	return nil
}

// Replay plays a plan that [Save] has kept, and tells out how it goes: the faults,
// and the invariant that does not hold, if any. The error is about the file.
func Replay(out io.Writer, path string) (*Failure, error) {
	p, err := Load(path)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "%s with %d nodes, seed %d\n", p.Protocol, p.Nodes, p.Seed)
	for _, f := range p.Faults {
		fmt.Fprintf(out, "  %s\n", f)
	}
	failure, tally, err := Play(p)
	switch {
	case err != nil:
		return nil, err
	case failure != nil:
		fmt.Fprintf(out, "%v\n", failure)
	default:
		tally.print(out)
		fmt.Fprintln(out, "every invariant holds")
	}
	return failure, nil
}

// print tells which faults there were, and which wrong verdicts were excused.
func (t Tally) print(out io.Writer) {
	var faults, excused []string
	for _, k := range Kinds() {
		faults = append(faults, fmt.Sprintf("%s %d", k, t.Faults[k]))
	}
	for why, n := range t.Excused {
		excused = append(excused, fmt.Sprintf("%d: %s", n, why))
	}
	slices.Sort(excused)
	screen := terminal.On(out)
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("faults: %s\n", strings.Join(faults, ", ")), 2))
	if len(excused) == 0 {
		excused = []string{"none"}
	}
	fmt.Fprint(screen, screen.Fill(fmt.Sprintf("wrong verdicts excused:\n  %s\n", strings.Join(excused, "\n  ")), 4))
}
