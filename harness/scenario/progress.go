package scenario

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Progress is told how a run goes. Times are since the cluster's start, on its
// clock.
type Progress interface {
	// Event is something that happened, once.
	Event(at time.Duration, text string)
	// Waiting comes about once a second while something is awaited.
	Waiting(at time.Duration, what, detail string)
}

// Silent tells nobody.
type Silent struct{}

// Event does nothing.
func (Silent) Event(time.Duration, string) {}

// Waiting does nothing.
func (Silent) Waiting(time.Duration, string, string) {}

// Printer writes progress for people. On a terminal what is awaited stays on
// one line at the bottom; elsewhere it is a line of its own, and only when it
// has changed. It is safe for many goroutines.
type Printer struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	open     bool // the terminal's last line is a waiting line
	last     string
}

// NewPrinter writes to out.
func NewPrinter(out io.Writer) *Printer {
	p := &Printer{out: out}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			p.terminal = info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
		}
	}
	return p
}

// Event prints a line.
func (p *Printer) Event(at time.Duration, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.last = ""
	fmt.Fprintf(p.out, "%6.1f s  %s\n", at.Seconds(), text)
}

// Waiting shows what is awaited.
func (p *Printer) Waiting(at time.Duration, what, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "waiting for " + what
	if detail != "" {
		text += ": " + detail
	}
	if p.terminal {
		p.clear()
		fmt.Fprint(p.out, shorten(fmt.Sprintf("%6.1f s  %s", at.Seconds(), text), 110))
		p.open = true
		return
	}
	if text == p.last {
		return
	}
	p.last = text
	fmt.Fprintf(p.out, "%6.1f s    %s\n", at.Seconds(), text)
}

func (p *Printer) clear() {
	if p.open {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.open = false
	}
}

// shorten keeps a line from wrapping, after which it could not be overwritten.
func shorten(s string, most int) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-3]) + "..."
}
