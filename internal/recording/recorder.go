package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"gossiprpc/internal/machine"
)

// Recorder is a machine that records another one. Like any machine it belongs to
// one goroutine.
type Recorder struct {
	machine machine.Machine
	to      io.Writer
	limit   int64
	size    int64 // written so far
	chain   uint32
	done    bool
	err     error

	events  encoder
	frame   []byte
	effects effectHash

	before     time.Time // of the last event; zero: none yet
	wall       int64     // of the last event, Unix nanoseconds
	zone       string
	zoneOffset int
}

// Wrap returns a machine that does what m does and writes what the format says to
// w: the header now, and a record at each step, whole and in one Write. A Write
// must not wait. After one that fails, and after limit bytes (0: no limit), nothing
// more is written, and the machine goes on.
func Wrap(m machine.Machine, w io.Writer, h Header, limit int64) *Recorder {
	r := &Recorder{
		machine: m, to: w, limit: limit, events: encoder{names: newNameTable()},
		wall: h.Started.UnixNano(), zone: h.Zone, zoneOffset: h.Offset,
	}
	text, err := json.Marshal(h)
	if err != nil {
		r.done, r.err = true, fmt.Errorf("header: %w", err)
		return r
	}
	r.frame, r.chain = appendFrame(prologue(), text, 0)
	r.put()
	return r
}

// Step implements [machine.Machine]. The step at which the recording ends has one
// effect more: a line for the log.
func (r *Recorder) Step(now time.Time, ev machine.Event) []machine.Effect {
	if r.done {
		return r.machine.Step(now, ev)
	}
	failed := r.note(now, ev) // before the step, whatever that does with the event
	effects := r.machine.Step(now, ev)
	failed = errors.Join(failed, r.effects.add(effects))
	if failed == nil {
		r.events.four(r.effects.sum)
		r.record()
	} else {
		r.err = failed
		r.End(failed.Error())
	}
	if r.done {
		effects = append(effects, r.farewell())
	}
	return effects
}

func (r *Recorder) farewell() machine.Effect {
	why := limitReached
	if r.err != nil {
		why = r.err.Error()
	}
	return machine.Log{Level: machine.Warn, Text: "the recording ends here, the process goes on", Fields: []machine.Field{
		{Key: "why", Value: why}, {Key: "bytes", Value: strconv.FormatInt(r.size, 10)},
	}}
}

// Deadline implements [machine.Machine].
func (r *Recorder) Deadline() (time.Time, bool) { return r.machine.Deadline() }

// note encodes all of a record but the effects.
func (r *Recorder) note(now time.Time, ev machine.Event) error {
	e := &r.events
	e.buf = e.buf[:0]
	kind := kindOf(ev)
	if kind == 0 {
		return fmt.Errorf("the format has no event of type %T", ev)
	}
	if zone, offset := now.Zone(); zone == r.zone && offset == r.zoneOffset {
		e.byte(kind)
	} else {
		e.byte(kind | zoneChanged)
		e.int(int64(offset))
		e.text(zone)
		r.zone, r.zoneOffset = zone, offset
	}
	passed := int64(0)
	if !r.before.IsZero() {
		passed = int64(now.Sub(r.before))
	}
	wall := now.UnixNano()
	e.int(passed)
	e.int(wall - r.wall - passed)
	r.before, r.wall = now, wall
	return e.event(ev)
}

// record writes what has been encoded, if the limit leaves room for it and for
// the last record.
func (r *Recorder) record() {
	frame, chain := appendFrame(r.frame[:0], r.events.buf, r.chain)
	if r.limit > 0 && r.size+int64(len(frame)+limitFrame) > r.limit {
		r.End(limitReached)
		return
	}
	r.frame, r.chain = frame, chain
	r.put()
}

const limitReached = "its limit is reached"

// limitFrame is the size of the last record that says so.
var limitFrame = len(lastFrame(limitReached, 0))

// End writes the last record: why the recording ends before its process does, or
// empty if that ends in good order. Nothing is written after it.
func (r *Recorder) End(why string) {
	if r.done {
		return
	}
	r.frame = lastFrame(why, r.chain)
	r.put()
	r.done = true
}

// lastFrame is the frame that ends a recording, after one with this checksum.
func lastFrame(why string, chain uint32) []byte {
	e := encoder{}
	e.byte(last)
	e.text(why)
	frame, _ := appendFrame(nil, e.buf, chain)
	return frame
}

func (r *Recorder) put() {
	n, err := r.to.Write(r.frame)
	r.size += int64(n)
	if err != nil {
		r.done, r.err = true, errors.Join(r.err, err)
	}
}

// Err is why the recording could not go on; a limit is no error.
func (r *Recorder) Err() error { return r.err }

// Size is how many bytes have been written.
func (r *Recorder) Size() int64 { return r.size }
