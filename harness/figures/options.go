package figures

import (
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
)

// Options say what the figures are made of. Start from [DefaultOptions].
type Options struct {
	Folder    string  // where they go
	Seed      uint64  // of the first run of each point; the others follow
	Runs      int     // of each point, fewer where clusters are large
	Loss      float64 // between nodes, on the frontier
	Timing    protocol.Timing
	CaseNodes []int   // of the report's figures
	Sizes     []int   // of detection time against n
	Speed     float64 // of the report's figures: intervals are divided by it
	small     bool    // for tests: the grid and the frontier at few nodes, for a short time
}

// DefaultOptions are the original's intervals and sizes, and the ten runs that
// its report speaks of.
func DefaultOptions() Options {
	return Options{
		Folder: "figures", Seed: 1, Runs: 10, Loss: 0.05, Timing: protocol.DefaultTiming(), Speed: 1,
		CaseNodes: []int{8, 16, 32}, Sizes: []int{4, 8, 16, 32, 64, 128, 256, 512},
	}
}

// read makes options of what the user has set.
func read(v settings.Values) Options {
	o := DefaultOptions()
	o.Folder, o.Seed, o.Runs, o.Loss, o.Sizes, o.Speed = v.Figures, v.Seed, v.Repeat, v.Loss, v.Sizes, v.Speed
	return o
}
