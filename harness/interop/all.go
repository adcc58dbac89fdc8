package interop

import (
	"context"
	"fmt"
	"io"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

// All runs every mix for every protocol, prints what was seen, and fails unless
// all that is required has passed. When ctx ends it prints what was seen by then.
func All(ctx context.Context, out io.Writer, o Options) error {
	reports, err := all(ctx, out, o)
	if len(reports) > 0 {
		fmt.Fprintln(out)
		PrintTable(out, reports)
	}
	if err != nil {
		return err
	}
	bad := 0
	for _, r := range reports {
		if r.Required && r.Verdict != harness.Pass {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of the runs that must pass did not", bad)
	}
	return nil
}

func all(ctx context.Context, out io.Writer, o Options) (reports []Report, err error) {
	for _, mix := range Mixes() {
		for _, spec := range protocol.All() {
			if ctx.Err() != nil {
				return reports, ctx.Err()
			}
			fmt.Fprintf(out, "\n%s: %s, %s, %d nodes, SPEED=%g\n", mix.Name, mix.Title, spec.Name, o.Nodes, o.Speed)
			r, err := Run(ctx, o, mix, spec)
			if err != nil {
				return reports, fmt.Errorf("mix %s, %s: %w", mix.Name, spec.Name, err)
			}
			fmt.Fprintf(out, "%s %q; logs in %s\n", r.Verdict, r.Reasons, r.Folder)
			reports = append(reports, r)
		}
	}
	return reports, nil
}
