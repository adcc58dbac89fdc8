package core

import (
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/machine"
)

// TestStepKeepsTheMonotonicClock: a wall clock that is set must not move T_fail, so
// instants keep both readings on their way into the consensus.
func TestStepKeepsTheMonotonicClock(t *testing.T) {
	c := DefaultConfig()
	c.UTCOffset = 3600
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.Step(time.Now(), machine.Called{Request: machine.Heartbeat{Node: "n1:5000"}})
	if at := m.state.At(0).HeartbeatAt.String(); !strings.Contains(at, "m=") {
		t.Errorf("the heartbeat was at %s, which has no monotonic reading", at)
	}
}
