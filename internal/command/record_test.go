package command_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/command"
	"gossiprpc/internal/config"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// echo prints what is typed.
type echo struct{}

func (echo) Step(_ time.Time, ev machine.Event) []machine.Effect {
	if l, ok := ev.(machine.Line); ok {
		return []machine.Effect{machine.Print{Text: l.Text}}
	}
	return nil
}

func (echo) Deadline() (time.Time, bool) { return time.Time{}, false }

// parse reads the flags that all commands have.
func parse(t *testing.T, args ...string) command.Flags {
	t.Helper()
	var f command.Flags
	var stderr bytes.Buffer
	if code, done := config.Parse(&f, "test", "", args, &stderr, &stderr); done {
		t.Fatalf("exit %d: %s", code, &stderr)
	}
	return f
}

func TestRecordingOfAProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rec")
	r, err := parse(t, "--record", path).OpenRecording(recording.Node, "node1:5000", map[string]int{"random": 7})
	if err != nil {
		t.Fatal(err)
	}
	ended := errors.New("the process ended")
	m := r.Wrap(echo{})
	var logged bytes.Buffer
	err = r.While(slog.New(slog.NewTextHandler(&logged, nil)), func() error {
		for _, word := range []string{"one", "two"} {
			if effects := m.Step(time.Now(), machine.Line{Text: word}); len(effects) != 1 {
				t.Errorf("effects %v", effects)
			}
		}
		return ended
	})
	if !errors.Is(err, ended) || logged.Len() > 0 {
		t.Errorf("error %v, logged %q", err, &logged)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	reader, err := recording.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if h := reader.Header; h.Kind != recording.Node || h.Self != "node1:5000" || string(h.Settings) != `{"random":7}` {
		t.Errorf("header %+v", h)
	}
	played := 0
	for _, err := range recording.Play(reader, echo{}) {
		if err != nil {
			t.Fatal(err)
		}
		played++
	}
	if end := reader.End(); played != 2 || !end.Proper || end.Why != "" {
		t.Errorf("%d events, end %+v", played, end)
	}
}

func TestNoRecordingUnlessAsked(t *testing.T) {
	r, err := parse(t).OpenRecording(recording.Node, "node1:5000", nil)
	if r != nil || err != nil {
		t.Fatalf("%v, error %v", r, err)
	}
	if m := r.Wrap(echo{}); m != (echo{}) {
		t.Errorf("wrapped %T", m)
	}
	ran := false
	if err := r.While(slog.New(slog.DiscardHandler), func() error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("ran %v, error %v", ran, err)
	}
}

func TestRecordingRefusesWhatItCannotDo(t *testing.T) {
	for want, args := range map[string][]string{
		"no regular file":                  {"--record", t.TempDir()},
		"no such file":                     {"--record", filepath.Join(t.TempDir(), "none", "x.rec")},
		"--record-limit -1: want 0 (none)": {"--record", "x.rec", "--record-limit=-1"},
	} {
		if _, err := parse(t, args...).OpenRecording(recording.Node, "node1:5000", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
}
