package figures

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// estimator tells people how much time is left: on a terminal in one line that it
// overwrites, elsewhere in a new line now and then.
type estimator struct {
	mu       sync.Mutex
	out      io.Writer
	what     string
	terminal bool
	began    time.Time
	told     time.Time
	jobs     int
	weight   float64
	finished int
	ready    float64
	pause    time.Duration // between lines, where out is no terminal
}

func newEstimator(out io.Writer, what string, jobs []job) *estimator {
	e := &estimator{out: out, what: what, jobs: len(jobs), began: time.Now(), told: time.Now(), pause: 15 * time.Second}
	for _, j := range jobs {
		e.weight += j.weight
	}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			e.terminal = info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
		}
	}
	return e
}

func (e *estimator) done(weight float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.finished++
	e.ready += weight
	pause := e.pause
	if e.terminal {
		pause = time.Second / 2
	}
	if time.Since(e.told) < pause {
		return
	}
	e.told = time.Now()
	left := time.Duration(float64(time.Since(e.began)) / e.ready * (e.weight - e.ready))
	text := fmt.Sprintf("%s: %d of %d runs, %.0f %%, about %v to go", e.what, e.finished, e.jobs, 100*e.ready/e.weight,
		left.Round(time.Second))
	if e.terminal {
		fmt.Fprintf(e.out, "\r\x1b[K%s", text)
	} else {
		fmt.Fprintln(e.out, text)
	}
}

func (e *estimator) end() {
	if e.terminal {
		fmt.Fprint(e.out, "\r\x1b[K")
	}
	fmt.Fprintf(e.out, "%s: %d of %d runs in %v\n", e.what, e.finished, e.jobs, time.Since(e.began).Round(time.Second/10))
}
