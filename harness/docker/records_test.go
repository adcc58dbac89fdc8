package docker

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/live"
	"gossiprpc/internal/recording"
)

func TestFilesAreReadWholeOrNotAtAll(t *testing.T) {
	text := strings.Repeat("x", 100)
	if got, err := readWhole(strings.NewReader(text), 100); err != nil || string(got) != text {
		t.Errorf("%d of 100 bytes, %v", len(got), err)
	}
	if got, err := readWhole(strings.NewReader(text+"x"), 100); got != nil || err == nil ||
		!strings.Contains(err.Error(), "more than 100 bytes") {
		t.Errorf("a byte too many: %d bytes, %v", len(got), err)
	}
}

func TestRecordsAreSavedAsStreams(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node1-1.rec")
	want := bytes.Repeat([]byte("record"), 1<<20)
	if err := save(file, bytes.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(want))
	}
	// What has been copied before stays as it is: somebody may be reading it.
	if err := os.Truncate(file, 1000); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := save(file, bytes.NewReader(want)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, want) {
		t.Errorf("who follows it reads %d bytes, %v, want %d", len(got), err, len(want))
	}
}

// Who watches reads records while containers run, of each life, and they are whole in the
// end.
func TestRecordsAreFollowed(t *testing.T) {
	b := backend(t)
	b.Follow = true
	spec := harness.ClusterSpec{Parameters: protocol.DefaultParameters(protocol.All()[0]), Nodes: 2, Seed: 1, Dir: t.TempDir()}
	spec.Timing = spec.Timing.Scaled(5)
	c, err := b.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	grows := func(life int) {
		t.Helper()
		first, _ := readRecord(t, spec.RecordFile("node1", life))
		err := live.Poll(t.Context(), "the record to grow", func() (bool, error) {
			events, _ := readRecord(t, spec.RecordFile("node1", life))
			return events > first+10, nil
		})
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
	}
	grows(1)
	if err := c.Restart(t.Context(), "node1"); err != nil {
		t.Fatal(err)
	}
	grows(2)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for name, life := range map[string]int{harness.Monitor: 1, harness.Provider: 1, "node1": 2, "node2": 1} {
		if events, end := readRecord(t, spec.RecordFile(name, life)); events == 0 || !end.Proper {
			t.Errorf("%s: %d events, end %+v", name, events, end)
		}
	}
}

// readRecord counts the events of a record as far as it goes.
func readRecord(t *testing.T, file string) (events int, end recording.End) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := recording.NewReader(f)
	if errors.Is(err, recording.ErrNoHeader) {
		return 0, end
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		events++
	}
	return events, r.End()
}
