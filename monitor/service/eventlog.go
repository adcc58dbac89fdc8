package service

import "time"

// Entry is one line of the event log.
type Entry struct {
	Number uint64 // from 1, never reused
	At     time.Time
	Kind   string // a consensus.Kind's name, or "case"
	Text   string
}

// eventLog keeps the latest entries.
type eventLog struct {
	ring []Entry
	last uint64 // number of the latest entry
}

func newEventLog(size int) *eventLog { return &eventLog{ring: make([]Entry, 0, size)} }

func (l *eventLog) add(at time.Time, kind, text string) {
	l.last++
	e := Entry{Number: l.last, At: at, Kind: kind, Text: text}
	if len(l.ring) < cap(l.ring) {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[(l.last-1)%uint64(cap(l.ring))] = e
}

// after has the entries with numbers above n that are still kept, of which at
// most the latest limit.
func (l *eventLog) after(n uint64, limit int) []Entry {
	count := min(uint64(len(l.ring)), l.last-min(n, l.last), uint64(limit))
	out := make([]Entry, 0, count)
	for i := l.last - count; i < l.last; i++ {
		out = append(out, l.ring[i%uint64(cap(l.ring))])
	}
	return out
}
