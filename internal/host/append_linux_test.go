package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gossiprpc/internal/regular"
)

// block is what the tests append: larger than a page, so that a kill can tear it.
func block(n int) []byte {
	return fmt.Appendf(nil, "begin %d %s end %d\n", n, strings.Repeat("x", 300_000), n)
}

// wholeBlocks tells how many blocks text has, or what is wrong with it.
func wholeBlocks(text []byte) (int, error) {
	n := 0
	for len(text) > 0 {
		want := block(n)
		if !bytes.HasPrefix(text, want) {
			return n, fmt.Errorf("torn after %d whole blocks, with %d bytes left: %.40q", n, len(text), text)
		}
		text = text[len(want):]
		n++
	}
	return n, nil
}

// appending appends until it cannot, and tells how many blocks there are.
func appending(path string, from int) {
	for n := from; ; n++ {
		if err := appendTo(path, block(n)); err != nil {
			fmt.Println("error", err)
			os.Exit(3)
		}
		fmt.Println(n + 1)
	}
}

const childFile, childFrom, childLimit = "APPENDING_FILE", "APPENDING_FROM", "APPENDING_LIMIT"

// TestAppendingChild is no test of its own: it appends until it is killed.
func TestAppendingChild(t *testing.T) {
	path := os.Getenv(childFile)
	if path == "" {
		return // the other tests start it
	}
	from, err := strconv.Atoi(os.Getenv(childFrom))
	if err != nil {
		t.Fatal(err)
	}
	if limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
	}
	appending(path, from)
}

func child(t *testing.T, path string, from int, more ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAppendingChild$")
	c.Env = append(os.Environ(), childFile+"="+path, childFrom+"="+strconv.Itoa(from))
	c.Env = append(c.Env, more...)
	return c
}

// TestAKillLeavesWholeBlocks kills a process at many instants of its writing. What the
// next one finds, once it has appended, is whole blocks only.
func TestAKillLeavesWholeBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.txt")
	blocks := 0
	for kill := range 12 {
		c := child(t, path, blocks)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil { // it is writing
			t.Fatal(err)
		}
		time.Sleep(time.Duration(kill) * 347 * time.Microsecond) //nolint:forbidigo // any instant is a good one
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // it was killed
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		blocks, err = wholeBlocks(text)
		if err != nil {
			t.Logf("kill %d: %v", kill, err)
		}
		if err := appendTo(path, block(blocks)); err != nil {
			t.Fatal(err)
		}
		if text, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		if blocks, err = wholeBlocks(text); err != nil {
			t.Fatalf("kill %d: after the next block: %v", kill, err)
		}
	}
	if _, err := os.Stat(markFile(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a mark is left: %v", err)
	}
}

// TestTornEnds makes what a kill can leave, by hand.
func TestTornEnds(t *testing.T) {
	for _, c := range []struct{ name, before, mark, want string }{
		{"no mark", "whole\nby hand", "", "whole\nby hand+"},
		{"killed before it wrote", "whole\n", "6 10 .\n", "whole\n+"},
		{"torn", "whole\nab", "6 10 .\n", "whole\n+"},
		{"whole, mark not removed", "whole\nabcd", "6 10 .\n", "whole\nabcd+"},
		{"longer by another's hand", "whole\nabcdef", "6 10 .\n", "whole\nabcdef+"},
		{"shortened by another's hand", "who", "6 10 .\n", "who+"},
		{"torn mark", "whole\n", "6 1", "whole\n+"},
		{"empty mark", "whole\n", "", "whole\n+"},
	} {
		path := filepath.Join(t.TempDir(), "results.txt")
		err := os.WriteFile(path, []byte(c.before), 0o600)
		if c.name != "no mark" {
			err = errors.Join(err, os.WriteFile(markFile(path), []byte(c.mark), 0o600))
		}
		if err = errors.Join(err, appendTo(path, []byte("+"))); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, text, err, c.want)
		}
		if _, err := os.Stat(markFile(path)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a mark is left", c.name)
		}
	}
}

// TestAFullDiskLeavesWholeBlocks gives files a largest size, at which a write is cut
// short as on a full disk.
func TestAFullDiskLeavesWholeBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.txt")
	limit := len(block(0))*2 + 100_000
	out, err := child(t, path, 0, childLimit+"="+strconv.Itoa(limit)).Output()
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), "file too large") {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := wholeBlocks(text); n != 2 || err != nil {
		t.Errorf("%d blocks, %v, want 2 whole ones", n, err)
	}
	if err := appendTo(path, block(2)); err != nil {
		t.Error(err)
	}
}

// TestOddFilesAreRefused must not hang.
func TestOddFilesAreRefused(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/null", t.TempDir()} {
		for name, put := range map[string]func(string, []byte) error{"append": appendTo, "write": replace} {
			if err := put(path, []byte("x")); !errors.Is(err, regular.ErrKind) || !strings.HasPrefix(err.Error(), name+": ") {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
}
