package core

import (
	"testing"
	"time"
)

func TestBoundOfUnknownProtocolIsTheSlowests(t *testing.T) {
	// rr reaches 32 nodes last: from its worst round in 11 rounds, so 10 s and
	// (11 + 2) x 3 s and 2 s.
	c := DefaultConfig()
	if got, want := c.slowest(32, 1), 51*time.Second; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := c.slowest(32, 3), 84*time.Second; got != want {
		t.Errorf("three deaths: %s, want %s", got, want)
	}
}
