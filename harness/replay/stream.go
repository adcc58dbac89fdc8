package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gossiprpc/harness/watch"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"
)

// Put takes an event of the viewer's stream. Times do not go back.
type Put = func(at time.Duration, e viewer.Event)

// Stream plays all records of a run as the viewer's stream, in the order of time:
// what the machines did, what the harness has done to them, and how the run ended.
func (r *Run) Stream(ctx context.Context, put Put) error {
	d, err := r.openDiary()
	if err != nil {
		return err
	}
	defer d.close()
	s, err := r.begin(d.cluster, viewer.Recorded, put)
	if err != nil {
		return err
	}
	if err := s.addActs(d.next); err != nil {
		return err
	}
	for _, l := range r.lives {
		p, err := l.open()
		if err != nil {
			return err
		}
		defer p.close()
		if err := s.addLife(l, p.reader.Next); err != nil {
			return err
		}
	}
	for {
		if _, more := s.line.next(); !more {
			break
		}
		if err := s.line.step(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	end, err := r.readEnd()
	if err != nil {
		return err
	}
	s.stream.Put(0, end)
	return nil
}

// show is a run that is being played to a stream.
type show struct {
	run     *Run
	diary   clusterDetail
	stream  *viewer.Stream
	cluster *watch.Cluster
	line    timeline
}

// begin tells what the run is, and who takes part.
func (r *Run) begin(d clusterDetail, source viewer.Source, put Put) (*show, error) {
	about, spec, err := r.about(d)
	if err != nil {
		return nil, err
	}
	about.Source = source
	s := &show{run: r, diary: d, stream: viewer.NewStream(put)}
	s.cluster = watch.New(s.stream, spec)
	s.stream.Put(0, about)
	var names []string
	var addresses []gossip.Address
	for _, l := range r.lives {
		if d.began(l) {
			names, addresses = append(names, l.name), append(addresses, l.header.Self)
		}
	}
	s.cluster.Name(0, names, addresses)
	return s, nil
}

// addLife adds a life of a process, whose events next reads.
func (s *show) addLife(l *life, next func() (recording.Record, error)) error {
	m, err := rebuild(l.header)
	if err != nil {
		return fmt.Errorf("%s: %w", l.file, err)
	}
	at := func(t time.Time) time.Duration { return s.run.at(l, t) }
	m = s.cluster.Watch(watch.Life{Name: l.name, Self: l.header.Self, Number: l.number, At: at}, m)
	return s.line.add(l.rank(), &lifeTrack{file: l.file, machine: m, next: next, at: at})
}

// addActs adds what the harness did, which next reads.
func (s *show) addActs(next func() (happening, error)) error {
	return s.line.add(-1, &actTrack{show: s, next: next})
}

// index is the place of a process that is a node.
func (s *show) index(name string) (int, bool) {
	for _, l := range s.run.lives {
		if l.name == name && l.header.Kind == recording.Node {
			return s.stream.Node(0, l.header.Self), true
		}
	}
	return 0, false
}

// diaryFile is a diary and its file, if there is one.
type diaryFile struct {
	*diary
	file *os.File
}

func (d diaryFile) close() {
	if d.file != nil {
		closeQuietly(d.file)
	}
}

// openDiary opens what the harness wrote down. A run without a harness has nothing.
func (r *Run) openDiary() (diaryFile, error) {
	f, err := os.Open(filepath.Join(r.folder, diaryName))
	if errors.Is(err, fs.ErrNotExist) {
		d, err := readDiary(strings.NewReader(""))
		return diaryFile{diary: d}, err
	}
	if err != nil {
		return diaryFile{}, fmt.Errorf("what the harness did: %w", err)
	}
	d, err := readDiary(f)
	if err != nil {
		closeQuietly(f)
		return diaryFile{}, err
	}
	return diaryFile{d, f}, nil
}

// actTrack plays what the harness did.
type actTrack struct {
	show  *show
	next  func() (happening, error)
	act   happening // the next one, if there is
	there bool
}

func (a *actTrack) peek() (time.Duration, bool, error) {
	if !a.there {
		h, err := a.next()
		if errors.Is(err, io.EOF) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		a.act, a.there = h, true
	}
	return a.show.run.when(a.show.diary, a.act), true, nil
}

func (a *actTrack) play() error {
	a.there = false
	e, err := a.act.event(a.show.index)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", diaryName, a.act.Event, err)
	}
	if e != nil {
		a.show.stream.Put(a.show.run.when(a.show.diary, a.act), e)
	}
	return nil
}
