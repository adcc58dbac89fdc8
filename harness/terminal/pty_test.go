//go:build !windows

package terminal

import (
	"io"
	"os"
	"testing"

	"github.com/creack/pty"
)

// onTerminal makes a screen of a real terminal, and returns what can be read of it.
func onTerminal(t *testing.T, columns uint16) (*Screen, *os.File, func() string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := pty.Setsize(slave, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	return On(slave), slave, func() string {
		const end = "\x00"
		if _, err := io.WriteString(slave, end); err != nil {
			t.Fatal(err)
		}
		var all []byte
		for one := make([]byte, 1); ; all = append(all, one...) {
			if _, err := master.Read(one); err != nil {
				t.Fatal(err)
			}
			if string(one) == end {
				_ = slave.Close()
				return string(all)
			}
		}
	}
}

func TestATerminalIsPaintedUnlessToldNotTo(t *testing.T) {
	for _, c := range []struct{ term, noColour, want string }{
		{"xterm", "", "\x1b[31mfail\x1b[0m"},
		{"xterm", "1", "fail"},
		{"dumb", "", "fail"},
	} {
		t.Setenv("TERM", c.term)
		t.Setenv("NO_COLOR", c.noColour)
		s, _, read := onTerminal(t, 40)
		if _, err := io.WriteString(s, s.Paint(Bad, "fail")); err != nil {
			t.Fatal(err)
		}
		if got := read(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// The width is asked for each time: a window can be made wider.
func TestTheWindowIsAsWideAsItIs(t *testing.T) {
	t.Setenv("COLUMNS", "7")
	s, slave, read := onTerminal(t, 40)
	defer read()
	if got := s.Columns(); got != 40 {
		t.Errorf("%d columns, want 40", got)
	}
	for _, c := range []struct {
		set  uint16
		want int
	}{{100, 100}, {0, usual}} {
		if err := pty.Setsize(slave, &pty.Winsize{Rows: 24, Cols: c.set}); err != nil {
			t.Fatal(err)
		}
		if got := s.Columns(); got != c.want {
			t.Errorf("%d columns, want %d", got, c.want)
		}
	}
}
