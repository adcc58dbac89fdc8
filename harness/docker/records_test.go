package docker

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
}
