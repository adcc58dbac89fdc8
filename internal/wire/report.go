package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// A report is one call for all that a node tells the monitor at a time. It comes in two forms:
//
//	reportTerse(ADDRESS, VECTOR, STATES, COUNTS)
//	reportMarkedTerse(ADDRESS, MARK, CELLS, COUNTS)
//
// VECTOR and STATES are a fault vector and a state map in terse form, empty if there is none.
// COUNTS has the generation that comes with a vector, the message count that comes with a state
// map, and the bytes sent to peers, -1 if they are not told. The second is for a vector about
// nodes that the monitor has been told of lately, by the first: MARK stands for their list, and
// CELLS has 0 or 1 for each of them. In a cluster where all know each other all lists are the same.

// markLength is that of a mark: half of the SHA-256 of the list, in hexadecimal digits. Nobody
// can make another list that has it.
const markLength = sha256.Size

func markOfList(v gossip.FaultVector) string {
	h := sha256.New()
	text := make([]byte, 0, 4<<10)
	for i := range v {
		if text = append(append(text, v[i].Address...), '\n'); len(text) > cap(text)-maxAddress-1 || i == len(v)-1 {
			h.Write(text)
			text = text[:0]
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:markLength/2])
}

// errUnknownList is why a list's mark is answered with a fault.
var errUnknownList = errors.New("no list with this mark has been told lately: tell the whole vector")

// Told remembers which list of nodes a process has told the monitor last. The zero value
// remembers none; it is safe for many goroutines.
type Told struct {
	mu   sync.Mutex
	to   string // the monitor
	list gossip.FaultVector
	mark string
}

// Report reports all in one call. A monitor that does not support that answers with a fault, and
// so does one that refuses a part.
func (t *Told) Report(ctx context.Context, m Monitor, r machine.Report) error {
	whole, marked := reportAll+terse.suffix, reportMarked+terse.suffix
	if m.Client.Lacks(m.HostPort, whole) {
		return fmt.Errorf("call %s on %s: %w", whole, m.HostPort, xmlrpc.AsFault(xmlrpc.NotSupported(whole)))
	}
	if mark := t.markOf(m.HostPort, r); mark != "" {
		err := m.tell(ctx, marked, markedCall(r, mark))
		if !isFault(err, errUnknownList) && !isFault(err, xmlrpc.NotSupported(marked)) {
			return err
		}
	}
	err := m.tell(ctx, whole, wholeCall(r))
	m.Client.NoteLack(m.HostPort, whole, err)
	if err == nil && r.Suspects != nil {
		t.keep(m.HostPort, r.Suspects.Vector, markOfList(r.Suspects.Vector))
	}
	return err
}

func isFault(err, is error) bool {
	var fault *xmlrpc.Fault
	return errors.As(err, &fault) && fault.Text == xmlrpc.AsFault(is).Text
}

// markOf is the mark of a report's list, if that is the last that was told and nothing needs the
// other form; else empty.
func (t *Told) markOf(to string, r machine.Report) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Suspects == nil || r.States != nil || t.to != to || len(t.list) == 0 || len(t.list) != len(r.Suspects.Vector) {
		return ""
	}
	for i := range t.list {
		if t.list[i].Address != r.Suspects.Vector[i].Address {
			return ""
		}
	}
	return t.mark
}

func (t *Told) keep(to string, list gossip.FaultVector, mark string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to, t.list, t.mark = to, list, mark
}

// appendCounts writes what comes last in a report.
func appendCounts(dst []byte, r machine.Report) []byte {
	generation, messages, sent := int32(0), int32(0), int64(-1)
	if r.Suspects != nil {
		generation = r.Suspects.Generation
	}
	if r.States != nil {
		messages = r.States.Messages
	}
	if r.Traffic != nil {
		sent = r.Traffic.Bytes
	}
	dst = strconv.AppendInt(dst, int64(generation), 10)
	dst = strconv.AppendInt(append(dst, ' '), int64(messages), 10)
	return strconv.AppendInt(append(dst, ' '), sent, 10)
}

func wholeCall(r machine.Report) func([]byte) []byte {
	return func(dst []byte) []byte {
		var vector gossip.FaultVector
		var states gossip.StateMap
		if r.Suspects != nil {
			vector = r.Suspects.Vector
		}
		if r.States != nil {
			states = r.States.Map
		}
		dst = appendCallStart(dst, reportAll+terse.suffix)
		dst = appendAddressArgument(dst, r.Node)
		dst = vectorLines.append(append(dst, xmlrpc.ParamStart...), vector)
		dst = stateLines.append(append(dst, xmlrpc.ParamEnd+xmlrpc.ParamStart...), states)
		dst = appendCounts(append(dst, xmlrpc.ParamEnd+xmlrpc.ParamStart+xmlrpc.TextStart...), r)
		return append(dst, xmlrpc.TextEnd+xmlrpc.ParamEnd+xmlrpc.CallEnd...)
	}
}

func markedCall(r machine.Report, mark string) func([]byte) []byte {
	const next = xmlrpc.TextEnd + xmlrpc.ParamEnd + xmlrpc.ParamStart + xmlrpc.TextStart
	return func(dst []byte) []byte {
		dst = appendCallStart(dst, reportMarked+terse.suffix)
		dst = appendAddressArgument(dst, r.Node)
		dst = append(append(dst, xmlrpc.ParamStart+xmlrpc.TextStart...), mark...)
		dst = append(dst, next...)
		for i := range r.Suspects.Vector {
			dst = append(dst, cellDigit(r.Suspects.Vector[i].Suspected))
		}
		dst = appendCounts(append(dst, next...), r)
		return append(dst, xmlrpc.TextEnd+xmlrpc.ParamEnd+xmlrpc.CallEnd...)
	}
}

func cellDigit(suspected bool) byte {
	if suspected {
		return '1'
	}
	return '0'
}

// marked is a report whose vector's list is to be found by its mark.
type marked struct {
	mark   string
	cells  string
	report machine.Report // its Suspects have no vector yet
}

// wholeWeight and markedWeight are how many times as much memory as its document has bytes reports take at
// most: a line of six becomes a cell of 24, and 16 more for each of the two lists that may be kept;
// and in a marked one, a byte becomes a cell.
const (
	wholeWeight  = 10
	markedWeight = 24
)

var (
	wholeArguments  = ofTexts(reportAll, wholeWeight, readWhole, "vector", "states", "counts")
	markedArguments = ofTexts(reportMarked, markedWeight, readMarked, "mark", "cells", "counts")
)

// ofTexts is how a call of a node's address and three texts is read.
func ofTexts[T any](
	name string, weight int64, read func(gossip.Address, [3][]byte, *names) (T, error), texts ...string,
) arguments[T] {
	return arguments[T]{
		read: func(r reader) T {
			node := r.addressArgument()
			var all [3][]byte
			for i := range all {
				r.Param()
				all[i] = r.Text()
				r.EndParam()
			}
			t, err := read(node, all, r.names)
			if err != nil {
				r.Refuse()
			}
			return t
		},
		decode: func(args []xmlrpc.Value) (t T, err error) {
			if err := count(name+terse.suffix, args, append([]string{"address"}, texts...)...); err != nil {
				return t, err
			}
			node, err := decodeAddress("address", args[0])
			if err != nil {
				return t, err
			}
			var all [3][]byte
			for i, arg := range args[1:] {
				if arg.Kind != xmlrpc.String {
					return t, wrong(texts[i], arg, "a string")
				}
				all[i] = []byte(arg.Str)
			}
			return read(node, all, nil)
		},
		weight: weight,
	}
}

func readWhole(node gossip.Address, texts [3][]byte, known *names) (r machine.Report, err error) {
	vector, err := vectorLines.parse("fault vector", texts[0], known)
	if err != nil {
		return r, err
	}
	states, err := stateLines.parse("states", texts[1], known)
	if err != nil {
		return r, err
	}
	return readCounts(node, vector, states, texts[2])
}

// readCounts makes a report of its parts; those that are empty are none.
func readCounts(node gossip.Address, vector gossip.FaultVector, states gossip.StateMap, counts []byte) (r machine.Report, err error) {
	r.Node = node
	l := line{rest: counts}
	generation, messages, sent := l.int(l.field()), l.int(l.field()), l.number(l.last(), len("9007199254740992"))
	if l.bad || sent < -1 || sent > maxBytes {
		return r, wrong("counts", xmlrpc.StringValue(string(counts)), "GENERATION MESSAGES BYTES")
	}
	if len(vector) > 0 {
		r.Suspects = &machine.Suspects{Node: node, Vector: vector, Generation: generation}
	}
	if len(states) > 0 {
		r.States = &machine.States{Node: node, Map: states, Messages: messages}
	}
	if sent >= 0 {
		r.Traffic = &machine.Traffic{Node: node, Bytes: sent}
	}
	return r, nil
}

func readMarked(node gossip.Address, texts [3][]byte, _ *names) (m marked, err error) {
	m.mark, m.cells = string(texts[0]), string(texts[1])
	if len(m.mark) != markLength {
		return m, wrong("mark", xmlrpc.StringValue(m.mark), fmt.Sprintf("%d hexadecimal digits", markLength))
	}
	if at := strings.IndexFunc(m.cells, func(c rune) bool { return c != '0' && c != '1' }); at >= 0 || m.cells == "" {
		return m, wrong("cells", xmlrpc.StringValue(m.cells), "0 or 1 for each node")
	}
	m.report, err = readCounts(node, make(gossip.FaultVector, 1), nil, texts[2])
	return m, err
}

// toldLists remembers the lists that nodes have told a monitor lately. It is safe for many
// goroutines.
type toldLists struct {
	mu    sync.Mutex
	known map[string][]gossip.Address // by mark
	marks []string                    // in the order in which they were told
	bytes int
}

// toldBytes bounds what the lists take together: twenty of the largest that a monitor takes.
const toldBytes = 4 << 20

func listBytes(list []gossip.Address) int {
	n := 0
	for _, a := range list {
		n += len(a) + 16
	}
	return n
}

func (l *toldLists) keep(v gossip.FaultVector) {
	mark := markOfList(v)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[mark] != nil {
		return
	}
	list := make([]gossip.Address, len(v))
	for i := range v {
		list[i] = v[i].Address
	}
	if listBytes(list) > toldBytes {
		return
	}
	if l.known == nil {
		l.known = map[string][]gossip.Address{}
	}
	l.known[mark] = list
	l.marks = append(l.marks, mark)
	l.bytes += listBytes(list)
	for l.bytes > toldBytes {
		l.bytes -= listBytes(l.known[l.marks[0]])
		delete(l.known, l.marks[0])
		l.marks = l.marks[1:]
	}
}

// whole is the report that a marked one stands for.
func (l *toldLists) whole(m marked) (machine.Report, error) {
	l.mu.Lock()
	list := l.known[m.mark]
	l.mu.Unlock()
	r := m.report
	switch {
	case list == nil:
		return r, errUnknownList
	case len(list) != len(m.cells):
		return r, fmt.Errorf("%w: %d cells for a list of %d nodes", ErrValue, len(m.cells), len(list))
	}
	r.Suspects.Vector = make(gossip.FaultVector, len(list))
	for i, a := range list {
		r.Suspects.Vector[i] = gossip.Suspicion{Address: a, Suspected: m.cells[i] == '1'}
	}
	return r, nil
}
