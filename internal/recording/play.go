package recording

import (
	"fmt"
	"iter"

	"gossiprpc/internal/machine"
)

// Step is a recorded event and what a machine makes of it now.
type Step struct {
	Record
	Now []machine.Effect
}

// Difference is the first event at which a machine does not do what the recorded
// one did. It is an error.
type Difference struct{ Step }

func (d *Difference) Error() string {
	return fmt.Sprintf("event %d at %v has other effects than when it was recorded", d.Number, d.Uptime)
}

// Play feeds a recording's events to m, which must not have taken any yet, and
// gives each step. The last pair has an error where the recording is damaged, or
// a *[Difference].
func Play(r *Reader, m machine.Machine) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		var hash effectHash
		for rec, err := range r.All() {
			if err != nil {
				yield(Step{}, err)
				return
			}
			s := Step{Record: rec, Now: m.Step(rec.Time, rec.Event)}
			err = hash.add(s.Now)
			if err == nil && hash.sum != rec.Effects {
				err = &Difference{s}
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}
