package soak

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestJudge goes through what a monitor may hold of node1, second by second.
func TestJudge(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	dead, alive := []string{"node1", "127.0.0.2:7"}, []string{"127.0.0.2:7"}
	for name, c := range map[string]struct {
		do              func(j *judge)
		wrongs, doubts  string
		excused         map[Excuse]int
		verdicts, holds int
	}{
		"found dead while down, alive in time": {do: func(j *judge) {
			j.down("node1")
			j.see(at(1), alive)
			j.see(at(2), dead)
			j.up(at(2), at(9), "node1")
			j.see(at(3), dead)
			j.see(at(4), alive)
		}, verdicts: 1},
		"a verdict of its time of death comes when it runs again": {do: func(j *judge) {
			j.down("node1")
			j.up(at(2), at(9), "node1")
			j.see(at(3), dead)
			j.see(at(4), alive)
		}, verdicts: 1, excused: map[Excuse]int{WasDown: 1}},
		"such a verdict comes within T_fail, and is taken back within the bound": {do: func(j *judge) {
			j.down("node1")
			j.up(at(2), at(9), "node1")
			j.see(at(3), alive)
			j.see(time.Unix(3, 9e8), dead)
			j.see(at(8), dead)
			j.see(at(9), alive)
		}, verdicts: 1, excused: map[Excuse]int{WasDown: 1}},
		"later than T_fail nothing excuses": {do: func(j *judge) {
			j.down("node1")
			j.up(at(2), at(9), "node1")
			j.see(at(3), alive)
			j.see(at(4), dead)
			j.see(at(9), dead)
		}, verdicts: 1, wrongs: "node1 runs and was declared failed"},
		"once it is taken back nothing excuses": {do: func(j *judge) {
			j.down("node1")
			j.see(at(1), dead)
			j.up(at(2), at(9), "node1")
			j.see(at(2), alive)
			j.see(at(3), dead)
		}, verdicts: 2, wrongs: "node1 runs and was declared failed"},
		"a restart at once is no excuse": {do: func(j *judge) {
			j.down("node1")
			j.up(at(2), time.Time{}, "node1")
			j.see(at(3), dead)
		}, verdicts: 1, wrongs: "node1 runs and was declared failed"},
		"held dead for too long": {do: func(j *judge) {
			j.down("node1")
			j.see(at(1), dead)
			j.up(at(2), at(4), "node1")
			j.see(at(3), dead)
			j.see(at(4), dead)
			j.see(at(5), dead)
		}, verdicts: 1, wrongs: "node1 runs again and is still held dead after its bound"},
		"a machine that stood still": {
			do: func(j *judge) {
				j.lag(at(9))
				j.see(at(3), dead)
				j.see(at(4), alive)
				j.see(at(9), dead)
			}, verdicts: 2, excused: map[Excuse]int{WasLate: 1}, wrongs: "node1 runs and was declared failed",
			doubts: "node1 runs and was declared failed just as the machine stood still",
		},
	} {
		j := newJudge([]string{"node1", "node2"}, 2*time.Second)
		c.do(j)
		if c.excused == nil {
			c.excused = map[Excuse]int{}
		}
		if strings.Join(j.wrongs, "; ") != c.wrongs || strings.Join(j.doubts, "; ") != c.doubts ||
			j.verdicts != c.verdicts ||
			!cmp.Equal(j.excused, c.excused) {
			t.Errorf("%s: wrongs %q, doubts %q, excused %v, %d verdicts", name, j.wrongs, j.doubts, j.excused,
				j.verdicts)
		}
	}
}

func TestAll(t *testing.T) {
	j := newJudge([]string{"node1", "node2"}, 2*time.Second)
	j.see(time.Unix(1, 0), []string{"node1"})
	both := []string{"node1", "node2"}
	if !j.all(both[:1], true) || !j.all([]string{"node2", "monitor"}, false) || j.all(both, true) {
		t.Error("node1 alone is held dead")
	}
}
