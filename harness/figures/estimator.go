package figures

import (
	"fmt"
	"io"
	"sync"
	"time"

	"gossiprpc/harness/terminal"
)

// estimator tells people now and then how much time is left.
type estimator struct {
	mu       sync.Mutex
	screen   *terminal.Screen
	what     string
	began    time.Time
	jobs     int
	weight   float64
	finished int
	ready    float64
}

func newEstimator(out io.Writer, what string, jobs []job) *estimator {
	e := &estimator{screen: terminal.On(out), what: what, jobs: len(jobs), began: time.Now()}
	for _, j := range jobs {
		e.weight += j.weight
	}
	e.tell()
	return e
}

func (e *estimator) done(weight float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.finished++
	e.ready += weight
	e.tell()
}

func (e *estimator) tell() {
	text := fmt.Sprintf("%s: %d of %d runs", e.what, e.finished, e.jobs)
	if e.ready > 0 {
		left := time.Duration(float64(time.Since(e.began)) / e.ready * (e.weight - e.ready))
		text += fmt.Sprintf(", %.0f %%, about %v to go", 100*e.ready/e.weight, left.Round(time.Second))
	}
	e.screen.NowAndThen(text)
}

func (e *estimator) end() {
	fmt.Fprintf(e.screen, "%s: %d of %d runs in %v\n", e.what, e.finished, e.jobs,
		time.Since(e.began).Round(time.Second/10))
}
