// Package settings reads what users set for the mage targets: the variables of
// the environment, and the arguments that some targets take instead. A name
// means the same to every target, has the same range, and is refused in the same
// way, with exit code 2; so is a name that is almost one of them.
//
// An environment goes in, [Values] come out. The list of names is in table.go.
package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
)

// Values are all settings. A target uses those that concern it.
type Values struct {
	Protocol  protocol.Spec
	Nodes     int
	Speed     float64 // divides all intervals
	Backend   string  // docker, local, sim or swarm; "": the target picks one
	Freshness protocol.Freshness
	Begin     string // joined or settled; "": by the number of nodes
	Seed      uint64 // 0: drawn
	Runs      string // folder
	Page      bool   // shows a scenario while it runs

	FirstSeed, LastSeed uint64 // of chaos
	Mutants             *regexp.Regexp

	Figures string // folder
	Repeat  int
	Sizes   []int // numbers of nodes, ascending
	Cases   []int // 1 to 3, ascending

	Loss        float64 // share of the messages between nodes
	ServersLoss float64 // share of the messages to and from the monitor
	Timing      protocol.Timing
	Calm        time.Duration // in which nothing happens

	Image, Prefix      string // of containers; "": the backend's own
	BuildBase, RunBase string // images to build from; "": the Dockerfile's

	given map[string]bool
}

// Given tells whether the user has set a setting, to whatever value.
func (v Values) Given(name string) bool { return v.given[name] }

// WrongUse is an error that mage ends with exit code 2 for.
type WrongUse struct{ Err error }

func (w WrongUse) Error() string { return w.Err.Error() }

// Unwrap returns the cause.
func (w WrongUse) Unwrap() error { return w.Err }

// ExitStatus is what mage asks for.
func (WrongUse) ExitStatus() int { return 2 }

// Wrongf makes a [WrongUse].
func Wrongf(format string, args ...any) error { return WrongUse{fmt.Errorf(format, args...)} }

// Read reads the settings of a target from an environment ("NAME=value", as
// os.Environ returns them). Each argument is a setting in the same form; it
// comes before the environment's. A variable that is empty counts as not set.
func Read(target string, environ []string, arguments ...string) (Values, error) {
	set := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if known := meant(name); known != "" && value != "" {
			return Values{}, Wrongf("%s is no setting, is %s meant? (%s)", pair, known, where)
		}
		set[name] = value
	}
	for _, pair := range arguments {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = cmp.Or(value, `""`) // an argument is never left out
	}
	v := Values{given: map[string]bool{}}
	for _, s := range table {
		text := set[s.name]
		v.given[s.name] = text != ""
		if text = cmp.Or(text, s.defaultFor(target)); text == "" {
			continue
		}
		if !s.read(&v, text) {
			return Values{}, Wrongf("%s=%s: %s", s.name, text, s.objection(text))
		}
	}
	if err := v.Timing.Validate(); err != nil {
		return Values{}, Wrongf("HEARTBEAT, GOSSIP and FAIL do not go together: %w", err)
	}
	if v.Given("SEED") {
		if v.Given("SEEDS") {
			return Values{}, Wrongf("SEED=%s and SEEDS=%s: want one of them", set["SEED"], set["SEEDS"])
		}
		v.FirstSeed, v.LastSeed = v.Seed, v.Seed
	}
	return v, nil
}
