package harness

import (
	"context"
	"errors"
	"fmt"
)

// Verdict is what a scenario run came to. Only Pass is good: a run that could
// not tell has not passed.
type Verdict string

// The three verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// ErrEnded is wrapped by a [Cluster]'s error about a process that has ended
// without the harness having ended it. A scenario in which that happens fails.
var ErrEnded = errors.New("ended by itself")

// unmet is something that should have happened and did not.
type unmet struct{ error }

// Unmet marks an error as the system's doing, not the harness's: a run that it
// ends has failed, where it would else be unknown. Backends use it too.
func Unmet(err error) error { return unmet{err} }

func unmetf(format string, args ...any) error { return Unmet(fmt.Errorf(format, args...)) }

func (u unmet) Unwrap() error { return u.error }

// judge gives the verdict of a run that err has ended (nil: it reached the end
// of its script), with the wrongs and doubts noticed on the way.
func judge(err error, wrongs, doubts []string, expectations int) (Verdict, []string) {
	reasons := append([]string{}, wrongs...)
	verdict := Pass
	if len(wrongs) > 0 {
		verdict = Fail
	}
	if err != nil {
		reasons = append(reasons, err.Error())
		if errors.As(err, new(unmet)) || errors.Is(err, ErrEnded) {
			verdict = Fail
		}
		if errors.Is(err, context.Canceled) {
			doubts = append(doubts, "it was stopped before its end")
		}
	}
	reasons = append(reasons, doubts...)
	if verdict != Pass || len(reasons) == 0 && expectations > 0 {
		return verdict, reasons
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "the script expected nothing")
	}
	return Unknown, reasons
}
