package figures

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gossiprpc/gossipnode/protocol"
)

// Settings are what the figures are made of. Start from [DefaultSettings].
type Settings struct {
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

// DefaultSettings are the original's intervals and sizes, and the ten runs that
// its report speaks of.
func DefaultSettings() Settings {
	return Settings{
		Folder: "figures", Seed: 1, Runs: 10, Loss: 0.05, Timing: protocol.DefaultTiming(), Speed: 1,
		CaseNodes: []int{8, 16, 32}, Sizes: []int{4, 8, 16, 32, 64, 128, 256, 512},
	}
}

// ErrSettings is wrapped by the error about a setting that cannot be.
var ErrSettings = errors.New("wrong setting")

// Read takes FIGURES (folder), SEED, REPEAT (runs of each point), LOSS, SIZES
// (as 8,64,512) and SPEED from the environment.
func Read(getenv func(string) string) (Settings, error) {
	s := DefaultSettings()
	var err error
	read := func(name, want string, set func(string) bool) {
		if v := getenv(name); v != "" && err == nil && !set(v) {
			err = fmt.Errorf("%w: %s=%s, want %s", ErrSettings, name, v, want)
		}
	}
	read("FIGURES", "a folder", func(v string) bool { s.Folder = v; return true })
	read("SEED", "a whole number", func(v string) (ok bool) { s.Seed, ok = parse[uint64](v); return ok })
	read("REPEAT", "a number of runs, 1 to 1000", func(v string) (ok bool) {
		s.Runs, ok = parse[int](v)
		return ok && s.Runs >= 1 && s.Runs <= 1000
	})
	read("LOSS", "a share from 0 to 0.9", func(v string) (ok bool) {
		s.Loss, ok = parse[float64](v)
		return ok && s.Loss >= 0 && s.Loss <= 0.9
	})
	read("SPEED", "a number from 0.01 to 100", func(v string) (ok bool) {
		s.Speed, ok = parse[float64](v)
		return ok && s.Speed >= 0.01 && s.Speed <= 100
	})
	read("SIZES", "numbers of nodes, 4 to 10000, as 8,64,512", func(v string) (ok bool) { s.Sizes, ok = parseSizes(v); return ok })
	return s, err
}

func parseSizes(text string) ([]int, bool) {
	var sizes []int
	for part := range strings.SplitSeq(text, ",") {
		n, ok := parse[int](part)
		if !ok || n < 4 || n > 10_000 {
			return nil, false
		}
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes), true
}

func parse[T int | uint64 | float64](text string) (T, bool) {
	var v T
	var err error
	switch p := any(&v).(type) {
	case *int:
		*p, err = strconv.Atoi(strings.TrimSpace(text))
	case *uint64:
		*p, err = strconv.ParseUint(text, 10, 63)
	case *float64:
		*p, err = strconv.ParseFloat(text, 64)
	}
	return v, err == nil && v == v
}
