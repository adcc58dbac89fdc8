package recording

import (
	"fmt"

	"gossiprpc/internal/machine"
)

// The kinds of records.
const (
	last = iota
	start
	tick
	line
	called
	ended
	written

	zoneChanged = 0x80
)

// kindOf is a kind's byte, 0 for an event that the format does not have.
func kindOf(ev machine.Event) byte {
	switch ev.(type) {
	case machine.Start:
		return start
	case machine.Tick:
		return tick
	case machine.Line:
		return line
	case machine.Called:
		return called
	case machine.Ended:
		return ended
	case machine.Written:
		return written
	}
	return 0
}

// event appends an event's fields.
func (e *encoder) event(ev machine.Event) error {
	switch ev := ev.(type) {
	case machine.Line:
		e.text(ev.Text)
	case machine.Called:
		return e.request(ev.Request)
	case machine.Ended:
		e.uint(ev.ID)
		e.answer(ev.Answer)
		e.callError(ev.Error)
		e.int(ev.Sent)
	case machine.Written:
		e.uint(ev.ID)
		e.text(ev.Error)
	}
	return nil
}

func (d *decoder) event(kind byte) machine.Event {
	switch kind {
	case start:
		return machine.Start{}
	case tick:
		return machine.Tick{}
	case line:
		return machine.Line{Text: d.text()}
	case called:
		return machine.Called{Request: d.request()}
	case ended:
		return machine.Ended{ID: d.uint(), Answer: d.answer(), Error: d.callError(), Sent: d.int()}
	case written:
		return machine.Written{ID: d.uint(), Error: d.text()}
	}
	d.fail(fmt.Errorf("kind %d of record is unknown", kind))
	return nil
}

func (e *encoder) callError(err *machine.CallError) {
	e.bool(err != nil)
	if err != nil {
		e.bool(err.Fault)
		e.text(err.Text)
	}
}

func (d *decoder) callError() *machine.CallError {
	if !d.bool() {
		return nil
	}
	return &machine.CallError{Fault: d.bool(), Text: d.text()}
}
