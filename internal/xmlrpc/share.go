package xmlrpc

import (
	"context"
	"errors"
	"sync"
)

// Share returns a method without arguments that answers as m does, but makes each
// answer once for all who ask at the same time: one making is under way, and whoever
// comes meanwhile gets the next. So nobody gets an answer from before it asked. With
// a revision, which m's answer must depend on alone, an answer is also kept until
// that changes. Errors are not kept.
func Share(m Method, revision func(context.Context) (uint64, error)) Method {
	s := &sharer{method: m, revision: revision, turn: make(chan struct{}, 1)}
	return Method{Call: func(ctx context.Context, args []Value) (Value, error) {
		if len(args) > 0 {
			return m.Call(ctx, args)
		}
		return s.ask(ctx)
	}, Read: func(c *Canonical) Do {
		if !c.EndCall() {
			return nil
		}
		return s.ask
	}}
}

type sharer struct {
	method   Method
	revision func(context.Context) (uint64, error)
	turn     chan struct{} // held by who makes an answer

	mu   sync.Mutex
	next *making // which callers join; nil: none yet

	// These belong to who holds turn.
	kept   Value
	keptOf uint64
	keeps  bool
}

// making is one answer and those who wait for it.
type making struct {
	done   chan struct{}
	answer Value
	err    error
}

func (s *sharer) ask(ctx context.Context) (Value, error) {
	for {
		m, first := s.join()
		if first {
			s.make(ctx, m)
			return m.answer, m.err
		}
		select {
		case <-m.done:
			if !gone(m.err) {
				return m.answer, m.err
			}
			// It was the first caller who has gone, not this one.
		case <-ctx.Done():
			return Value{}, ctx.Err()
		}
	}
}

func gone(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// join enters the next making; first is told to carry it out.
func (s *sharer) join() (m *making, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &making{done: make(chan struct{})}
		first = true
	}
	return s.next, first
}

func (s *sharer) make(ctx context.Context, m *making) {
	defer close(m.done)
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		m.err = ctx.Err()
	}
	s.mu.Lock()
	s.next = nil // whoever comes from now on is too late for this one
	s.mu.Unlock()
	if m.err == nil {
		m.answer, m.err = s.answer(ctx)
	}
}

func (s *sharer) answer(ctx context.Context) (Value, error) {
	if s.revision == nil {
		v, err := s.method.Call(ctx, nil)
		return prepare(v), err
	}
	// Read before the answer is made: a change meanwhile makes it anew next time.
	now, err := s.revision(ctx)
	if err != nil {
		return Value{}, err
	}
	if s.keeps && s.keptOf == now {
		return s.kept, nil
	}
	s.keeps = false
	v, err := s.method.Call(ctx, nil)
	if err != nil {
		return Value{}, err
	}
	s.kept, s.keptOf, s.keeps = prepare(v), now, true
	return s.kept, nil
}

// prepare makes the document that answers with v, plain and packed, so that all who
// get it share the bytes.
func prepare(v Value) Value {
	p := v
	if v.Kind != prepared {
		p = Written(AppendAnswer(nil, v))
	}
	if len(p.Bytes) > gzipOver {
		if packed, err := pack(p.Bytes); err == nil {
			p.Items = []Value{Base64Value(packed)}
		}
	}
	return p
}
