package core

import "time"

// Entry is one line of the event log.
type Entry struct {
	At   time.Time
	Text string
}

// eventLog keeps the latest entries.
type eventLog struct {
	size   int     // how many are kept
	ring   []Entry // once full, the entry at oldest is the next to go
	oldest int
}

func (l *eventLog) add(at time.Time, text string) {
	e := Entry{At: at, Text: text}
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
		out = append(out, l.ring[(l.oldest+i)%len(l.ring)])
	}
	return out
}
