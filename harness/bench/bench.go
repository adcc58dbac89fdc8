// Package bench compares this project's wire with Python's xmlrpc, with kolo and with
// net/http alone, its nodes with Python's, and its monitor with what the original's would take, side
// by side in one run. What comes out is ratios, of processor time above all, so that a busy machine
// changes little.
package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gossiprpc/internal/xmlrpc"
)

// callers call a server at the same time.
const callers = 4

// measurement is how much is measured of each, and who hears of it.
type measurement struct {
	rounds int
	slice  time.Duration // of processor time, for one side's turn; /proc counts in hundredths of a second
	// profile is how much of a server's processor time is looked at: a hundred samples a second.
	profile time.Duration
	calm    time.Duration                // a round of two clusters at rest
	speed   float64                      // by which their intervals are divided
	tell    func(what string, round int) // 0: it has no rounds
}

// figure is a ratio: how many times as much as this project the peer takes.
type figure struct {
	what, peer string
	wanted     float64   // at least; 0: nothing is wanted
	ratios     []float64 // one a round
	detail     string
}

func (f figure) median() float64 {
	sorted := slices.Sorted(slices.Values(f.ratios))
	return sorted[len(sorted)/2]
}

func (f figure) spread() string {
	return fmt.Sprintf("%.3g to %.3g", slices.Min(f.ratios), slices.Max(f.ratios))
}

func (f figure) passes() bool { return f.median() >= f.wanted }

// enough finds how many times make a turn.
func (m measurement) enough(w work) (int, error) {
	for times := 1; ; {
		took, err := w(times)
		if err != nil {
			return 0, err
		}
		if took >= m.slice/4 {
			return max(1, int(float64(times)*float64(m.slice)/float64(took))), nil
		}
		times *= 4
	}
}

// side is one of those that are compared.
type side struct {
	name  string
	work  work
	times int
}

// cost is a turn's processor time for each time.
func (s side) cost() (float64, error) {
	took, err := s.work(s.times)
	return took.Seconds() / float64(s.times), err
}

// compare lets the first side and its peers take turns.
func (m measurement) compare(ctx context.Context, what string, ours side, peers ...peer) ([]figure, error) {
	sides := []*side{&ours}
	figures := make([]figure, len(peers))
	for i := range peers {
		sides = append(sides, &peers[i].side)
		figures[i] = figure{what: what, peer: peers[i].name, wanted: peers[i].wanted}
	}
	for _, s := range sides {
		var err error
		if s.times, err = m.enough(s.work); err != nil {
			return nil, fmt.Errorf("%s by %s: %w", what, s.name, err)
		}
	}
	var first float64
	last := make([]float64, len(peers))
	for round := range m.rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.tell(what, round+1)
		own, err := ours.cost()
		if err != nil {
			return nil, err
		}
		first = own
		for i := range peers {
			theirs, err := peers[i].cost()
			if err != nil {
				return nil, err
			}
			last[i] = theirs
			figures[i].ratios = append(figures[i].ratios, theirs/own)
		}
	}
	for i := range figures {
		figures[i].detail = fmt.Sprintf("%s, %s", micro(first), micro(last[i]))
	}
	return figures, nil
}

func micro(seconds float64) string { return fmt.Sprintf("%.3g us", seconds*1e6) }

// peer is a side and how many times as fast the first should be.
type peer struct {
	side
	wanted float64
}

// codecs compares reading and writing of a call.
func (m measurement) codecs(ctx context.Context) (figures []figure, err error) {
	python, err := startPython(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, python.process.end()) }()
	s := newSample()
	for _, direction := range []struct {
		what         string
		ours, theirs func() error
		python       string
	}{
		{"read receiveGossip(32)", s.decoding(), s.koloDecoding, "decode"},
		{"write receiveGossip(32)", s.encoding(), s.koloEncoding, "encode"},
	} {
		more, err := m.compare(ctx, direction.what, side{name: "ours", work: here(direction.ours)},
			peer{side{name: "Python's xmlrpc", work: python.work(direction.python, s.document)}, 25},
			peer{side{name: "kolo", work: here(direction.theirs)}, 0})
		if err != nil {
			return nil, err
		}
		figures = append(figures, more...)
	}
	return figures, nil
}

// served compares servers by the processor time that a call costs them.
func (m measurement) served(ctx context.Context, folder string) (figures []figure, err error) {
	program := filepath.Join(folder, "server")
	document := newSample().document
	var works []work
	var ends []func() error
	defer func() {
		for _, end := range ends {
			err = errors.Join(err, end())
		}
	}()
	for _, command := range [][]string{
		{program, "ours"}, {"python3", "-u", "-c", script, "serve"}, {program, "bare"},
	} {
		w, end, err := serverWork(ctx, document, command[0], command[1:]...)
		if err != nil {
			return nil, err
		}
		works, ends = append(works, w), append(ends, end)
	}
	return m.compare(ctx, "serve receiveGossip(32)", side{name: "ours", work: works[0]},
		peer{side{name: "Python's server", work: works[1]}, 10},
		peer{side{name: "net/http alone", work: works[2]}, 1 / 1.5})
}

// serverWork starts a server; its work is to answer so many calls.
func serverWork(ctx context.Context, document []byte, name string, args ...string) (work, func() error, error) {
	child, err := start(ctx, name, args...)
	if err != nil {
		return nil, nil, err
	}
	port, err := child.port()
	if err != nil {
		return nil, nil, err
	}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		return nil, nil, errors.Join(err, child.end())
	}
	end := func() error {
		client.Close()
		return child.end()
	}
	target := fmt.Sprintf("127.0.0.1:%d", port)
	write := func(dst []byte) []byte { return append(dst, document...) }
	return child.answering(ctx, func() error { return client.Tell(ctx, target, "receiveGossip", write) }), end, nil
}

// calls makes so many calls, several at a time.
func calls(ctx context.Context, times int, once func() error) error {
	var left atomic.Int64
	left.Store(int64(times))
	failures := make([]error, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 && failures[i] == nil && ctx.Err() == nil {
				failures[i] = once()
			}
		})
	}
	all.Wait()
	return errors.Join(append(failures, ctx.Err())...)
}
