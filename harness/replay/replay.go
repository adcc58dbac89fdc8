// Package replay plays recordings of whole runs again: it makes each process's
// machine anew from its record's settings, feeds it the events, and requires the
// effects that were recorded. While it does, it can look into the machines, and so
// tell what a node knew at a time, and how a verdict came about.
//
// In flow a run's folder, which holds one record for each life of a process in
// records/<name>-<life>.rec, or a single record; out flow texts.
package replay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"gossiprpc/harness/terminal"
	"gossiprpc/internal/recording"
)

// ErrDiffers is wrapped by the error about a machine that does not do what was
// recorded. Other errors mean that it could not be told, or that a record contradicts
// itself (see traffic.go).
var ErrDiffers = errors.New("not the effects that were recorded")

// Summary is what was played.
type Summary struct {
	Processes int // lives of processes
	Events    int
}

// String is for example "10 processes, 41,203 events".
func (s Summary) String() string {
	noun := "processes"
	if s.Processes == 1 {
		noun = "process"
	}
	return fmt.Sprintf("%s %s, %s events", thousands(s.Processes), noun, thousands(s.Events))
}

// Folder plays all records of a run again, given its folder or a single record.
// It prints what there is to say of records that end early, and at last one line:
// that all effects are equal, or the first event whose effects differ.
func Folder(ctx context.Context, out io.Writer, path string) (Summary, error) {
	run, err := Open(path)
	if err != nil {
		return Summary{}, err
	}
	return run.Check(ctx, out)
}

// Check is [Folder] for a run that is open.
func (r *Run) Check(ctx context.Context, out io.Writer) (Summary, error) {
	played := make([]outcome, len(r.lives))
	screen := terminal.On(out)
	out = screen
	var over atomic.Int32
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, l := range r.lives {
		g.Go(func() (err error) {
			if played[i], err = l.check(ctx); err == nil {
				screen.NowAndThen(fmt.Sprintf("%d of %d processes played", over.Add(1), len(played)))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return Summary{}, fmt.Errorf("%d of %d processes were played: %w", over.Load(), len(played), err)
	}
	for _, file := range r.empty {
		fmt.Fprintf(out, "%s: no event, its process ended as it began\n", file)
	}
	s := Summary{Processes: len(played)}
	var first *recording.Difference
	var of *life
	for i, p := range played {
		s.Events += p.events
		if text := ending(p.end); text != "" {
			fmt.Fprintf(out, "%s: %s\n", r.lives[i].file, text)
		}
		if d := p.differs; d != nil && (first == nil || r.at(r.lives[i], d.Time) < r.at(of, first.Time)) {
			first, of = d, r.lives[i]
		}
	}
	if first == nil {
		fmt.Fprintf(out, "%s, all effects equal\n", s)
		return s, nil
	}
	return s, r.differs(out, of, first)
}

// outcome is what came of playing one life.
type outcome struct {
	events  int
	end     recording.End
	differs *recording.Difference
}

func (l *life) check(ctx context.Context) (outcome, error) {
	var o outcome
	p, err := l.open()
	if err != nil {
		return o, err
	}
	defer p.close()
	sent := traffic{self: l.header.Self, open: map[uint64]int{}}
	for s, err := range p.steps() {
		if errors.As(err, &o.differs) {
			return o, nil
		}
		if err != nil {
			return o, fmt.Errorf("%s: %w", l.file, err)
		}
		if err := sent.check(s); err != nil {
			return o, fmt.Errorf("%s, %w", l.file, err)
		}
		if o.events++; o.events%1024 == 0 && ctx.Err() != nil {
			return o, ctx.Err()
		}
	}
	o.end = p.reader.End()
	return o, nil
}

// ending is what there is to say of how a record ends; a killed process is not
// worth a word.
func ending(e recording.End) string {
	switch {
	case e.Torn:
		return "its last record was cut short and is left out"
	case e.Why != "":
		return "it ends before its process: " + e.Why
	}
	return ""
}

// differs prints the first event whose effects are others now.
func (r *Run) differs(out io.Writer, l *life, d *recording.Difference) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: event %s, at %s, has other effects than when it was recorded\n  event: %s\n",
		l.file, thousands(d.Number), seconds(r.at(l, d.Time)), eventWords(d.Event))
	if len(d.Now) == 0 {
		fmt.Fprintln(w, "  now:   nothing")
	}
	for _, e := range d.Now {
		fmt.Fprintf(w, "  now:   %s\n", effectWords(e))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return fmt.Errorf("%s, event %d: %w", l.file, d.Number, ErrDiffers)
}

// thousands writes 41203 as 41,203.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func closeQuietly(f *os.File) { _ = f.Close() } // it was only read
