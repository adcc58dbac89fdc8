package xmlrpc

import (
	"context"
	"errors"
	"sync"
	"time"
)

// DefaultMemory is what all connections of a process may hold, in bytes.
const DefaultMemory = 128 << 20

// MinMemory is the least that a Memory may be.
const MinMemory = 1 << 20

// Memory is one budget, in bytes, for what all connections of a process hold: a
// quarter for bodies that are coming, half for values that are read from them, a
// quarter for answers on their way out. They are apart so that nobody who holds one
// waits for somebody who waits for it. It is safe for many goroutines.
type Memory struct {
	bodies, values, answers *pool
}

// NewMemory makes a budget. Less than MinMemory counts as that.
func NewMemory(bytes int64) *Memory {
	bytes = max(bytes, MinMemory)
	return &Memory{bodies: newPool(bytes / 4), values: newPool(bytes / 2), answers: newPool(bytes / 4)}
}

const (
	maxQueue      = 256             // callers that may wait for one part of the budget
	queuePatience = 5 * time.Second // how long they may
	unreckoned    = 8 << 10         // bytes that a connection may hold anyway
)

// errBusy is why a call gets status 503.
var errBusy = errors.New("too many calls at once")

// pool hands out bytes. Whoever asks for much leaves an eighth to those who ask for
// little, so that slow callers with large calls never hold up a heartbeat.
type pool struct {
	size     int64
	patience time.Duration

	mu   sync.Mutex
	used int64
	wait []*claim // in order of arrival
}

type claim struct {
	bytes int64
	ready chan struct{} // closed when granted
}

func newPool(size int64) *pool { return &pool{size: size, patience: queuePatience} }

// room is how much of the pool a claim may fill.
func (p *pool) room(bytes int64) int64 {
	if bytes <= p.size/64 {
		return p.size
	}
	return p.size - p.size/8
}

// take waits for bytes, and returns how many were taken, to be given back. A claim
// to more than there can be takes what there is, alone. The error is errBusy or ctx's.
func (p *pool) take(ctx context.Context, bytes int64) (int64, error) {
	if bytes > p.size/64 {
		bytes = min(bytes, p.size-p.size/8)
	}
	p.mu.Lock()
	if !p.ahead(bytes) && p.used+bytes <= p.room(bytes) {
		p.used += bytes
		p.mu.Unlock()
		return bytes, nil
	}
	if len(p.wait) >= maxQueue {
		p.mu.Unlock()
		return 0, errBusy
	}
	c := &claim{bytes: bytes, ready: make(chan struct{})}
	p.wait = append(p.wait, c)
	p.mu.Unlock()

	patience := time.NewTimer(p.patience)
	defer patience.Stop()
	select {
	case <-c.ready:
		return bytes, nil
	case <-patience.C:
		return p.leave(c, errBusy)
	case <-ctx.Done():
		return p.leave(c, ctx.Err())
	}
}

// ahead tells whether somebody waits who comes before a new claim: small claims wait
// for small ones only.
func (p *pool) ahead(bytes int64) bool {
	small := bytes <= p.size/64
	for _, c := range p.wait {
		if !small || c.bytes <= p.size/64 {
			return true
		}
	}
	return false
}

// leave takes c out of the queue, unless it was granted meanwhile.
func (p *pool) leave(c *claim, err error) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.wait {
		if w == c {
			p.wait = append(p.wait[:i], p.wait[i+1:]...)
			p.grant() // those behind may fit
			return 0, err
		}
	}
	return c.bytes, nil
}

// give returns bytes that were taken; a negative number takes more without waiting.
func (p *pool) give(bytes int64) {
	if bytes == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= bytes
	p.grant()
}

// grant lets in those who fit: small claims in their order, large ones in theirs.
func (p *pool) grant() {
	left := p.wait[:0]
	blocked := false // a large claim waits: later large ones do too
	stuck := false   // a small one does
	for _, c := range p.wait {
		small := c.bytes <= p.size/64
		if p.used+c.bytes <= p.room(c.bytes) && (small && !stuck || !small && !blocked) {
			p.used += c.bytes
			close(c.ready)
			continue
		}
		blocked = true
		stuck = stuck || small
		left = append(left, c)
	}
	clear(p.wait[len(left):])
	p.wait = left
}

// InUse is how many bytes are taken.
func (m *Memory) InUse() int64 {
	var sum int64
	for _, p := range []*pool{m.bodies, m.values, m.answers} {
		p.mu.Lock()
		sum += p.used
		p.mu.Unlock()
	}
	return sum
}
