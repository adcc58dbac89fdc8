package xmlrpc

import (
	"sync"
	"time"
)

// lack is a method that a host does not support.
type lack struct{ hostport, method string }

const (
	// lacksFor is how long that is believed: another version may be started there.
	lacksFor = 10 * time.Minute
	// maxLacks bounds how many are remembered; one more than that, and all are forgotten.
	maxLacks = 4096
)

// lacks remembers what hosts do not support. It is safe for many goroutines.
type lacks struct {
	mu    sync.Mutex
	until map[lack]time.Time
}

func (l *lacks) has(what lack, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until[what])
}

func (l *lacks) add(what lack, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= maxLacks {
		l.until = map[lack]time.Time{}
	}
	l.until[what] = now.Add(lacksFor)
}
