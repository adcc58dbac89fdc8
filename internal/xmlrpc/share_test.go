package xmlrpc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"gossiprpc/internal/xmlrpc"
)

// slow answers with how often it was called, when told to.
type slow struct {
	mu    sync.Mutex
	calls int
	let   chan struct{}
	err   error
}

func (s *slow) method(ctx context.Context, _ []xmlrpc.Value) (xmlrpc.Value, error) {
	s.mu.Lock()
	s.calls++
	n, err := s.calls, s.err
	s.mu.Unlock()
	select {
	case <-s.let:
	case <-ctx.Done():
		return xmlrpc.Value{}, ctx.Err()
	}
	return xmlrpc.StringValue(strings.Repeat("x", n)), err
}

func answerText(v xmlrpc.Value) string { return string(xmlrpc.AppendAnswer(nil, v)) }

func TestWhoComesDuringAMakingGetsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{})}
		shared := xmlrpc.Share(xmlrpc.Method{Call: s.method}, nil)
		var all sync.WaitGroup
		ask := func(want int) {
			all.Go(func() {
				v, err := shared.Call(t.Context(), nil)
				if err != nil || answerText(v) != answerText(xmlrpc.StringValue(strings.Repeat("x", want))) {
					t.Errorf("%v, %q, want that of making %d", err, answerText(v), want)
				}
			})
		}
		ask(1)
		synctest.Wait()
		for range 50 {
			ask(2)
		}
		synctest.Wait()
		s.let <- struct{}{}
		synctest.Wait()
		s.let <- struct{}{}
		all.Wait()
		if s.calls != 2 {
			t.Errorf("made %d times for 51 callers, want 2", s.calls)
		}
	})
}

func TestAnAnswerIsKeptWhileNothingChanges(t *testing.T) {
	s := &slow{let: make(chan struct{}, 100)}
	for range cap(s.let) {
		s.let <- struct{}{}
	}
	revision := uint64(0)
	shared := xmlrpc.Share(xmlrpc.Method{Call: s.method}, func(context.Context) (uint64, error) { return revision, nil })
	for _, step := range []struct {
		revision uint64
		fails    bool
		calls    int
	}{{0, false, 1}, {0, false, 1}, {1, false, 2}, {1, false, 2}, {2, true, 3}, {2, false, 4}, {2, false, 4}} {
		revision, s.err = step.revision, nil
		if step.fails {
			s.err = errors.New("broken")
		}
		_, err := shared.Call(t.Context(), nil)
		if (err != nil) != step.fails || s.calls != step.calls {
			t.Errorf("%+v: %v after %d calls", step, err, s.calls)
		}
	}
}

func TestTheFirstAskerGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{})}
		shared := xmlrpc.Share(xmlrpc.Method{Call: s.method}, nil)
		first, hangUp := context.WithCancel(t.Context())
		second, hangUpToo := context.WithCancel(t.Context())
		var all sync.WaitGroup
		ask := func(ctx context.Context, gone bool) {
			all.Go(func() {
				if _, err := shared.Call(ctx, nil); errors.Is(err, context.Canceled) != gone {
					t.Errorf("%v, want an error: %t", err, gone)
				}
			})
			synctest.Wait()
		}
		ask(first, true)  // makes one
		ask(second, true) // is to make the next
		ask(t.Context(), false)
		hangUpToo()
		synctest.Wait()
		hangUp()
		synctest.Wait()
		s.let <- struct{}{}
		all.Wait()
	})
}

func TestSharedAnswersOverHTTP(t *testing.T) {
	long := xmlrpc.CellsValue(make([]byte, 5000))
	method := xmlrpc.Method{Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return long, nil }}
	m := xmlrpc.Methods{"shared": xmlrpc.Share(method, nil), "plain": method}
	hostport := serve(t, m, quiet())
	c := client(t, nil)
	for name := range m {
		v, err := c.Call(t.Context(), hostport, name)
		if err != nil || len(v.Items) != 5000 || v.Items[4999].Kind != xmlrpc.Int {
			t.Errorf("%s: %v, %d items", name, err, len(v.Items))
		}
	}
	s, err := xmlrpc.NewServer(m, quiet())
	if err != nil {
		t.Fatal(err)
	}
	plain := post(t, s, xmlrpc.AppendCall(nil, "shared"), nil)
	if text := readAll(t, plain.Body); text != answerText(long) || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("unpacked: %.100q", text)
	}
	if _, err := c.Call(t.Context(), hostport, "shared", xmlrpc.IntValue(1)); err != nil {
		t.Errorf("with an argument, which this method ignores: %v", err)
	}
}
