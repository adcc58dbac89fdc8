package interop

import (
	"context"
	"io"

	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/settings"
)

// mixedNodes is how many nodes a mix has: its scenario names its victims.
const mixedNodes = 8

// Mixed is the work of `mage interop:mixed PEERS`. The peers are an image that
// answers the original's commands, or "local": processes on loopback, with the
// Python programs of this repository.
func Mixed(ctx context.Context, out io.Writer, environ []string, peers string) error {
	v, err := settings.Read("interop:mixed", environ)
	if err != nil {
		return err
	}
	if v.Nodes != mixedNodes {
		return settings.Wrongf("NODES=%d: interop:mixed wants %d, its scenario names its victims", v.Nodes, mixedNodes)
	}
	o := DefaultOptions()
	o.Watch, o.Progress = true, scenario.NewPrinter(out)
	o.Speed, o.Freshness, o.Runs = v.Speed, v.Freshness, v.Runs
	if peers != "local" {
		if v.Speed != 1 {
			return settings.Wrongf("SPEED=%g: the original's intervals cannot be set, want 1", v.Speed)
		}
		o.Start = func(m Mix) harness.Backend { return Docker{Mix: m, Image: peers, Prefix: v.Prefix} }
	}
	return All(ctx, out, o)
}
