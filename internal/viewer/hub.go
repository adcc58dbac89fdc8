//go:build !js

package viewer

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hub hands a stream to any number of viewers as server-sent events. Whoever makes
// the stream never waits for them: viewers read at their own pace from what the hub
// keeps, and one that falls behind all of that is cut off. A viewer that comes back
// goes on after the last event that it had; one that comes late is told a state, and
// what has happened since. It is safe for many goroutines.
type Hub struct {
	epoch string // of this hub: the numbers of another one's events mean nothing here
	limit int    // bytes of lines that are kept

	in      sync.Mutex
	pending []entry
	wake    chan struct{} // has room for one

	mu       sync.Mutex
	state    *State // after the last line
	lines    [][]byte
	first    uint64 // number of lines[0]; numbers are from 1
	size     int    // bytes of lines
	fresh    int    // bytes of lines since the last frame
	frames   []frame
	changed  chan struct{} // closed when there is more
	watchers int
}

type entry struct {
	at    time.Duration
	event Event
}

// frame is a state in lines, that of the stream after line number after.
type frame struct {
	after uint64
	lines [][]byte
}

// DefaultHistory is how many bytes of lines a hub keeps unless told otherwise.
const DefaultHistory = 32 << 20

// NewHub makes a hub that keeps at least half of so many bytes of lines. It hands
// nothing out until Run runs.
func NewHub(limit int) *Hub {
	return &Hub{
		epoch: strconv.FormatInt(time.Now().UnixNano(), 36), limit: limit, wake: make(chan struct{}, 1),
		state: NewState(), first: 1, frames: []frame{{}}, changed: make(chan struct{}),
	}
}

// Put adds an event and returns at once.
func (h *Hub) Put(at time.Duration, e Event) {
	h.in.Lock()
	h.pending = append(h.pending, entry{at, e})
	h.in.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run takes in what is put until ctx ends. The error is about an event that has no
// JSON.
func (h *Hub) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		}
		h.in.Lock()
		pending := h.pending
		h.pending = nil
		h.in.Unlock()
		if err := h.take(pending); err != nil {
			return err
		}
	}
}

func (h *Hub) take(pending []entry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range pending {
		if err := h.add(e); err != nil {
			return err
		}
	}
	close(h.changed)
	h.changed = make(chan struct{})
	return nil
}

func (h *Hub) add(e entry) error {
	line, err := AppendLine(nil, e.at, e.event)
	if err != nil {
		return err
	}
	if _, ok := e.event.(Run); ok {
		h.forget(len(h.lines)) // it begins anew for everybody
		h.frames = []frame{{after: h.first - 1}}
		h.fresh = 0
	}
	h.state.Put(e.at, e.event)
	h.lines = append(h.lines, line)
	h.size, h.fresh = h.size+len(line), h.fresh+len(line)
	if h.fresh > h.limit/4 {
		return h.frame()
	}
	return nil
}

// frame notes the state, and drops the oldest lines if there are too many.
func (h *Hub) frame() error {
	f := frame{after: h.first + uint64(len(h.lines)) - 1}
	var failed error
	h.state.Restate(func(at time.Duration, e Event) {
		line, err := AppendLine(nil, at, e)
		if err != nil {
			failed = err
		}
		f.lines = append(f.lines, line)
	})
	h.frames, h.fresh = append(h.frames, f), 0
	for h.size > h.limit && len(h.frames) > 1 {
		h.frames = h.frames[1:]
		h.forget(int(h.frames[0].after + 1 - h.first))
	}
	return failed
}

// forget drops the oldest n lines.
func (h *Hub) forget(n int) {
	for _, line := range h.lines[:n] {
		h.size -= len(line)
	}
	h.lines = append([][]byte(nil), h.lines[n:]...)
	h.first += uint64(n)
}

// State calls look with the state after all events taken in so far.
func (h *Hub) State(look func(*State)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	look(h.state)
}

// Watchers is how many viewers there are.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watchers
}

// batch is how many lines a viewer is sent at once.
const batch = 1024

// next is what a viewer that has had all up to number cursor is sent now, and the
// number of the last of it. Without lines there is nothing yet: more is closed when
// there is. It is false for one who has fallen behind.
func (h *Hub) next(cursor uint64) (lines [][]byte, last uint64, more <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cursor+1 < h.first {
		if h.frames[0].lines != nil {
			return nil, 0, nil, false
		}
		cursor = h.first - 1 // another run has begun, and the next line says so
	}
	from := int(cursor + 1 - h.first)
	to := min(from+batch, len(h.lines))
	return h.lines[from:to:to], h.first + uint64(to) - 1, h.changed, true
}

// begin is where a viewer begins, given the last event that it says it has had: after
// that one, or after some lines that it is sent first.
func (h *Hub) begin(had string) (cursor uint64, before [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if epoch, number, ok := strings.Cut(had, "-"); ok && epoch == h.epoch {
		n, err := strconv.ParseUint(number, 10, 64)
		if err == nil && n+1 >= h.first && n < h.first+uint64(len(h.lines)) {
			return n, nil
		}
	}
	return h.frames[0].after, h.frames[0].lines
}

func (h *Hub) watch(by int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers += by
}

const (
	// sendWithin is how long a viewer may take to read what it was sent.
	sendWithin = 10 * time.Second
	// pingEvery is how often one is written to if nothing happens.
	pingEvery = 15 * time.Second
	// gather is for how long events are gathered before they are sent.
	gather = 50 * time.Millisecond
)

// ServeHTTP sends the stream, one event in each message, until the viewer or the
// server has had enough.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.watch(+1)
	defer h.watch(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	v := eventWriter{to: w, control: http.NewResponseController(w), epoch: h.epoch}
	cursor, lines := h.begin(r.Header.Get("Last-Event-ID"))
	v.comment("retry: 1000\n\n")
	v.lines(lines, 0)
	v.flush()
	for v.err == nil {
		lines, last, more, ok := h.next(cursor)
		if !ok {
			return
		}
		v.lines(lines, last)
		cursor = last
		if len(lines) > 0 && len(lines) < batch {
			v.flush()
		}
		if len(lines) == batch {
			continue
		}
		if !v.wait(r.Context(), more) {
			return
		}
	}
}

// eventWriter writes server-sent events until that fails.
type eventWriter struct {
	to      http.ResponseWriter
	control *http.ResponseController
	epoch   string
	err     error
}

func (v *eventWriter) write(format string, args ...any) {
	if v.err == nil {
		_, v.err = fmt.Fprintf(v.to, format, args...)
	}
}

func (v *eventWriter) comment(text string) { v.extend(); v.write("%s", text) }

// lines writes events of which the last has this number; 0: they have none.
func (v *eventWriter) lines(lines [][]byte, last uint64) {
	v.extend()
	for i, line := range lines {
		if last > 0 {
			v.write("id: %s-%d\n", v.epoch, last-uint64(len(lines)-1-i))
		}
		v.write("data: %s\n", line) // which ends with a newline of its own
	}
}

// extend gives the viewer time for what is written next.
func (v *eventWriter) extend() {
	if v.err == nil {
		v.err = v.control.SetWriteDeadline(time.Now().Add(sendWithin))
	}
}

func (v *eventWriter) flush() {
	if v.err == nil {
		v.err = v.control.Flush()
	}
}

// wait waits until there is more, and a little longer; false if the viewer has gone.
func (v *eventWriter) wait(ctx context.Context, more <-chan struct{}) bool {
	ping := time.NewTimer(pingEvery)
	defer ping.Stop()
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			return false
		case <-more:
			waiting = false
		case <-ping.C:
			v.comment(": still here\n\n")
			v.flush()
			if v.err != nil {
				return false
			}
			ping.Reset(pingEvery)
		}
	}
	ping.Reset(gather)
	select {
	case <-ctx.Done():
		return false
	case <-ping.C:
		return true
	}
}
