package interop

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
)

// Mixed is the work of `mage interop:mixed IMAGE`. The image "local" stands for
// processes on loopback, with the peers of this repository. SPEED (local: 5,
// docker: 1), NODES (8), FRESHNESS (arrival) and RUNS (runs) come from getenv.
func Mixed(ctx context.Context, out io.Writer, getenv func(string) string, image string) error {
	o := DefaultOptions()
	o.Watch, o.Progress = true, scenario.NewPrinter(out)
	if image != "local" {
		o.Speed, o.Start = 1, func(m Mix) harness.Backend { return Docker{Mix: m, Image: image} }
	}
	if v := getenv("RUNS"); v != "" {
		o.Runs = v
	}
	if v := getenv("FRESHNESS"); v != "" {
		var err error
		if o.Freshness, err = protocol.ParseFreshness(v); err != nil {
			return fmt.Errorf("FRESHNESS=%s is unknown, want arrival or emission", v)
		}
	}
	if v := getenv("SPEED"); v != "" {
		speed, err := strconv.ParseFloat(v, 64)
		if err != nil || speed < 0.01 || speed > 10 {
			return fmt.Errorf("SPEED=%s, want a number from 0.01 to 10", v)
		}
		if image != "local" && speed != 1 {
			return fmt.Errorf("SPEED=%s, want 1: the original's intervals cannot be set", v)
		}
		o.Speed = speed
	}
	if v := getenv("NODES"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n != 8 {
			return fmt.Errorf("NODES=%s, want 8: the scenario names its victims", v)
		}
	}
	return All(ctx, out, o)
}
