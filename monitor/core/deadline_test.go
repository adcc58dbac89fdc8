package core_test

import (
	"testing"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
	"gossiprpc/monitor/internal/transcript"
	"gossiprpc/monitor/testcase"
)

// A disputed case ends at its deadline, to the instant, though nobody reports then:
// the monitor asks to be woken.
func TestADisputedCaseEndsAtItsDeadline(t *testing.T) {
	m := start(t, func(c *core.Config) { c.Protocol = "rr" })
	var ends []testcase.Result
	m.Observe(core.Observer{Result: func(r testcase.Result) { ends = append(ends, r) }})
	steps, err := new(transcript.Reader).Parse(`
0s register n1 n2 n3 n4
0s..60s beat n1 n2 n4
0s..5s beat n3
0s..60s report n4 n1=0 n2=0
0s..19s report n1 n2=0 n3=0 n4=0
0s..19s report n2 n1=0 n3=0 n4=0
20.3s report n1 n2=0 n3=1 n4=1
20.3s report n2 n1=0 n3=1 n4=1
20.3s report n4 n1=0 n2=0 n3=1
20.7s..60.7s report n1 n2=0 n3=1 n4=1
20.7s..60.7s report n2 n1=0 n3=1 n4=1
20.7s..60.7s report n4 n1=0 n2=0 n3=1
`)
	if err != nil {
		t.Fatal(err)
	}
	typed(m, noon, "1")
	for _, s := range steps {
		wake(m, noon.Add(s.At))
		m.Step(noon.Add(s.At), event(s.Input))
	}
	wake(m, noon.Add(2*time.Minute))
	if len(ends) != 1 || len(ends[0].Disputed) != 1 || ends[0].Verdict == nil {
		t.Fatalf("the case ends with %+v, want once, with a victim and a dispute", ends)
	}
	// There are enough victims since the verdict about n3.
	want := *ends[0].Verdict + ends[0].Settings.Bound
	if off := ends[0].Seconds - want; off < -1e-6 || off > 1e-6 {
		t.Errorf("it ends after %g s, want %g s", ends[0].Seconds, want)
	}
}

// wake lets time pass until then, with a tick at each deadline.
func wake(m *core.Core, then time.Time) {
	for {
		next, due := m.Deadline()
		if !due || next.After(then) {
			return
		}
		m.Step(next, machine.Tick{})
	}
}
