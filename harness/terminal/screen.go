// Package terminal is how the targets speak to people: lines and tables that fit the
// window, a last line that is written again and again, and colour where it is seen.
//
// In flow texts; out flow bytes for a terminal, or plain lines for anything else.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Screen is what a target prints on. It is an io.Writer, and safe for many
// goroutines.
type Screen struct {
	mu      sync.Mutex
	out     io.Writer
	size    func() (columns int)
	live    bool // the last line can be written again
	colours bool
	bottom  bool      // the last line is one of Bottom's
	told    time.Time // when Now and then last wrote
}

// usual is the width of a terminal that does not tell its own.
const usual = 80

// On makes a screen of out, or returns out if it is one. Out is a terminal only if
// it is a file that says so. The environment's NO_COLOR and TERM say what is
// painted, COLUMNS how wide lines are where nobody else does.
func On(out io.Writer) *Screen {
	if s, ok := out.(*Screen); ok {
		return s
	}
	s := &Screen{out: out, size: func() int { return columnsOf(os.Getenv("COLUMNS")) }}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.size = func() int {
			if wide, _, err := term.GetSize(int(f.Fd())); err == nil && wide > 0 {
				return wide
			}
			return usual
		}
		s.live = os.Getenv("TERM") != "dumb"
		s.colours = s.live && os.Getenv("NO_COLOR") == ""
	}
	return s
}

// columnsOf reads COLUMNS; 0: it says nothing.
func columnsOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// Columns is how wide the window is right now; 0: no limit.
func (s *Screen) Columns() int { return s.size() }

// Write prints, after what Bottom wrote is gone.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return s.out.Write(p)
}

// Bottom writes the last line of a terminal anew; elsewhere it does nothing and
// returns false.
func (s *Screen) Bottom(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return false
	}
	s.clear()
	fmt.Fprint(s.out, Shorten(line, s.size()-1))
	s.bottom = true
	return true
}

// apart is the time between two lines of NowAndThen where nothing can be written
// again.
const apart = 10 * time.Second

// NowAndThen tells how something long goes: in the last line of a terminal, elsewhere
// in a line every ten seconds, the first after ten.
func (s *Screen) NowAndThen(line string) {
	if s.Bottom(line) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.told.IsZero() {
		s.told = now
	}
	if now.Sub(s.told) < apart {
		return
	}
	s.told = now
	fmt.Fprintln(s.out, line)
}

// Clear takes away what Bottom has written.
func (s *Screen) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func (s *Screen) clear() {
	if s.bottom {
		fmt.Fprint(s.out, "\r\x1b[K")
		s.bottom = false
	}
}

// Shorten cuts a line to a width, on which it would wrap and could not be written
// again.
func Shorten(line string, most int) string {
	line = strings.ReplaceAll(line, "\n", " ")
	switch {
	case text.StringWidthWithoutEscSequences(line) <= most:
		return line
	case most <= 3:
		return text.Trim(line, max(most, 0))
	}
	return text.Trim(line, most-3) + "..."
}

// Fill breaks lines at spaces so that they fit the window. All but the first of what
// was one line begin with the indent.
func (s *Screen) Fill(lines string, indent int) string { return fill(lines, s.size(), indent) }

func fill(lines string, columns, indent int) string {
	if columns == 0 {
		return lines
	}
	var b strings.Builder
	for line := range strings.Lines(lines) {
		whole, newline := strings.CutSuffix(line, "\n")
		b.WriteString(hang(whole, columns, indent))
		if newline {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// leastHanging is the room that words need beside an indent.
const leastHanging = 10

// hang breaks one line. What was broken off is indented, unless the window is too
// narrow for that.
func hang(line string, columns, indent int) string {
	if columns < indent+leastHanging {
		indent = 0
	}
	var out []string
	for text.StringWidthWithoutEscSequences(line) > columns {
		at := breakAt(line, columns)
		if at < 0 {
			break
		}
		out = append(out, strings.TrimRight(line[:at], " "))
		line = strings.Repeat(" ", indent) + strings.TrimLeft(line[at:], " ")
	}
	return strings.Join(append(out, line), "\n")
}

// breakAt is the last space at which a line may be broken to fit, or the first one if
// it cannot; -1: it has none.
func breakAt(line string, columns int) int {
	at := -1
	for i, c := range line {
		if c != ' ' || strings.TrimSpace(line[:i]) == "" {
			continue
		}
		if at >= 0 && text.StringWidthWithoutEscSequences(line[:i]) > columns {
			break
		}
		at = i
	}
	return at
}
