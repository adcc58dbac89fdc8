package harness

import (
	"fmt"
	"strconv"
	"strings"
)

// MostLoss is the largest share of messages that simulations are asked to lose
// for good: with more, hardly anything is ever heard.
const MostLoss = 0.9

// ParseLoss reads how many messages are to be lost: a share from 0 to 1, which
// may be written in hundredths, so that 0.1 and 10% are the same.
func ParseLoss(text string) (share float64, err error) {
	number, percent := strings.CutSuffix(text, "%")
	share, err = strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= 1) {
		return 0, fmt.Errorf("%q is no share of messages, want 0 to 1, such as 0.1 or 10%%", text)
	}
	return share, nil
}
