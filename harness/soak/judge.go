package soak

import (
	"maps"
	"slices"
	"time"
)

// judge holds the monitor's verdicts against who really runs. It has no clock: all
// instants are its callers'.
type judge struct {
	fail    time.Duration // T_fail
	nodes   map[string]*subject
	late    time.Time // until when the machine's having stood still excuses
	excused map[Excuse]int

	verdicts int      // of failure, all that were seen
	wrongs   []string // each makes the soak fail
	doubts   []string // each keeps it from passing
}

// subject is what is known of a node.
type subject struct {
	up    bool
	dead  bool      // as last seen
	until time.Time // up to when it may be held dead though it runs; zero once that was taken back
	grace time.Time // up to when it may be declared failed for the time in which it did not run
}

func newJudge(nodes []string, fail time.Duration) *judge {
	j := &judge{fail: fail, nodes: map[string]*subject{}, excused: map[Excuse]int{}}
	for _, name := range nodes {
		j.nodes[name] = &subject{up: true}
	}
	return j
}

// down notes that nodes are about to end or to stand still.
func (j *judge) down(names ...string) {
	for _, name := range names {
		if s := j.nodes[name]; s != nil {
			s.up = false
		}
	}
}

// up notes that nodes run again. Until an instant they may be held dead: if they are not
// yet, a verdict may come within T_fail, for they were silent.
func (j *judge) up(now, until time.Time, names ...string) {
	for _, name := range names {
		if s := j.nodes[name]; s != nil {
			s.up, s.until, s.grace = true, until, until
			if grace := now.Add(j.fail); grace.Before(until) {
				s.grace = grace
			}
		}
	}
}

// lag notes that the machine stood still, which excuses until an instant.
func (j *judge) lag(until time.Time) { j.late = until }

// see takes what the monitor holds at an instant. Names of others than the cluster's
// nodes do not matter.
func (j *judge) see(now time.Time, dead []string) {
	for _, name := range slices.Sorted(maps.Keys(j.nodes)) {
		s := j.nodes[name]
		held := slices.Contains(dead, name)
		fell, rose := held && !s.dead, !held && s.dead
		s.dead = held
		if fell {
			j.verdicts++
		}
		switch {
		case !s.up:
		case rose:
			s.until, s.grace = time.Time{}, time.Time{}
		case !held, !fell && now.Before(s.until):
		case fell && now.Before(s.grace):
			j.excused[WasDown]++
		case now.Before(j.late):
			if fell {
				j.excused[WasLate]++
				j.doubts = append(j.doubts, name+" runs and was declared failed just as the machine stood still")
			}
		case fell:
			s.until = time.Time{}
			j.wrongs = append(j.wrongs, name+" runs and was declared failed")
		case !s.until.IsZero():
			s.until = time.Time{} // once
			j.wrongs = append(j.wrongs, name+" runs again and is still held dead after its bound")
		}
	}
}

// all tells whether the monitor, as last seen, holds exactly these dead (or alive).
func (j *judge) all(names []string, dead bool) bool {
	for _, name := range names {
		if s := j.nodes[name]; s != nil && s.dead != dead {
			return false
		}
	}
	return true
}
