package scenario

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"gossiprpc/harness/terminal"
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
	mu     sync.Mutex
	screen *terminal.Screen
	last   string
}

// NewPrinter writes to out.
func NewPrinter(out io.Writer) *Printer { return &Printer{screen: terminal.On(out)} }

// margin is as wide as the time before each line.
const margin = 10

// Event prints a line.
func (p *Printer) Event(at time.Duration, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = ""
	line := p.screen.Fill(fmt.Sprintf("%6.1f s  %s", at.Seconds(), text), margin)
	fmt.Fprintln(p.screen, p.screen.Paint(colourOf(text), line))
}

// The first words of events that stand out.
const (
	wrongWord  = "WRONG: "
	resultWord = "result: "
)

func colourOf(text string) terminal.Colour {
	switch {
	case strings.HasPrefix(text, wrongWord):
		return terminal.Bad
	case strings.HasPrefix(text, resultWord):
		return terminal.Good
	}
	return terminal.Plain
}

// Waiting shows what is awaited.
func (p *Printer) Waiting(at time.Duration, what, detail string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "waiting for " + what
	if detail != "" {
		text += ": " + detail
	}
	if p.screen.Bottom(fmt.Sprintf("%6.1f s  %s", at.Seconds(), text)) || text == p.last {
		return
	}
	p.last = text
	fmt.Fprintf(p.screen, "%6.1f s    %s\n", at.Seconds(), text)
}
