// Package property is imported by tests for its effect: a property that fails leaves
// no file below testdata, where other tests would take it for one of theirs. The
// failure itself says how to repeat it: -rapid.seed. -rapid.nofailfile=false keeps the
// files all the same.
package property

import (
	"flag"

	_ "pgregory.net/rapid" // registers its flags
)

func init() {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
}
