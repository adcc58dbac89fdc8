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

func TestBoundOfAKnownProtocolIsItsOwn(t *testing.T) {
	c := DefaultConfig()
	c.Protocol = "random"
	if own, slowest := c.setup().Bound(32, 1), c.slowest(32, 1); own >= slowest {
		t.Errorf("random: %s, want less than the slowest's %s", own, slowest)
	}
}

func TestRecordsLieBesideResults(t *testing.T) {
	for results, want := range map[string]string{
		"results.txt": "results.jsonl", "a.b/results": "a.b/results.jsonl", `a.b\results`: `a.b\results.jsonl`,
		"a.b/r.txt": "a.b/r.jsonl", "results": "results.jsonl",
	} {
		if got := Records(results); got != want {
			t.Errorf("%s: %s, want %s", results, got, want)
		}
	}
}
