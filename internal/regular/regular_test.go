//go:build unix

package regular_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gossiprpc/internal/regular"
)

// TestOnlyRegularFilesAreOpened must not hang: the test would time out.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	plain, pipe, socket, zero, linked := in("plain"), in("pipe"), in("socket"), in("zero"), in("linked")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("/dev/zero", zero), os.Symlink(plain, linked)); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for path, is := range map[string]string{pipe: "a pipe", socket: "a socket", zero: "a device", dir: "a folder", "/dev/null": "a device"} {
		for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_APPEND | os.O_CREATE} {
			began := time.Now()
			_, err := regular.OpenFile(path, flag, 0o600)
			if !errors.Is(err, regular.ErrKind) || err.Error() != path+" is "+is+", want a regular file" {
				t.Errorf("%s, flag %x: %v", path, flag, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("%s: took %v", path, took)
			}
		}
	}
	for _, path := range []string{plain, linked} {
		if text, err := regular.Read(path, 4); err != nil || string(text) != "text" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		if _, err := regular.Read(path, 3); err == nil || !strings.Contains(err.Error(), "is larger than 3 bytes") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := regular.Open(in("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
