// Package machine holds the words in which a whole process (a node, the monitor,
// the provider) speaks with whatever runs it.
//
// A process is a [Machine]: events go in with the time at which they happened,
// and effects come out that somebody else carries out. internal/host does so
// with sockets, files and a terminal; harness/sim in virtual time; and
// internal/recording writes events down and plays them again. All of them run
// the same machine, so none of them may hold a rule of it.
//
// The words are plain values. What has been handed over, in either direction, is
// read-only from then on and may be shared between goroutines; a Machine itself
// belongs to one goroutine.
package machine

import (
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// Machine is a whole process without its clock, network, files and terminal.
type Machine interface {
	// Step applies one event at the given instant and returns what must be done,
	// in order. Instants must not go back on their monotonic clock. The effects
	// belong to the caller.
	Step(now time.Time, ev Event) []Effect
	// Deadline is when the next Tick is due; until then nothing happens by
	// itself. It returns false when nothing is due at all.
	Deadline() (time.Time, bool)
}

// Event is something that has happened to a process: one of [Start], [Tick],
// [Line], [Called], [Ended] and [Written].
type Event interface{ event() }

// Start is the first event of a process: it listens from now on.
type Start struct{}

// Tick says only that time has passed; due at [Machine.Deadline].
type Tick struct{}

// Line is what was typed at the process's terminal, without surrounding space.
type Line struct{ Text string }

// Called is a call of somebody else's. The same Step answers it by exactly one
// [Reply].
type Called struct{ Request Request }

// Ended is the outcome of the [Call] with this ID: its answer, or what kept it
// from one.
type Ended struct {
	ID     uint64
	Answer Answer
	Error  *CallError // nil: answered
	// Sent is the size in bytes of the bodies of all the process's calls to nodes so far
	// for which there was a connection, each counted once. It never falls.
	Sent int64
}

// CallError says why a call has no answer.
type CallError struct {
	Fault bool   // the other side answered with a fault; false: it was not reached, or gave no answer
	Text  string // of the fault, or what went wrong
}

func (e *CallError) Error() string { return e.Text }

// Written is the outcome of the [Write] with this ID.
type Written struct {
	ID    uint64
	Error string // empty: written
}

func (Start) event()   {}
func (Tick) event()    {}
func (Line) event()    {}
func (Called) event()  {}
func (Ended) event()   {}
func (Written) event() {}

// Effect is something that must be done, or that is worth knowing: one of
// [Call], [Reply], [Print], [Log], [Write] and [Exit].
type Effect interface{ effect() }

// Call asks another process. Its outcome must come back as [Ended], at most
// Timeout later.
type Call struct {
	ID      uint64 // never 0, used once by its process
	To      gossip.Address
	Request Request
	Timeout time.Duration
}

// Reply answers the call that the event of this Step was.
type Reply struct {
	Answer Answer
	Fault  string // empty: none
}

// Print writes text to the process's terminal.
type Print struct{ Text string }

// Log is a line for the process's log.
type Log struct {
	Level  Level
	Text   string
	Fields []Field
}

// Level is how much a line of the log matters.
type Level uint8

// The levels, the least first.
const (
	Debug Level = iota
	Info
	Warn
)

// String is the line as people read it, without its level.
func (l Log) String() string {
	var b strings.Builder
	b.WriteString(l.Text)
	for _, f := range l.Fields {
		b.WriteString(" " + f.Key + "=" + f.Value)
	}
	return b.String()
}

// Field is a key of a line of the log and its value.
type Field struct{ Key, Value string }

// Write puts data into a file at once: a reader, or a crash, sees all of it or
// nothing. Its outcome must come back as [Written]. Writes are carried out one
// after the other, in order.
type Write struct {
	ID     uint64 // never 0, used once by its process
	File   string // as the process's settings name it
	Append bool   // at the end of what is there; false: in its place
	Data   []byte
}

// Exit ends the process.
type Exit struct {
	Error string // why it cannot go on; empty: it was told to end
}

func (Call) effect()  {}
func (Reply) effect() {}
func (Print) effect() {}
func (Log) effect()   {}
func (Write) effect() {}
func (Exit) effect()  {}
