// Package shown runs clusters in virtual time before the viewer's eyes: a world and
// the stream of events that it makes.
//
// A sim.Config goes in; a sim.World to act on comes out, and events as its time runs.
// Nothing here needs an operating system.
package shown

import (
	"slices"
	"strings"
	"time"

	"gossiprpc/harness/sim"
	"gossiprpc/harness/watch"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/viewer"
)

// World is a simulated cluster whose every step is told to a stream. It belongs to
// one goroutine.
type World struct {
	*sim.World
	cluster *watch.Cluster
	stream  *viewer.Stream
}

// New makes a world at its beginning. A Wrap of the configuration is put around the
// machines that are watched.
func New(c sim.Config, put func(at time.Duration, e viewer.Event)) (*World, error) {
	w := &World{}
	// Machines start before it is known when, and the run must be told first.
	var early []viewer.Event
	hold := func(_ time.Duration, e viewer.Event) { early = append(early, e) }
	w.stream = viewer.NewStream(func(at time.Duration, e viewer.Event) { hold(at, e) })
	w.cluster = watch.New(w.stream, c.Protocol)
	wrap := c.Wrap
	c.Wrap = func(l sim.Life, m machine.Machine) machine.Machine {
		m = w.cluster.Watch(watch.Life{Name: l.Name, Self: l.Self, Number: int(l.Number), At: w.at}, m)
		if wrap != nil {
			m = wrap(l, m)
		}
		return m
	}
	var err error
	if w.World, err = sim.New(c); err != nil {
		return nil, err
	}
	about := watch.About(c.Parameters, c.Nodes)
	about.Source, about.Backend, about.Seed = viewer.Simulated, "sim", c.Seed
	about.Start = w.Now().Format(time.RFC3339Nano)
	hold = put
	w.stream.Put(0, about)
	for _, e := range early {
		w.stream.Put(0, e)
	}
	names := w.Nodes()
	addresses := make([]gossip.Address, len(names))
	for i, name := range names {
		addresses[i] = w.Address(name)
	}
	w.cluster.Name(0, names, addresses)
	return w, nil
}

// at is the stream's time of whatever happens: the true one, whatever a process's
// clocks show.
func (w *World) at(time.Time) time.Duration {
	if w.World == nil {
		return 0 // it is being made
	}
	return w.Elapsed()
}

// Act tells what is about to be done to processes, or in other words of text.
func (w *World) Act(what string, names []string, text string) {
	a := viewer.Act{What: what, Text: text}
	if text == "" {
		a.Text = strings.Join(names, " ")
	}
	for _, name := range names {
		if i, ok := w.Index(name); ok {
			a.Nodes = append(a.Nodes, i)
		}
	}
	w.Tell(a)
}

// Index is the number of a node in the stream; false: no node has this name.
func (w *World) Index(name string) (int, bool) {
	if !slices.Contains(w.Nodes(), name) {
		return 0, false
	}
	return w.stream.Node(w.Elapsed(), w.Address(name)), true
}

// Tell tells what somebody else knows of the run.
func (w *World) Tell(e viewer.Event) { w.stream.Put(w.Elapsed(), e) }

// End tells that the run is over.
func (w *World) End(verdict, text string) {
	w.Tell(viewer.EndOfRun{Verdict: verdict, Text: text})
}
