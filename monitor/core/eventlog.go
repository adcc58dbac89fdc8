package core

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Entry is one line of the event log.
type Entry struct {
	At   time.Time
	Text string
}

// eventLog keeps what has happened lately. It is put into words only when it is
// read: most of it never is.
type eventLog struct {
	size   int        // how many are kept
	ring   []happened // once full, the one at oldest is the next to go
	oldest int
}

type happened struct {
	at   time.Time
	what fmt.Stringer
}

// said is something that was in words from the beginning.
type said string

func (s said) String() string { return string(s) }

// maxNamed is how many nodes a text names: names have up to 253 characters, and
// strangers can invent thousands.
const maxNamed = 8

// few names the first of some nodes, and says how many more there are.
func few(as []gossip.Address) string {
	names := make([]string, 0, maxNamed)
	for _, a := range as[:min(maxNamed, len(as))] {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ") + more(len(as)-maxNamed)
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// brief is an event of which only the first observers are kept.
type brief struct {
	event consensus.Event
	more  int
}

func briefly(e consensus.Event) brief {
	b := brief{event: e, more: len(e.Observers) - maxNamed}
	if b.more > 0 {
		b.event.Observers = slices.Clone(e.Observers[:maxNamed])
	}
	return b
}

func (b brief) String() string { return b.event.String() + more(b.more) }

func (l *eventLog) add(at time.Time, what fmt.Stringer) {
	e := happened{at, what}
	if len(l.ring) < l.size {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[l.oldest] = e
	l.oldest = (l.oldest + 1) % l.size
}

// latest has at most n entries, the oldest first.
func (l *eventLog) latest(n int) []Entry {
	n = min(n, len(l.ring))
	out := make([]Entry, 0, n)
	for i := len(l.ring) - n; i < len(l.ring); i++ {
		e := l.ring[(l.oldest+i)%len(l.ring)]
		out = append(out, Entry{At: e.at, Text: e.what.String()})
	}
	return out
}
