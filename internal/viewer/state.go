package viewer

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// State is what a stream has told so far, folded: what holds at the time of its last
// event. Make one with [NewState]; whoever reads it must not change it.
type State struct {
	At       time.Duration
	Run      Run
	Nodes    []Node
	Cells    map[Pair]bool // true only
	Eligible map[int]bool  // true only
	Failed   map[int]Verdict
	Deaf     string
	Away     string
	Case     Case // the running one; Number 0: none
	Results  []Case
	News     map[Pair]News
	Opinions map[Pair]Opinion // suspicions only
	Calls    map[uint64]Send  // under way
	End      *EndOfRun        // nil: it goes on
}

// Pair is an observer and whom it observes.
type Pair struct{ By, Of int }

// News is what a node last learnt of another.
type News struct {
	Beat  int32
	Via   int           // of the message that renewed it
	Heard time.Duration // from when it counts
}

// NewState is the state before the first event.
func NewState() *State {
	return &State{
		Cells: map[Pair]bool{}, Eligible: map[int]bool{}, Failed: map[int]Verdict{},
		News: map[Pair]News{}, Opinions: map[Pair]Opinion{}, Calls: map[uint64]Send{},
	}
}

// Put folds an event in.
func (s *State) Put(at time.Duration, e Event) {
	s.At = at
	switch e := e.(type) {
	case Run:
		*s = *NewState()
		s.At, s.Run = at, e
	case Node:
		if e.Index == len(s.Nodes) {
			s.Nodes = append(s.Nodes, e)
		}
		s.Nodes[e.Index] = e
	case Gone:
		s.forget(e.Node)
	case Start:
		s.start(e)
	case Send:
		s.Calls[e.ID] = e
	case CallEnd:
		delete(s.Calls, e.ID)
	case Heard:
		s.heard(e)
	case Opinion:
		keep(s.Opinions, Pair{e.Node, e.Of}, e, e.Suspect)
	case Cell:
		keep(s.Cells, Pair{e.By, e.Of}, true, e.Suspect)
	case Row:
		s.row(e)
	case Voice:
		keep(s.Eligible, e.Node, true, e.Eligible)
	case Verdict:
		keep(s.Failed, e.Node, e, e.Failed)
	case Deaf:
		s.Deaf = e.Text
	case Away:
		s.Away = e.Text
	case Case:
		s.step(e)
	case EndOfRun:
		s.End = &e
	}
}

func keep[K comparable, V any](m map[K]V, k K, v V, holds bool) {
	if holds {
		m[k] = v
	} else {
		delete(m, k)
	}
}

func (s *State) forget(node int) {
	maps.DeleteFunc(s.Cells, func(p Pair, _ bool) bool { return p.By == node || p.Of == node })
	delete(s.Eligible, node)
	delete(s.Failed, node)
}

func (s *State) start(e Start) {
	if e.Node != nil {
		maps.DeleteFunc(s.News, func(p Pair, _ News) bool { return p.By == *e.Node })
		maps.DeleteFunc(s.Opinions, func(p Pair, _ Opinion) bool { return p.By == *e.Node })
	}
	if e.Who == "monitor" {
		clear(s.Cells)
		clear(s.Eligible)
		clear(s.Failed)
		s.Deaf, s.Case = "", Case{}
	}
}

func (s *State) heard(e Heard) {
	for i, of := range e.Of {
		p := Pair{e.Node, of}
		n := s.News[p]
		n.Beat = e.Beat[i]
		if e.Renewed == nil || e.Renewed[i] == 1 {
			n.Via, n.Heard = e.Via, s.At
			if e.Age != nil {
				n.Heard -= time.Duration(e.Age[i] * float64(time.Second))
			}
		}
		s.News[p] = n
	}
}

func (s *State) row(e Row) {
	maps.DeleteFunc(s.Cells, func(p Pair, _ bool) bool { return p.By == e.By })
	for _, of := range e.Suspect {
		s.Cells[Pair{e.By, of}] = true
	}
}

// keptResults is how many results of test cases a state holds.
const keptResults = 100

func (s *State) step(c Case) {
	switch c.What {
	case CaseBegins, CaseWaits:
		s.Case = c
	case CaseEnds:
		s.Results = append(s.Results[max(0, len(s.Results)+1-keptResults):], c)
		s.Case = Case{}
	case CaseCancelled:
		s.Case = Case{}
	}
}

// Restate tells a reader who knows nothing all that the state holds, by events at its
// time.
func (s *State) Restate(put func(at time.Duration, e Event)) {
	tell := func(e Event) { put(s.At, e) }
	tell(s.Run)
	for _, n := range s.Nodes {
		tell(n)
	}
	for _, c := range s.Results {
		tell(c)
	}
	s.restateNodes(tell)
	s.restateMonitor(tell)
	for _, id := range slices.Sorted(maps.Keys(s.Calls)) {
		tell(s.Calls[id])
	}
	if s.End != nil {
		tell(*s.End)
	}
}

func (s *State) restateNodes(tell func(Event)) {
	byMessage := map[Pair]*Heard{}
	for _, p := range sortedPairs(s.News) {
		n := s.News[p]
		h := byMessage[Pair{p.By, n.Via}]
		if h == nil {
			h = &Heard{Node: p.By, Via: n.Via}
			byMessage[Pair{p.By, n.Via}] = h
		}
		h.Of, h.Beat = append(h.Of, p.Of), append(h.Beat, n.Beat)
		h.Age = append(h.Age, Seconds(s.At-n.Heard))
	}
	for _, p := range sortedPairs(byMessage) {
		tell(*byMessage[p])
	}
	for _, p := range sortedPairs(s.Opinions) {
		tell(s.Opinions[p])
	}
}

func (s *State) restateMonitor(tell func(Event)) {
	rows := map[int][]int{}
	for _, p := range sortedPairs(s.Cells) {
		rows[p.By] = append(rows[p.By], p.Of)
	}
	for _, by := range slices.Sorted(maps.Keys(rows)) {
		tell(Row{By: by, Suspect: rows[by]})
	}
	for _, node := range slices.Sorted(maps.Keys(s.Eligible)) {
		tell(Voice{Node: node, Eligible: true})
	}
	for _, node := range slices.Sorted(maps.Keys(s.Failed)) {
		tell(s.Failed[node])
	}
	if s.Deaf != "" {
		tell(Deaf{Text: s.Deaf})
	}
	if s.Away != "" {
		tell(Away{Text: s.Away})
	}
	if s.Case.Number != 0 {
		tell(s.Case)
	}
}

func sortedPairs[V any](m map[Pair]V) []Pair {
	return slices.SortedFunc(maps.Keys(m), func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.Of, b.Of))
	})
}
