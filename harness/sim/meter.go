package sim

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Meter measures a world from its making on, by the truth that only a simulation
// has: which processes run.
type Meter struct {
	world  *World
	from   time.Duration
	result Result
	nodes  map[gossip.Address]*metered
	open   map[pair]time.Duration // single observers' wrong suspicions in force
	live   int
	at     time.Duration // until when time is summed
}

type pair struct{ observer, peer gossip.Address }

type metered struct {
	running bool // and not paused
	death   int  // index of its Death + 1; 0: it runs
	wrong   int  // index of the open Mistake of the monitor about it + 1
}

// Result is what a Meter has measured. Instants are virtual times since the
// world began; a length of None did not come to be.
type Result struct {
	From, To time.Duration

	Deaths   []Death   // in order; a node that is paused counts as dead
	Mistakes []Mistake // verdicts of failure about nodes that run, in order

	// Single observers' suspicions of nodes that run.
	Suspicions    int
	SuspicionTime time.Duration // their lengths, summed; those in force count until To

	NodeTime time.Duration // running time, summed over the nodes
	PairTime time.Duration // the same over ordered pairs of running nodes

	Calls map[string]int64 // begun between nodes, by the message's kind
	Bytes int64            // of their bodies
}

// None is a length of time that did not come to an end.
const None time.Duration = -1

// Death is one node's end and how it was found, each as time since At.
type Death struct {
	Node      gossip.Address
	At        time.Duration
	Suspected time.Duration // by the first observer
	Verdict   time.Duration
}

// Mistake is a verdict of failure about a node that runs.
type Mistake struct {
	Node  gossip.Address
	Began time.Duration
	Ended time.Duration // None: in force at the end
}

// NewMeter measures w from now on.
func NewMeter(w *World) *Meter {
	m := &Meter{world: w, from: w.Elapsed(), at: w.Elapsed(), nodes: map[gossip.Address]*metered{}, open: map[pair]time.Duration{}}
	m.result.Calls = map[string]int64{}
	for _, h := range w.hosts {
		if h.kind == aNode {
			n := &metered{running: h.up && !h.paused}
			m.nodes[h.address] = n
			if n.running {
				m.live++
			}
		}
	}
	w.Observe(Hooks{Step: m.step, Process: m.process, Sent: m.sent, Input: m.input})
	return m
}

// Result is what was measured until now.
func (m *Meter) Result() Result {
	m.sum()
	r := m.result
	r.From, r.To = m.from, m.world.Elapsed()
	for _, began := range m.open {
		r.SuspicionTime += r.To - began
	}
	return r
}

// sum adds the time since the last change to what is counted per node.
func (m *Meter) sum() {
	d := m.world.Elapsed() - m.at
	m.at += d
	m.result.NodeTime += time.Duration(m.live) * d
	m.result.PairTime += time.Duration(m.live*(m.live-1)) * d
}

func (m *Meter) process(at time.Duration, name string, c Change) {
	a := m.world.Address(name)
	if a == "" {
		return
	}
	m.sum()
	n := m.nodes[a]
	if n == nil {
		n = &metered{}
		m.nodes[a] = n
	}
	running := c == Started || c == Resumed
	if running == n.running {
		return
	}
	n.running = running
	if running {
		m.live++
		n.death = 0 // a verdict of failure that still stands was right when it was made
		return
	}
	m.live--
	m.result.Deaths = append(m.result.Deaths, Death{Node: a, At: at, Suspected: None, Verdict: None})
	n.death = len(m.result.Deaths)
	m.endMistake(n, at)
	for p, began := range m.open {
		if p.peer == a || p.observer == a {
			m.result.SuspicionTime += at - began
			delete(m.open, p)
		}
	}
}

func (m *Meter) endMistake(n *metered, at time.Duration) {
	if n.wrong > 0 {
		m.result.Mistakes[n.wrong-1].Ended = at
		n.wrong = 0
	}
}

func (m *Meter) step(s Step) {
	for _, effect := range s.Effects {
		e, ok := effect.(protocol.OpinionChanged)
		if !ok {
			continue
		}
		n := m.nodes[e.Peer]
		p := pair{s.Node.Self(), e.Peer}
		switch {
		case n == nil:
		case n.running && e.Suspected:
			m.result.Suspicions++
			m.open[p] = s.At
		case n.running:
			if began, ok := m.open[p]; ok {
				m.result.SuspicionTime += s.At - began
				delete(m.open, p)
			}
		case e.Suspected && n.death > 0:
			if d := &m.result.Deaths[n.death-1]; d.Suspected == None {
				d.Suspected = s.At - d.At
			}
		}
	}
}

func (m *Meter) sent(_, _ gossip.Address, msg gossip.Message, bytes int) {
	m.result.Calls[msg.Kind()]++
	m.result.Bytes += int64(bytes)
}

func (m *Meter) input(_ time.Time, _ consensus.Input, events []consensus.Event) {
	at := m.world.Elapsed()
	for _, e := range events {
		n := m.nodes[e.Node]
		switch {
		case n == nil:
		case e.Kind == consensus.Failed && n.running:
			m.result.Mistakes = append(m.result.Mistakes, Mistake{Node: e.Node, Began: at, Ended: None})
			n.wrong = len(m.result.Mistakes)
		case e.Kind == consensus.Failed && n.death > 0:
			if d := &m.result.Deaths[n.death-1]; d.Verdict == None {
				d.Verdict = at - d.At
			}
		case e.Kind == consensus.Alive:
			m.endMistake(n, at)
		}
	}
}

// Quality is a failure detector's quality of service in the sense of Chen, Toueg
// and Aguilera (2002), here of the monitor's verdicts about one node.
type Quality struct {
	Detection  []time.Duration // of each death that was found
	Missed     int             // deaths that were not
	Recurrence time.Duration   // mean running time of a node from one mistake about it to the next; None: there was none
	Duration   time.Duration   // mean length of a mistake; None: there was none
	Accuracy   float64         // share of running time in which the verdict was right
}

// Quality sums up the monitor's verdicts.
func (r Result) Quality() Quality {
	q := Quality{Recurrence: None, Duration: None, Accuracy: 1}
	for _, d := range r.Deaths {
		if d.Verdict == None {
			q.Missed++
		} else {
			q.Detection = append(q.Detection, d.Verdict)
		}
	}
	var wrong time.Duration
	for _, m := range r.Mistakes {
		ended := m.Ended
		if ended == None {
			ended = r.To
		}
		wrong += ended - m.Began
	}
	q.sum(len(r.Mistakes), wrong, r.NodeTime)
	return q
}

// Observers sums up single observers' opinions of running nodes in the same way;
// deaths play no part.
func (r Result) Observers() Quality {
	q := Quality{Recurrence: None, Duration: None, Accuracy: 1}
	q.sum(r.Suspicions, r.SuspicionTime, r.PairTime)
	return q
}

func (q *Quality) sum(mistakes int, wrong, whole time.Duration) {
	if mistakes > 0 {
		q.Recurrence, q.Duration = whole/time.Duration(mistakes), wrong/time.Duration(mistakes)
	}
	if whole > 0 {
		q.Accuracy = 1 - float64(wrong)/float64(whole)
	}
}

// Measure makes a world, lets it join and warm up, does something to it, and
// measures for as long as length. do may be nil.
func Measure(c Config, warm, length time.Duration, do func(*World)) (Result, error) {
	w, err := New(c)
	if err != nil {
		return Result{}, err
	}
	if limit := 10*c.Timing.Fail + time.Minute; !w.AwaitJoined(limit) {
		return Result{}, fmt.Errorf("simulation: %s with %d nodes, seed %d, has not joined within %v", c.Protocol.Name, c.Nodes, c.Seed, limit)
	}
	w.Run(warm)
	m := NewMeter(w)
	if do != nil {
		do(w)
	}
	w.Run(length)
	return m.Result(), nil
}
