package testcase_test

import (
	"testing"
	"time"

	"gossiprpc/monitor/consensus"
	"gossiprpc/monitor/internal/transcript"
	"gossiprpc/monitor/testcase"
)

// A case that waits out a long bound, because nobody has named its protocol, ends
// as soon as it learns of a bound that is over, though nothing else has changed.
func TestAProtocolThatComesLateEndsACase(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := consensus.New(10 * time.Second)
	bound := func(b time.Duration) func(int, int) time.Duration {
		return func(int, int) time.Duration { return b }
	}
	long := setup()
	long.Bound = bound(time.Hour)
	s.SetBound(long.Bound)
	run := testcase.Begin(start, testcase.Single, s, &testcase.Memory{}, long)
	// n3 dies and is found at 20 s; n4 is held dead though it beats.
	for _, step := range disputedSteps(t) {
		now := start.Add(step.At)
		s.Step(now, step.Input)
		if r, over := run.Check(now, s); over {
			t.Fatalf("ended after %v with %v within the bound", step.At, r.Victims)
		}
	}
	now := start.Add(40 * time.Second)
	s.Step(now, consensus.Tick{})
	if _, over := run.Check(now, s); over {
		t.Fatal("ended before the bound is known")
	}
	run.Identify("rr", bound(5*time.Second))
	r, over := run.Check(now, s)
	if !over || len(r.Victims) != 1 || r.Victims[0] != "n3:5000" || *r.Protocol != "rr" || len(r.Disputed) != 1 {
		t.Errorf("over %t with %v, disputed %v; want it over, with n3, and n4 disputed", over, r.Victims, r.Disputed)
	}
}

func disputedSteps(t *testing.T) []transcript.Step {
	t.Helper()
	steps, err := new(transcript.Reader).Parse(`
0s register n1 n2 n3 n4
0s..40s beat n1 n2 n4
0s..5s beat n3
0s..40s report n4 n1=0 n2=0
0s..19s report n1 n2=0 n3=0 n4=0
0s..19s report n2 n1=0 n3=0 n4=0
20s..40s report n1 n2=0 n3=1 n4=1
20s..40s report n2 n1=0 n3=1 n4=1
20s..40s report n4 n1=0 n2=0 n3=1
`)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}
