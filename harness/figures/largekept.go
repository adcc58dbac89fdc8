package figures

import (
	_ "embed" // for large.csv
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"gossiprpc/gossipnode/protocol"
)

// largeCSV holds runs of Large that were made once, for clusters that take longer
// than the figures may.
//
//go:embed large.csv
var largeCSV string

// largeRun is a line of it.
type largeRun struct {
	protocol  string
	freshness protocol.Freshness
	nodes     int
	verdict   float64 // seconds
}

func largeRuns(text string) ([]largeRun, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("large.csv: %w", err)
	}
	var all []largeRun
	for _, fields := range lines[1:] {
		rule, err := protocol.ParseFreshness(fields[1])
		if err != nil {
			return nil, fmt.Errorf("large.csv: %w", err)
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("large.csv: %w", err)
		}
		verdict, err := strconv.ParseFloat(fields[10], 64)
		if err != nil {
			continue // not found within the limit
		}
		all = append(all, largeRun{fields[0], rule, n, verdict})
	}
	return all, nil
}
