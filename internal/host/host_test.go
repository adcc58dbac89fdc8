package host_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a condition may take on a slow machine.
const patience = 30 * time.Second

// script is a machine that does what a function says, and tells of each event.
type script struct {
	step     func(ev machine.Event) []machine.Effect
	deadline func() (time.Time, bool)
	events   chan machine.Event
}

func (s *script) Step(_ time.Time, ev machine.Event) []machine.Effect {
	s.events <- ev
	return s.step(ev)
}

func (s *script) Deadline() (time.Time, bool) {
	if s.deadline == nil {
		return time.Time{}, false
	}
	return s.deadline()
}

// terminal is a buffer that tests and the host's goroutine share.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

type rig struct {
	*host.Host
	script *script
	out    *terminal
	stop   func() error // waits for the end of Run
}

func run(t *testing.T, s *script) rig {
	t.Helper()
	s.events = make(chan machine.Event, 1000)
	options := xmlrpc.DefaultClientOptions()
	client, err := xmlrpc.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	out := &terminal{}
	h := host.New(s, host.Options{Peers: client, Servers: client, Out: out, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	var once sync.Once
	var ended error
	stop := func() error {
		once.Do(func() {
			cancel()
			ended = <-done
		})
		return ended
	}
	t.Cleanup(func() { _ = stop() })
	return rig{Host: h, script: s, out: out, stop: stop}
}

// await is the next event that is a T; others before it are passed over.
func await[T machine.Event](t *testing.T, r rig) T {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case ev := <-r.script.events:
			if e, ok := ev.(T); ok {
				return e
			}
		case <-timeout:
			t.Fatalf("no %T has come", *new(T))
		}
	}
}

func TestCallsAreAnsweredAndFaultsAreErrors(t *testing.T) {
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		c, ok := ev.(machine.Called)
		if !ok {
			return nil
		}
		if _, joins := c.Request.(machine.Join); joins {
			return []machine.Effect{machine.Reply{Answer: machine.Answer{Protocol: 3}}}
		}
		return []machine.Effect{machine.Reply{Fault: "not here"}}
	}})
	if a, err := r.Call(t.Context(), machine.Join{Node: "a:1"}); err != nil || a.Protocol != 3 {
		t.Errorf("join: %+v, %v", a, err)
	}
	if _, err := r.Call(t.Context(), machine.Members{}); err == nil || err.Error() != "not here" {
		t.Errorf("members: error %v, want the fault", err)
	}
	looked := false
	if err := r.Look(t.Context(), func(time.Time) { looked = true }); err != nil || !looked {
		t.Errorf("look: %v, %v", looked, err)
	}
	if err := r.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := r.Call(t.Context(), machine.Members{}); !errors.Is(err, host.ErrEnded) {
		t.Errorf("after the end: error %v, want ErrEnded", err)
	}
	r.Type(t.Context(), "nobody reads this") // must not hang
}

// TestACallThatIsNotAnsweredEnds by its own timeout, and one that nobody takes by
// a refusal.
func TestACallThatIsNotAnsweredEnds(t *testing.T) {
	silent := listen(t)
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		if _, ok := ev.(machine.Start); !ok {
			return nil
		}
		return []machine.Effect{
			machine.Call{ID: 1, To: silent, Request: machine.Heartbeat{Node: "a:1"}, Timeout: 50 * time.Millisecond},
			machine.Call{ID: 2, To: "127.0.0.1:1", Request: machine.Heartbeat{Node: "a:1"}, Timeout: patience},
		}
	}})
	for range 2 {
		e := await[machine.Ended](t, r)
		if e.Error == nil || e.Error.Fault {
			t.Fatalf("call %d: %+v, want a failure that is no fault", e.ID, e.Error)
		}
		want := map[uint64]string{1: "no answer within 50ms", 2: "refused"}[e.ID]
		if !strings.Contains(e.Error.Text, want) {
			t.Errorf("call %d: %q lacks %q", e.ID, e.Error.Text, want)
		}
	}
}

// TestCallsWaitForNoOther: however many are being made, the next is made at once, and two of the
// goroutines that made them wait for more.
func TestCallsWaitForNoOther(t *testing.T) {
	const many = 20
	silent := listen(t)
	calls := func(to gossip.Address, timeout time.Duration, ids ...uint64) (effects []machine.Effect) {
		for _, id := range ids {
			effects = append(effects, machine.Call{ID: id, To: to, Request: machine.Heartbeat{Node: "a:1"}, Timeout: timeout})
		}
		return effects
	}
	var first []uint64
	for id := range uint64(many) {
		first = append(first, id)
	}
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		switch line, _ := ev.(machine.Line); line.Text {
		case "many":
			return calls(silent, 50*time.Millisecond, first...)
		case "more":
			return append(calls(silent, patience, 101, 102, 103, 104), calls("127.0.0.1:1", patience, 105)...)
		default:
			return nil
		}
	}})
	r.Type(t.Context(), "many")
	ended := map[uint64]bool{}
	for range first {
		ended[await[machine.Ended](t, r).ID] = true
	}
	if len(ended) != many {
		t.Errorf("%d calls have ended, want %d", len(ended), many)
	}
	for deadline := time.Now().Add(patience); r.Waiting() != 2; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines wait for calls, want 2", r.Waiting())
		}
	}
	r.Type(t.Context(), "more")
	if id := await[machine.Ended](t, r).ID; id != 105 {
		t.Errorf("call %d has ended before the refused one, which has waited for others", id)
	}
}

// TestFilesAreWrittenInOrder, and all of them before Run returns.
func TestFilesAreWrittenInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.txt")
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		if _, ok := ev.(machine.Line); !ok {
			return nil
		}
		return []machine.Effect{
			machine.Write{ID: 1, File: path, Data: []byte("one\n")},
			machine.Write{ID: 2, File: path, Append: true, Data: []byte("two\n")},
			machine.Write{ID: 3, File: filepath.Join(path, "no folder"), Data: []byte("x")},
			machine.Write{ID: 4, File: path, Append: true, Data: []byte("three\n")},
			machine.Exit{},
		}
	}})
	r.Type(t.Context(), "go")
	if err := r.waitEnd(t); err != nil {
		t.Errorf("Run: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "one\ntwo\nthree\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

func TestAFileThatCannotBeWrittenIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not there", "f")
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		if _, ok := ev.(machine.Start); ok {
			return []machine.Effect{machine.Write{ID: 9, File: path, Append: true, Data: []byte("x")}}
		}
		return nil
	}})
	if w := await[machine.Written](t, r); w.ID != 9 || !strings.Contains(w.Error, path) {
		t.Errorf("written %+v, want an error that names %s", w, path)
	}
}

func TestExitEndsTheProcessWithItsReason(t *testing.T) {
	r := run(t, &script{step: func(ev machine.Event) []machine.Effect {
		if l, ok := ev.(machine.Line); ok {
			return []machine.Effect{machine.Print{Text: "bye"}, machine.Exit{Error: l.Text}}
		}
		return nil
	}})
	r.Type(t.Context(), "no such protocol")
	if err := r.waitEnd(t); err == nil || err.Error() != "no such protocol" {
		t.Errorf("Run: %v, want the machine's reason", err)
	}
	if got := r.out.text.String(); got != "bye" {
		t.Errorf("printed %q", got)
	}
}

// waitEnd waits until the machine's own exit has ended Run.
func (r rig) waitEnd(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := r.Look(ctx, func(time.Time) {})
		if errors.Is(err, host.ErrEnded) {
			return r.stop()
		}
		if err != nil {
			t.Fatalf("the process has not ended: %v", err)
		}
	}
}

func TestTicksComeAtTheDeadline(t *testing.T) {
	due := time.Now().Add(20 * time.Millisecond)
	ticked := false
	r := run(t, &script{
		step: func(ev machine.Event) []machine.Effect {
			if _, ok := ev.(machine.Tick); ok {
				ticked = true
			}
			return nil
		},
		deadline: func() (time.Time, bool) { return due, !ticked },
	})
	await[machine.Tick](t, r)
	if now := time.Now(); now.Before(due) {
		t.Errorf("ticked %v early", due.Sub(now))
	}
}

func TestTheEndOfTheConsoleIsNotTheProcess(t *testing.T) {
	r := run(t, &script{step: func(machine.Event) []machine.Effect { return nil }})
	lines := make(chan string, 1)
	lines <- "hello"
	close(lines)
	r.Console(t.Context(), lines)
	if l := await[machine.Line](t, r); l.Text != "hello" {
		t.Errorf("typed %q", l.Text)
	}
	if err := r.Look(t.Context(), func(time.Time) {}); err != nil {
		t.Errorf("the process is gone: %v", err)
	}
}
