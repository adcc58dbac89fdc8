package interop

import (
	"context"
	"fmt"
	"io"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

// All runs every mix for every protocol, prints what was seen, and fails unless
// all that is required has passed.
func All(ctx context.Context, out io.Writer, o Options) error {
	var reports []Report
	bad := 0
	for _, mix := range Mixes() {
		for _, spec := range protocol.All() {
			fmt.Fprintf(out, "\n%s: %s, %s, %d nodes, SPEED=%g\n", mix.Name, mix.Title, spec.Name, o.Nodes, o.Speed)
			r, err := Run(ctx, o, mix, spec)
			if err != nil {
				return fmt.Errorf("mix %s, %s: %w", mix.Name, spec.Name, err)
			}
			fmt.Fprintf(out, "%s %q; logs in %s\n", r.Verdict, r.Reasons, r.Folder)
			if r.Required && r.Verdict != harness.Pass {
				bad++
			}
			reports = append(reports, r)
		}
	}
	fmt.Fprintln(out)
	PrintTable(out, reports)
	if bad > 0 {
		return fmt.Errorf("%d of the runs that must pass did not", bad)
	}
	return nil
}
