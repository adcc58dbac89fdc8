package harness

import "errors"

// Verdict is what a run of a cluster came to. Only Pass is good: a run that could
// not tell, or was asked nothing, has not passed.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
	Ran     Verdict = "ran" // to its end, with nothing amiss; but nothing was expected of it
)

// ErrUnsupported is wrapped by what a backend cannot do at all, such as
// dropping packets between local processes. Scripts guard it by a condition.
var ErrUnsupported = errors.New("not possible on this backend")

// ErrEnded is wrapped by a [Cluster]'s error about a process that has ended
// without the harness having ended it. A scenario in which that happens fails.
var ErrEnded = errors.New("ended by itself")

// unmet is something that should have happened and did not.
type unmet struct{ error }

// Unmet marks an error as the system's doing, not the harness's: a run that it
// ends has failed; with any other error the run could not tell.
func Unmet(err error) error { return unmet{err} }

func (u unmet) Unwrap() error { return u.error }

// Blames tells whether an error that ended a run is the system's doing: one that
// [Unmet] marked, or [ErrEnded].
func Blames(err error) bool {
	return errors.As(err, new(unmet)) || errors.Is(err, ErrEnded)
}
