package scenario

import (
	"context"
	"errors"
	"fmt"

	"gossiprpc/harness"
)

func unmetf(format string, args ...any) error { return harness.Unmet(fmt.Errorf(format, args...)) }

// judge returns the verdict on a run that err has ended (nil: it reached the end
// of its script), with the wrongs and doubts noticed on the way.
func judge(err error, wrongs, doubts []string, expectations int) (harness.Verdict, []string) {
	reasons := append([]string{}, wrongs...)
	verdict := harness.Pass
	if len(wrongs) > 0 {
		verdict = harness.Fail
	}
	if err != nil {
		reasons = append(reasons, err.Error())
		if harness.Blames(err) {
			verdict = harness.Fail
		}
		if errors.Is(err, context.Canceled) {
			doubts = append(doubts, "it was stopped before its end")
		}
	}
	reasons = append(reasons, doubts...)
	switch {
	case verdict != harness.Pass:
		return verdict, reasons
	case len(reasons) > 0:
		return harness.Unknown, reasons
	case expectations == 0:
		return harness.Ran, []string{"the script expects nothing"}
	}
	return harness.Pass, reasons
}
