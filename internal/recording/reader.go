package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"gossiprpc/internal/instant"
	"gossiprpc/internal/machine"
)

// Record is an event as it was recorded.
type Record struct {
	Number int   // from 1
	Offset int64 // of the record, in the file
	// Time has the wall clock's reading and a monotonic one, which began at 0 with
	// the first event.
	Time    time.Time
	Uptime  time.Duration // of Time, monotonic
	Event   machine.Event
	Effects uint32 // running hash of all effects, up to this step
}

// Reader reads a recording. It belongs to one goroutine.
type Reader struct {
	Header Header

	frames  frames
	decoder decoder
	number  int
	wall    int64
	uptime  int64
	end     End
}

// End is how a recording ends.
type End struct {
	Proper bool   // it has a last record; false: its process was killed, or still runs
	Why    string // of the last record; empty: the process ended in good order
	Torn   bool   // the last record was cut short, and is left out
}

// ErrNoHeader is returned for a file that ends before its header does: its process
// was killed as it began.
var ErrNoHeader = errors.New("recording without a whole header")

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	buffered := bufio.NewReader(r)
	head := make([]byte, len(magic)+1)
	n, err := io.ReadFull(buffered, head)
	switch {
	case !strings.HasPrefix(magic, string(head[:min(n, len(magic))])):
		return nil, fmt.Errorf("%w: it does not begin as a recording does", ErrDamaged)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrNoHeader
	case err != nil:
		return nil, err
	}
	if v := head[len(magic)]; v != version {
		return nil, fmt.Errorf("recording of version %d: want version %d", v, version)
	}
	rd := &Reader{frames: frames{r: buffered, offset: int64(len(head))}}
	text, _, err := rd.frames.next()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrNoHeader
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &rd.Header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrDamaged, err)
	}
	rd.wall = rd.Header.Started.UnixNano()
	rd.setZone(rd.Header.Zone, rd.Header.Offset)
	return rd, nil
}

func (r *Reader) setZone(name string, offset int) {
	r.decoder.zone = time.FixedZone(name, offset)
	if name == "UTC" && offset == 0 {
		r.decoder.zone = time.UTC
	}
}

// Next returns the next event, and io.EOF after the last one, when [Reader.End]
// says how the recording ends. An error that wraps [ErrDamaged] names the place.
func (r *Reader) Next() (Record, error) {
	if r.end.Proper || r.end.Torn {
		return Record{}, io.EOF
	}
	payload, at, err := r.frames.next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		r.end.Torn = true
		return Record{}, io.EOF
	}
	if err != nil {
		return Record{}, err
	}
	d := &r.decoder
	d.data = payload
	kind := d.byte()
	if kind == last {
		return Record{}, r.last(at)
	}
	if kind&zoneChanged != 0 {
		offset, name := d.int32(), d.text()
		r.setZone(name, int(offset))
	}
	r.number++
	passed := d.int()
	r.uptime += passed
	r.wall += passed + d.int()
	if r.wall < 0 || r.wall > instant.Latest {
		d.fail(errors.New("a time before 1970 or after 2157"))
	}
	rec := Record{Number: r.number, Offset: at, Event: d.event(kind &^ zoneChanged), Effects: d.four()}
	if err := r.checkEnd(at); err != nil {
		return Record{}, err
	}
	rec.Time, rec.Uptime = instant.At(r.wall, r.uptime, d.zone), time.Duration(r.uptime)
	return rec, nil
}

// Grown has Next look again for what was written since it returned io.EOF, when the
// recording's process was still running.
func (r *Reader) Grown() { r.end.Torn = false }

// All gives the events that are left. The last pair has an error where the
// recording is damaged.
func (r *Reader) All() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) || !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func (r *Reader) last(at int64) error {
	why := r.decoder.text()
	if err := r.checkEnd(at); err != nil {
		return err
	}
	if _, _, err := r.frames.next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the last record, at offset %d", ErrDamaged, r.frames.offset)
	}
	r.end = End{Proper: true, Why: why}
	return io.EOF
}

// checkEnd returns what was wrong with the record that has been decoded.
func (r *Reader) checkEnd(at int64) error {
	d := &r.decoder
	if len(d.data) > 0 {
		d.fail(errors.New("it is too long"))
	}
	if d.err != nil {
		return fmt.Errorf("%w: the record at offset %d: %w", ErrDamaged, at, d.err)
	}
	return nil
}

// End says how the recording ends, once Next has returned io.EOF.
func (r *Reader) End() End { return r.end }
