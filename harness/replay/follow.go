package replay

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"
)

// Follower plays the records of a run that is going on, as they grow.
type Follower struct {
	Folder string // of the run, with a harness's diary in it
	// Written is up to when, by the cluster's clock, all that has happened is on the
	// disk. It must not go back.
	Written func() time.Time
	// Every is how often to look for more.
	Every time.Duration
}

// Stream tells the run from its beginning, waiting for what is not there yet, until
// its folder has a verdict, or ctx ends.
func (f Follower) Stream(ctx context.Context, put Put) error {
	tick := time.NewTicker(f.Every)
	defer tick.Stop()
	var p pursuit
	defer p.close()
	for {
		written := f.Written()
		over := exists(filepath.Join(f.Folder, verdictName))
		if over {
			written = time.Unix(math.MaxInt32, 0) // nothing more will be
		}
		if err := p.look(f.Folder, written, put); err != nil {
			return err
		}
		if p.show != nil {
			if err := p.play(written); err != nil {
				return err
			}
		}
		if over && p.show != nil {
			end, err := p.show.run.readEnd()
			if err == nil {
				p.show.stream.Put(0, end)
			}
			return err
		}
		if over {
			return errors.New(f.Folder + ": the run is over and has left no records")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// pursuit is how far a run has been followed.
type pursuit struct {
	show  *show // nil: the cluster is not up yet
	diary diaryFile
	lives []*chase
}

// chase is a life whose record grows.
type chase struct {
	file   *os.File
	reader *recording.Reader
}

func (p *pursuit) close() {
	p.diary.close()
	for _, l := range p.lives {
		closeQuietly(l.file)
	}
}

// look finds records that have appeared. Until the beginnings of all are on the disk
// nothing is told: the run's first event is not known.
func (p *pursuit) look(folder string, written time.Time, put Put) error {
	if p.show == nil {
		return p.begin(folder, written, put)
	}
	paths, err := filepath.Glob(filepath.Join(folder, recordFolder, "*.rec"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	for _, path := range paths {
		if slices.ContainsFunc(p.show.run.lives, func(l *life) bool { return l.path == path }) {
			continue
		}
		l, err := openLife(path)
		if errors.Is(err, recording.ErrNoHeader) || err == nil && l.first.IsZero() {
			continue
		}
		if err != nil {
			return err
		}
		p.show.run.lives = append(p.show.run.lives, l)
		p.show.run.names[l.header.Self] = l.name
		if err := p.follow(l); err != nil {
			return err
		}
	}
	return nil
}

func (p *pursuit) begin(folder string, written time.Time, put Put) error {
	if !exists(filepath.Join(folder, diaryName)) || !exists(filepath.Join(folder, recordFolder)) {
		return nil
	}
	run, err := Open(folder)
	if errors.Is(err, errNoRecord) || errors.Is(err, errNoRecords) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := run.openDiary()
	if err != nil {
		return err
	}
	if d.cluster.Began.IsZero() || written.Before(d.cluster.Began) {
		d.close()
		return nil
	}
	p.diary = d
	if p.show, err = run.begin(d.cluster, viewer.Live, put); err != nil {
		return err
	}
	if err := p.show.addActs(d.next); err != nil {
		return err
	}
	for _, l := range run.lives {
		if err := p.follow(l); err != nil {
			return err
		}
	}
	return nil
}

// follow adds a life.
func (p *pursuit) follow(l *life) error {
	f, reader, err := l.read()
	if err != nil {
		return err
	}
	p.lives = append(p.lives, &chase{f, reader})
	return p.show.addLife(l, reader.Next)
}

// play plays all that happened until an instant.
func (p *pursuit) play(written time.Time) error {
	for _, l := range p.lives {
		l.reader.Grown()
	}
	line := &p.show.line
	if err := line.again(); err != nil {
		return err
	}
	until := written.Sub(p.show.run.start)
	for {
		at, more := line.next()
		if !more || at > until {
			return nil
		}
		if err := line.step(); err != nil {
			return err
		}
	}
}
