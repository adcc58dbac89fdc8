package replay

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// Run is the records of one run.
type Run struct {
	folder string  // of the run; of a single record, its own
	lives  []*life // by name and number, nodes last
	start  time.Time
	names  map[gossip.Address]string
	empty  []string // records of processes that ended before their first event
}

// life is one process from its start to its end, as its record has it.
type life struct {
	path   string
	file   string // without its folder
	name   string // node3
	number int    // of its lives, from 1
	header recording.Header
	first  time.Time // of its first event
}

// recordFolder is where a run's folder has its records.
const recordFolder = "records"

// FileName is the name of a record: of the number-th life, from 1, of a process.
func FileName(name string, number int) string { return fmt.Sprintf("%s-%d.rec", name, number) }

// What a run that has just begun has not got yet.
var (
	errNoRecord  = errors.New("no record with an event")
	errNoRecords = errors.New("no records")
)

var fileName = regexp.MustCompile(`^(.+)-([1-9][0-9]*)\.rec$`)

// Open reads the headers of a run's records, or of a single one.
func Open(path string) (*Run, error) {
	paths, err := recordPaths(path)
	if err != nil {
		return nil, err
	}
	r := &Run{folder: path, names: map[gossip.Address]string{}}
	if info, err := os.Stat(path); err == nil && !info.IsDir() || filepath.Base(path) == recordFolder {
		r.folder = filepath.Dir(path)
	}
	for _, p := range paths {
		l, err := openLife(p)
		if errors.Is(err, recording.ErrNoHeader) || err == nil && l.first.IsZero() {
			r.empty = append(r.empty, filepath.Base(p))
			continue
		}
		if err != nil {
			return nil, err
		}
		r.lives = append(r.lives, l)
		r.names[l.header.Self] = l.name
		if r.start.IsZero() || l.wall().Before(r.start) {
			r.start = l.wall()
		}
	}
	if len(r.lives) == 0 {
		return nil, fmt.Errorf("%s: %w", path, errNoRecord)
	}
	slices.SortFunc(r.lives, compareLives)
	return r, nil
}

func recordPaths(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	for _, folder := range []string{filepath.Join(path, recordFolder), path} {
		paths, err := filepath.Glob(filepath.Join(folder, "*.rec"))
		if err != nil {
			return nil, fmt.Errorf("records: %w", err)
		}
		if len(paths) > 0 {
			return paths, nil
		}
	}
	return nil, fmt.Errorf("%s: %w there, nor in its folder %s", path, errNoRecords, recordFolder)
}

func openLife(path string) (*life, error) {
	l := &life{path: path, file: filepath.Base(path), number: 1}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	defer closeQuietly(f)
	reader, err := recording.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.file, err)
	}
	l.header = reader.Header
	l.name = l.header.Self.Name()
	if m := fileName.FindStringSubmatch(l.file); m != nil {
		l.name = m[1]
		if l.number, err = strconv.Atoi(m[2]); err != nil {
			return nil, fmt.Errorf("%s: %w", l.file, err)
		}
	}
	rec, err := reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		return l, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", l.file, err)
	}
	l.first = rec.Time
	return l, nil
}

// compareLives puts the monitor and the provider first, and node10 after node9.
func compareLives(a, b *life) int {
	if c := nodeNumber(a.name) - nodeNumber(b.name); c != 0 {
		return c
	}
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return a.number - b.number
}

// nodeNumber is 3 of node3, and 0 of other names.
func nodeNumber(name string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "node"))
	if err != nil {
		return 0
	}
	return n
}

// rank is the life's place among others at the same instant.
func (l *life) rank() int {
	process := slices.Index([]recording.Kind{recording.Monitor, recording.Provider}, l.header.Kind)
	if process < 0 {
		process = 2 + nodeNumber(l.name)
	}
	return process<<16 + l.number
}

// wall is the wall clock's time of the first event: lives share no other clock.
func (l *life) wall() time.Time { return l.first.Round(0) }

// at is when an instant of a life was, since the run's first event. Within a life
// the monotonic clock counts, so that a wall clock which is set moves nothing.
func (r *Run) at(l *life, t time.Time) time.Duration {
	return l.wall().Sub(r.start) + t.Sub(l.first)
}

// name is what the run calls an address.
func (r *Run) name(a gossip.Address) string {
	if n, ok := r.names[a]; ok {
		return n
	}
	return string(a)
}

// of lists the lives of a process, given its name or address.
func (r *Run) of(name string) ([]*life, error) {
	var found []*life
	var names []string
	for _, l := range r.lives {
		if l.name == name || string(l.header.Self) == name {
			found = append(found, l)
		}
		if !slices.Contains(names, l.name) {
			names = append(names, l.name)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no record of %q, want one of %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

// player is a life that is being played.
type player struct {
	file    *os.File
	reader  *recording.Reader
	machine machine.Machine
}

func (l *life) open() (*player, error) {
	f, reader, err := l.read()
	if err != nil {
		return nil, err
	}
	p := &player{file: f, reader: reader}
	if p.machine, err = rebuild(reader.Header); err != nil {
		p.close()
		return nil, fmt.Errorf("%s: %w", l.file, err)
	}
	return p, nil
}

// read opens the life's record at its first event.
func (l *life) read() (*os.File, *recording.Reader, error) {
	f, err := os.Open(l.path)
	if err != nil {
		return nil, nil, fmt.Errorf("record: %w", err)
	}
	reader, err := recording.NewReader(f)
	if err != nil {
		closeQuietly(f)
		return nil, nil, fmt.Errorf("%s: %w", l.file, err)
	}
	return f, reader, nil
}

func (p *player) steps() iter.Seq2[recording.Step, error] { return recording.Play(p.reader, p.machine) }

func (p *player) close() { closeQuietly(p.file) }
