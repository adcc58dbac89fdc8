package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

func whole(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return n, err == nil && n >= least && n <= most
}

func number(text string, least, most float64) (float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f >= least && f <= most
}

// several reads whole numbers between commas, and sorts them.
func several(text string, least, most int) ([]int, bool) {
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		n, ok := whole(part, least, most)
		if !ok {
			return nil, false
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), true
}

func seed(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return n, err == nil && n > 0
}

func seeds(text string) (first, last uint64, ok bool) {
	from, to, _ := strings.Cut(text, "-")
	first, okFirst := seed(from)
	last, okLast := seed(to)
	return first, last, okFirst && okLast && first <= last
}

// seedsReversed says that a range ends before it begins.
func seedsReversed(text string) string {
	from, to, _ := strings.Cut(text, "-")
	first, okFirst := seed(from)
	last, okLast := seed(to)
	if okFirst && okLast && first > last {
		return fmt.Sprintf("it begins at %d and ends before that, at %d", first, last)
	}
	return ""
}

func freshness(text string) (protocol.Freshness, bool) {
	f, err := protocol.ParseFreshness(text)
	return f, err == nil
}

func loss(text string) (float64, bool) {
	share, err := harness.ParseLoss(text)
	return share, err == nil && share <= harness.MostLoss
}

func length(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	return d, err == nil
}

func pattern(text string) (*regexp.Regexp, bool) {
	p, err := regexp.Compile(text)
	return p, err == nil
}
