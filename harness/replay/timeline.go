package replay

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// track is a source of things that happened, in order.
type track interface {
	// peek is when the next one happened; false when there is none.
	peek() (at time.Duration, ok bool, err error)
	// play lets it happen.
	play() error
}

// timeline plays tracks in the order of time, and at the same time in the order of
// their ranks.
type timeline struct {
	heads []head
	idle  []idler // tracks that had nothing more when they were asked
}

// idler is a track that may have more later.
type idler struct {
	rank  int
	track track
}

type head struct {
	at    time.Duration
	rank  int
	track track
}

func (t *timeline) add(rank int, tr track) error {
	at, ok, err := tr.peek()
	switch {
	case err != nil:
		return err
	case ok:
		heap.Push(t, head{at, rank, tr})
	default:
		t.idle = append(t.idle, idler{rank, tr})
	}
	return nil
}

// again asks the tracks that had nothing more once more.
func (t *timeline) again() error {
	idle := t.idle
	t.idle = nil
	for _, i := range idle {
		if err := t.add(i.rank, i.track); err != nil {
			return err
		}
	}
	return nil
}

// next is when the earliest of all happened; false when there is none.
func (t *timeline) next() (time.Duration, bool) {
	if len(t.heads) == 0 {
		return 0, false
	}
	return t.heads[0].at, true
}

// step lets the earliest happen.
func (t *timeline) step() error {
	h := heap.Pop(t).(head)
	if err := h.track.play(); err != nil {
		return err
	}
	return t.add(h.rank, h.track)
}

func (t *timeline) Len() int { return len(t.heads) }

func (t *timeline) Less(i, j int) bool {
	a, b := t.heads[i], t.heads[j]
	if a.at != b.at {
		return a.at < b.at
	}
	return a.rank < b.rank
}

func (t *timeline) Swap(i, j int) { t.heads[i], t.heads[j] = t.heads[j], t.heads[i] }

// Push and Pop are container/heap's.
func (t *timeline) Push(x any) { t.heads = append(t.heads, x.(head)) }

// Pop is container/heap's.
func (t *timeline) Pop() any {
	last := t.heads[len(t.heads)-1]
	t.heads = t.heads[:len(t.heads)-1]
	return last
}

// lifeTrack plays one life's record to its machine.
type lifeTrack struct {
	file    string
	machine machine.Machine
	next    func() (recording.Record, error)
	at      func(time.Time) time.Duration
	record  recording.Record // the next one, if there is
	there   bool
}

func (l *lifeTrack) peek() (time.Duration, bool, error) {
	if !l.there {
		rec, err := l.next()
		if errors.Is(err, io.EOF) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("%s: %w", l.file, err)
		}
		l.record, l.there = rec, true
	}
	return l.at(l.record.Time), true, nil
}

func (l *lifeTrack) play() error {
	l.there = false
	l.machine.Step(l.record.Time, l.record.Event)
	return nil
}
