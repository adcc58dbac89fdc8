package tutorial_test

import (
	"maps"
	"time"

	"gossiprpc/internal/viewer"
)

// measures are what the tutorial's tables say of a run, by their names there: seconds,
// shares of 100, or numbers. What has not happened is not among them.
type measures map[string]float64

const (
	found      = "found, s"            // from the act to the last verdict on those it was done to
	firstDoubt = "first suspicion, s"  // from the act until the monitor has it
	doubted    = "suspected it before" // by how many, of the first of them, when the act came
	calmWrong  = "observers wrong, %"  // of the time, about nodes that nobody has disturbed
	wrongly    = "wrong verdicts"      // of failure, on nodes that were not disturbed
	deaf       = "deaf, s"             // that is, the monitor
	back       = "back, s"             // from the act that ended it to the last verdict taken back
	mended     = "suspicions gone, s"  // from the same to when nobody has the suspicions of then any more
	forlorn    = "it suspects"         // at most, of those that came back, just then
	warm       = 40 * time.Second      // the beginning, which does not count as calm
)

// reader follows a run as somebody does who looks at the page.
type reader struct {
	got   measures
	state *viewer.State

	down  map[int]time.Duration // since when nodes are killed, paused or cut off
	acted bool
	first time.Duration // of the acts that did so
	away  []int         // who is paused or cut off
	ended time.Duration // when an act ended it
	back  map[int]bool  // whom that brought back
	torn  map[viewer.Pair]bool

	wrong, pairs float64 // seconds of calm, for each suspicion, and for each that could be
}

func newReader() *reader {
	return &reader{
		got: measures{wrongly: 0, deaf: 0}, state: viewer.NewState(),
		down: map[int]time.Duration{}, back: map[int]bool{}, torn: map[viewer.Pair]bool{},
	}
}

func (r *reader) put(at time.Duration, e viewer.Event) {
	r.pass(at)
	switch e := e.(type) {
	case viewer.Act:
		r.act(at, e)
	case viewer.Cell:
		r.cell(at, e)
	case viewer.Verdict:
		r.verdict(at, e)
	}
	r.state.Put(at, e)
	r.mend(at)
}

// pass counts what held since the last event.
func (r *reader) pass(to time.Duration) {
	passed := (to - r.state.At).Seconds()
	if n := float64(len(r.state.Nodes)); !r.acted && r.state.At > warm {
		r.wrong += passed * float64(len(r.state.Cells))
		r.pairs += passed * n * (n - 1)
		r.got[calmWrong] = 100 * r.wrong / r.pairs
	}
	if r.state.Deaf != "" {
		r.got[deaf] += passed
	}
}

func (r *reader) act(at time.Duration, e viewer.Act) {
	switch e.What {
	case "kill", "pause", "partition":
		if !r.acted && len(e.Nodes) > 0 {
			r.acted, r.first = true, at
			r.got[doubted] = float64(r.suspecting(func(p viewer.Pair) bool { return p.Of == e.Nodes[0] }))
		}
		for _, n := range e.Nodes {
			r.down[n] = at
			delete(r.back, n)
		}
		if e.What != "kill" {
			r.away = append(r.away, e.Nodes...)
		}
	case "loss":
		r.wrong, r.pairs = 0, 0
	case "resume", "heal":
		r.ended = at
		for _, n := range r.away {
			r.back[n] = true
			delete(r.down, n)
		}
		r.away = nil
		maps.Copy(r.torn, r.state.Cells)
	}
}

func (r *reader) suspecting(which func(viewer.Pair) bool) (n int) {
	for p := range r.state.Cells {
		if which(p) {
			n++
		}
	}
	return n
}

func (r *reader) cell(at time.Duration, e viewer.Cell) {
	if _, told := r.got[firstDoubt]; e.Suspect && !told {
		if since, down := r.down[e.Of]; down {
			r.got[firstDoubt] = (at - since).Seconds()
		}
	}
}

func (r *reader) verdict(at time.Duration, e viewer.Verdict) {
	since, down := r.down[e.Node]
	switch {
	case e.Failed && down:
		r.got[found] = (at - since).Seconds()
	case e.Failed && !r.back[e.Node]:
		r.got[wrongly]++
	case !e.Failed && r.back[e.Node]:
		r.got[back] = (at - r.ended).Seconds()
	}
}

// mend looks after those that came back.
func (r *reader) mend(at time.Duration) {
	if len(r.back) == 0 {
		return
	}
	of := map[int]float64{}
	for p := range r.state.Cells {
		if r.back[p.By] {
			of[p.By]++
			r.got[forlorn] = max(r.got[forlorn], of[p.By])
		}
	}
	for p := range r.torn {
		if !r.state.Cells[p] {
			delete(r.torn, p)
			r.got[mended] = (at - r.ended).Seconds()
		}
	}
}
