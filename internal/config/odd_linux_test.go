package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A config file that is none must neither hang the command nor fill its memory.
func TestOddConfigFiles(t *testing.T) {
	dir := t.TempDir()
	pipe, zero, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "zero"), filepath.Join(dir, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", zero); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe:  "config file: " + pipe + " is a pipe, want a regular file",
		zero:  "config file: " + zero + " is a device, want a regular file",
		dir:   "config file: " + dir + " is a folder, want a regular file",
		large: "config file: " + large + " is larger than 1048576 bytes",
	} {
		if _, text, code, done := parse(t, "--config", path); !done || code != ExitWrongUse || !strings.Contains(text, want) {
			t.Errorf("%s: %t, %d, %q, want %q", path, done, code, text, want)
		}
	}
}
