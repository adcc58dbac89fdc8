// Package host runs one process: it gives a [machine.Machine] a clock, calls,
// files, a terminal and a log.
//
// In flow the calls that come in ([Host.Call]), what is typed ([Host.Type]), and
// the outcomes of what the machine asked for; out flow its effects. One loop owns
// the machine and never waits for anything but the next event: calls are made by
// goroutines beside it, files and the terminal are written by one goroutine
// each. All of them end before [Host.Run] returns.
package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// ErrEnded is returned by every method after Run has ended.
var ErrEnded = errors.New("the process has ended")

// Options are what a machine is run with. All but Peers and Admit are needed.
type Options struct {
	Peers   *xmlrpc.Client // for calls to nodes
	Servers *xmlrpc.Client // for calls to the monitor and the provider
	Out     io.Writer      // the terminal
	Logger  *slog.Logger
	// Admit says whether a call that has come in may reach the machine: its error is
	// the call's fault. nil: all may.
	Admit func(context.Context, machine.Request) error
}

// Host is one running process. Its methods may be called from any goroutine.
type Host struct {
	machine machine.Machine
	options Options
	work    chan work
	ended   chan struct{} // the loop has ended
	calls   sync.WaitGroup
	next    chan machine.Call // to a caller that waits
	waiting atomic.Int32      // callers that do
	files   *backlog[machine.Write]
	texts   *backlog[string]
	lists   wire.Lists // of members, for nodes
	told    wire.Told  // to the monitor, by nodes
}

// work is an event for the machine, or a look at it.
type work struct {
	event machine.Event
	look  func(now time.Time)
	done  chan<- machine.Reply // for events that are answered; has room for one
}

// workSize is how many events may wait for the machine.
const workSize = 1024

// New makes a process that has not started. Run may be called once.
func New(m machine.Machine, o Options) *Host {
	return &Host{
		machine: m, options: o, work: make(chan work, workSize), ended: make(chan struct{}), next: make(chan machine.Call),
		files: newBacklog[machine.Write](), texts: newBacklog[string](),
	}
}

// Run runs the process until ctx ends or the machine exits, and returns the error
// that the machine exits with, if any. What was to be written by then is written.
func (h *Host) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var scribes sync.WaitGroup
	scribes.Go(func() { h.files.serve(func(w machine.Write) { h.write(ctx, w) }) })
	scribes.Go(func() { h.texts.serve(h.print) })
	err := h.loop(ctx)
	stop()
	close(h.ended)
	h.calls.Wait()
	h.files.close()
	h.texts.close()
	scribes.Wait()
	return err
}

// loop is the one goroutine that owns the machine.
func (h *Host) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	if exit := h.step(ctx, work{event: machine.Start{}}); exit != nil {
		return exit.err
	}
	for {
		if next, due := h.machine.Deadline(); due {
			timer.Reset(time.Until(next))
		} else {
			timer.Stop()
		}
		var exit *exit
		select {
		case <-ctx.Done():
			return nil
		case w := <-h.work:
			exit = h.step(ctx, w)
		case <-timer.C:
			exit = h.step(ctx, work{event: machine.Tick{}})
		}
		if exit != nil {
			return exit.err
		}
	}
}

// exit is the machine's own end.
type exit struct{ err error }

// step applies one event and carries out what follows from it.
func (h *Host) step(ctx context.Context, w work) *exit {
	now := time.Now()
	if w.look != nil {
		w.look(now)
		w.done <- machine.Reply{}
		return nil
	}
	var out *exit
	for _, effect := range h.machine.Step(now, w.event) {
		switch e := effect.(type) {
		case machine.Call:
			select {
			case h.next <- e:
			default:
				h.calls.Go(func() { h.makeCalls(ctx, e) })
			}
		case machine.Reply:
			if w.done != nil {
				w.done <- e
			}
		case machine.Print:
			h.texts.put(e.Text)
		case machine.Log:
			h.log(ctx, e)
		case machine.Write:
			h.files.put(e)
		case machine.Exit:
			out = &exit{}
			if e.Error != "" {
				out.err = errors.New(e.Error)
			}
		}
	}
	return out
}

// mostWaiting is how many goroutines wait for calls to make.
const mostWaiting = 2

// makeCalls makes a call, and then others for as long as few goroutines wait for some: their stacks
// have grown. To grow them for each call took a fourteenth of a node's time in a cluster of 8.
func (h *Host) makeCalls(ctx context.Context, c machine.Call) {
	for {
		h.post(ctx, h.call(ctx, c))
		if h.waiting.Add(1) > mostWaiting {
			h.waiting.Add(-1)
			return
		}
		select {
		case c = <-h.next:
			h.waiting.Add(-1)
		case <-ctx.Done():
			return
		}
	}
}

func (h *Host) post(ctx context.Context, ev machine.Event) {
	select {
	case h.work <- work{event: ev}:
	case <-ctx.Done():
	case <-h.ended:
	}
}

// Call has the machine take a call that has come in. A fault of the machine's is
// the error.
func (h *Host) Call(ctx context.Context, r machine.Request) (machine.Answer, error) {
	if h.options.Admit != nil {
		if err := h.options.Admit(ctx, r); err != nil {
			return machine.Answer{}, err
		}
	}
	reply, err := h.hand(ctx, work{event: machine.Called{Request: r}})
	if err == nil && reply.Fault != "" {
		err = errors.New(reply.Fault)
	}
	return reply.Answer, err
}

// Type has the machine take a line that was typed.
func (h *Host) Type(ctx context.Context, line string) { h.post(ctx, machine.Line{Text: line}) }

// Console types all lines until there are no more, or ctx ends. The end of the
// lines is not the process's.
func (h *Host) Console(ctx context.Context, lines <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.ended:
			return
		case line, open := <-lines:
			if !open {
				h.options.Logger.Info("console closed, the process goes on")
				return
			}
			h.Type(ctx, line)
		}
	}
}

// Look runs f between two steps, when nothing changes. f must not step the
// machine, and must be quick: the machine waits for it.
func (h *Host) Look(ctx context.Context, f func(now time.Time)) error {
	_, err := h.hand(ctx, work{look: f})
	return err
}

func (h *Host) hand(ctx context.Context, w work) (machine.Reply, error) {
	done := make(chan machine.Reply, 1)
	w.done = done
	select {
	case h.work <- w:
	case <-ctx.Done():
		return machine.Reply{}, ctx.Err()
	case <-h.ended:
		return machine.Reply{}, ErrEnded
	}
	select {
	case reply := <-done:
		return reply, nil
	case <-ctx.Done():
		return machine.Reply{}, ctx.Err()
	case <-h.ended:
		return machine.Reply{}, ErrEnded
	}
}

var levels = map[machine.Level]slog.Level{
	machine.Debug: slog.LevelDebug, machine.Info: slog.LevelInfo, machine.Warn: slog.LevelWarn,
}

func (h *Host) log(ctx context.Context, e machine.Log) {
	level := levels[e.Level]
	if !h.options.Logger.Enabled(ctx, level) {
		return
	}
	args := make([]any, 0, 2*len(e.Fields))
	for _, f := range e.Fields {
		args = append(args, f.Key, f.Value)
	}
	h.options.Logger.Log(ctx, level, e.Text, args...)
}

func (h *Host) print(text string) {
	if _, err := io.WriteString(h.options.Out, text); err != nil {
		h.options.Logger.Warn("terminal not written", "err", err)
	}
}
