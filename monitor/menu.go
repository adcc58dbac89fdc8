package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/service"
	"gossiprpc/monitor/testcase"
)

// errStop is how the menu says that the process is to end.
var errStop = errors.New("stop")

// menuText is the original's, byte for byte: its first three lines end in 29
// spaces, and no newline follows the prompt.
var menuText = `1. "Test Case for Single Node failure"` + indent + "\n" +
	`2. "Test Case for Simultaneous Failure"` + indent + "\n" +
	`3. "Test Case for Dead Node becomes Alive"` + indent + "\n" +
	`4. "stop"` + "\nEnter your input:"

var indent = strings.Repeat(" ", 29)

const allowed = "1, 2, 3, 4, collect, stop, cancel, forget NAME or status"

// progressInterval is how often a running case is asked what it waits for. It
// is told when that has changed.
const progressInterval = time.Second

// menu is the monitor's terminal. Only run's goroutine writes to it.
type menu struct {
	out     io.Writer
	service *service.Service
	ended   chan outcome
	closed  chan struct{} // run has returned

	running bool
	waiting string // what was last told
}

type outcome struct {
	result testcase.Result
	err    error // of writing it
}

func newMenu(out io.Writer) *menu {
	return &menu{out: out, ended: make(chan outcome), closed: make(chan struct{})}
}

// caseEnded is the service's word that a case is over.
func (m *menu) caseEnded(r testcase.Result, err error) {
	select {
	case m.ended <- outcome{r, err}:
	case <-m.closed:
	}
}

// run acts on lines until ctx ends (nil) or one says stop (errStop). When there
// are no more lines it goes on: a case may still be running.
func (m *menu) run(ctx context.Context, lines <-chan string) error {
	defer close(m.closed)
	progress := time.NewTicker(progressInterval)
	defer progress.Stop()
	m.prompt()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open {
				lines = nil
				continue
			}
			if err := m.act(ctx, line); err != nil {
				return err
			}
		case o := <-m.ended:
			m.conclude(ctx, o)
		case <-progress.C:
			m.tell(ctx)
		}
	}
}

// prompt shows the menu, unless a case is running: the original's shows none
// until the case has ended.
func (m *menu) prompt() {
	if !m.running {
		fmt.Fprint(m.out, menuText)
	}
}

// act does what one line says. The only error is errStop.
func (m *menu) act(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word = strings.ToLower(word); word {
	case "":
	case "1", "2", "3":
		err = m.begin(ctx, testcase.Case(word[0]-'0'))
	case "4", "stop":
		return errStop
	case "collect":
		if err = m.service.Collect(ctx); err == nil {
			fmt.Fprintln(m.out, "states.json and ip_mapping.json written")
		}
	case "cancel":
		err = m.cancel(ctx)
	case "forget":
		err = m.forget(ctx, strings.TrimSpace(rest))
	case "status":
		err = m.status(ctx)
	default:
		err = fmt.Errorf("unknown input %q, want %s", line, allowed)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(m.out, err)
	}
	m.prompt()
	return nil
}

func (m *menu) begin(ctx context.Context, c testcase.Case) error {
	if err := m.service.Begin(ctx, c); err != nil {
		return fmt.Errorf("%w; wait for its end, or cancel it", err)
	}
	m.running, m.waiting = true, ""
	fmt.Fprintf(m.out, "%s: running (status, cancel)\n", c.Title())
	return nil
}

func (m *menu) cancel(ctx context.Context) error {
	c, err := m.service.Cancel(ctx)
	if err == nil {
		m.running = false
		fmt.Fprintf(m.out, "%s: cancelled\n", c.Title())
	}
	return err
}

func (m *menu) forget(ctx context.Context, name string) error {
	if name == "" {
		return errors.New("forget: which node? want forget NAME")
	}
	a, err := m.service.Forget(ctx, name)
	if err == nil {
		fmt.Fprintf(m.out, "%s: forgotten\n", a)
	}
	return err
}

// tell says what a running case waits for, when that has changed.
func (m *menu) tell(ctx context.Context) {
	if !m.running {
		return
	}
	status, err := m.service.Running(ctx)
	if err == nil && status != nil && status.Waiting != m.waiting {
		m.waiting = status.Waiting
		fmt.Fprintf(m.out, "waiting: %s\n", m.waiting)
	}
}

func (m *menu) conclude(ctx context.Context, o outcome) {
	status, err := m.service.Running(ctx)
	m.running = err == nil && status != nil // the next one may have been typed already
	fmt.Fprint(m.out, o.result.Terminal())
	for _, d := range o.result.Disputed {
		fmt.Fprintf(m.out, "disputed: %s is %s by verdict, heartbeats say otherwise; not suspected by %s\n", d.Node, d.Verdict, orNobody(d.Missing))
	}
	if o.err != nil {
		fmt.Fprintf(m.out, "this result could not be written: %v\n", o.err)
	}
	m.prompt()
}

func orNobody(as []gossip.Address) string {
	if len(as) == 0 {
		return "nobody"
	}
	names := make([]string, len(as))
	for i, a := range as {
		names[i] = string(a)
	}
	return strings.Join(names, ", ")
}
