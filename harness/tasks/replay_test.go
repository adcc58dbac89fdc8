package tasks

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestInstantsAreSecondsSinceTheStart(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"21.4s": 21400 * time.Millisecond, "21.4": 21400 * time.Millisecond, "0": 0,
		"1m30s": 90 * time.Second, "250ms": 250 * time.Millisecond,
	} {
		if got, err := instant(text); err != nil || got != want {
			t.Errorf("%s: %v, error %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "soon", "-1s", "-1", "5x", "NaN", "1e300"} {
		if got, err := instant(text); exitOf(err) != exitUnknown {
			t.Errorf("%q: %v, error %v", text, got, err)
		}
	}
}

func TestReplayOfNothing(t *testing.T) {
	if err := ReplayWhy(io.Discard, "", "node6"); exitOf(err) != exitUnknown || !strings.Contains(err.Error(), "replay RUN why") {
		t.Errorf("without a run: %v", err)
	}
	if err := Replay(t.Context(), io.Discard, t.TempDir()); exitOf(err) != exitUnknown {
		t.Errorf("an empty folder: %v", err)
	}
}

func exitOf(err error) int {
	var e interface{ ExitStatus() int }
	if errors.As(err, &e) {
		return e.ExitStatus()
	}
	return -1
}
