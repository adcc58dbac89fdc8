package host

import "sync"

// backlog hands values to one goroutine, in order, without ever making those who
// put them wait.
type backlog[T any] struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []T
	closed  bool
}

func newBacklog[T any]() *backlog[T] {
	b := &backlog[T]{}
	b.changed.L = &b.mu
	return b
}

func (b *backlog[T]) put(v T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, v)
	b.changed.Signal()
}

// close lets serve return once nothing waits any more.
func (b *backlog[T]) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.changed.Signal()
}

// serve calls do with each value until close.
func (b *backlog[T]) serve(do func(T)) {
	for {
		v, ok := b.take()
		if !ok {
			return
		}
		do(v)
	}
}

func (b *backlog[T]) take() (v T, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.waiting) == 0 && !b.closed {
		b.changed.Wait()
	}
	if len(b.waiting) == 0 {
		return v, false
	}
	v, b.waiting = b.waiting[0], b.waiting[1:]
	return v, true
}
