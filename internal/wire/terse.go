package wire

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// The terse form is an extension for clusters larger than the original's. A call in it has
// the arguments of the original's method, except that a struct of entries (a digest, a state
// map, a fault vector) is one text, with a line for each entry:
//
//	digest  ADDRESS VERSION GENERATION HEARTBEAT
//	states  ADDRESS VERSION GENERATION HEARTBEAT UPDATED STATUS
//	vector  ADDRESS 0|1
//
// UPDATED is in microseconds since 1970, UTC; STATUS goes to the end of the line. Each line
// ends with a newline. An entry of a digest takes about 30 bytes in place of 170, one of a
// state map 50 in place of 820. Whoever does not support it gets the original's form.

// form is how calls with entries are written and read.
type form struct {
	suffix string // of methods' names
	weight int64  // see [xmlrpc.Method]
	digest kind[gossip.Digest]
	states kind[gossip.StateMap]
	vector kind[gossip.FaultVector]
}

// kind is how one kind of entries is written, and read: straight, or from a Value.
type kind[All any] struct {
	append func([]byte, All) []byte
	read   func(reader) All
	decode func(what string, v xmlrpc.Value) (All, error)
}

var (
	plain = form{
		"", 0,
		kind[gossip.Digest]{appendDigest, reader.digest, decodeDigest},
		kind[gossip.StateMap]{appendStates, reader.states, decodeStates},
		kind[gossip.FaultVector]{appendVector, reader.vector, decodeVector},
	}
	terse = form{"Terse", linesWeight, digestLines.kind(), stateLines.kind(), vectorLines.kind()}
)

// tell makes a call with so many entries: in terse form if there are many, and the other side
// supports that.
func tell(ctx context.Context, c *xmlrpc.Client, to, method string, entries int, write func(form) func([]byte) []byte) error {
	if entries <= gossip.MaxPlain {
		return c.Tell(ctx, to, method, write(plain))
	}
	return c.TellEither(ctx, to, xmlrpc.Form{Method: method + terse.suffix, Write: write(terse)},
		xmlrpc.Form{Method: method, Write: write(plain)})
}

// lines is how a kind of entries is written and read in terse form.
type lines[T any, All ~[]T] struct {
	want   string // of a line
	write  func([]byte, *T) []byte
	one    func(*line) T
	name   func(*T) gossip.Address
	gather func([]T) All
}

var (
	digestLines = lines[gossip.DigestEntry, gossip.Digest]{
		"ADDRESS VERSION GENERATION HEARTBEAT", appendDigestLine, readDigestLine,
		func(e *gossip.DigestEntry) gossip.Address { return e.Address }, gossip.NewDigest,
	}
	stateLines = lines[gossip.EndpointState, gossip.StateMap]{
		"ADDRESS VERSION GENERATION HEARTBEAT UPDATED STATUS", appendStateLine, readStateLine,
		func(s *gossip.EndpointState) gossip.Address { return s.Address }, newStates,
	}
	vectorLines = lines[gossip.Suspicion, gossip.FaultVector]{
		"ADDRESS 0|1", appendCellLine, readCellLine,
		func(s *gossip.Suspicion) gossip.Address { return s.Address }, newVector,
	}
)

func (l lines[T, All]) kind() kind[All] { return kind[All]{l.append, l.read, l.decode} }

func (l lines[T, All]) append(dst []byte, entries All) []byte {
	dst = append(dst, xmlrpc.TextStart...)
	start := len(dst)
	for i := range entries {
		dst = append(l.write(dst, &entries[i]), '\n')
		dst = makeRoom(dst, start, i, len(entries))
	}
	return append(dst, xmlrpc.TextEnd...)
}

func (l lines[T, All]) read(r reader) All {
	all, err := l.parse("", r.Text(), r.names)
	if err != nil {
		r.Refuse()
	}
	return all
}

func (l lines[T, All]) decode(what string, v xmlrpc.Value) (All, error) {
	if v.Kind != xmlrpc.String {
		return nil, wrong(what, v, "a string of lines "+l.want)
	}
	return l.parse(what, []byte(v.Str), nil)
}

// linesWeight is how many times as much memory as the document has bytes entries take at
// most: a cell of a vector takes 24 bytes, and 16 for its name, which may be remembered, and the
// shortest line has six.
const linesWeight = 7

func (l lines[T, All]) parse(what string, text []byte, known *names) (All, error) {
	entries := make([]T, 0, min(bytes.Count(text, []byte{'\n'}), maxEntries))
	next := line{names: known.reading()}
	for len(text) > 0 {
		if len(entries) == maxEntries {
			return nil, fmt.Errorf("%w: %s has more than %d lines", ErrValue, what, maxEntries)
		}
		one, rest, ended := bytes.Cut(text, []byte{'\n'})
		next.rest = one
		entries = append(entries, l.one(&next))
		if next.bad || !ended {
			return nil, wrong(fmt.Sprintf("%s, line %d", what, len(entries)), xmlrpc.StringValue(string(one)), l.want+" and a newline")
		}
		text = rest
	}
	remember(&next.names, entries, l.name)
	return l.gather(entries), nil
}

func appendDigestLine(dst []byte, e *gossip.DigestEntry) []byte {
	return appendVersions(dst, e.Address, e.AppVersion, e.Generation, e.Heartbeat)
}

func appendVersions(dst []byte, a gossip.Address, versions ...int32) []byte {
	dst = xmlrpc.AppendText(dst, string(a))
	for _, v := range versions {
		dst = strconv.AppendInt(append(dst, ' '), int64(v), 10)
	}
	return dst
}

func appendStateLine(dst []byte, s *gossip.EndpointState) []byte {
	dst = appendVersions(dst, s.Address, s.AppVersion, s.Generation, s.Heartbeat)
	dst = strconv.AppendInt(append(dst, ' '), s.Updated.UnixMicro(), 10)
	return xmlrpc.AppendText(append(dst, ' '), s.Status)
}

func appendCellLine(dst []byte, s *gossip.Suspicion) []byte {
	dst = xmlrpc.AppendText(dst, string(s.Address))
	if s.Suspected {
		return append(dst, " 1"...)
	}
	return append(dst, " 0"...)
}

// line is what is left of a line that is read.
type line struct {
	rest  []byte
	names reading
	bad   bool
}

// field is what comes before the next space, or all that is left.
func (l *line) field() []byte {
	if at := bytes.IndexByte(l.rest, ' '); at >= 0 {
		field := l.rest[:at]
		l.rest = l.rest[at+1:]
		return field
	}
	l.bad = true
	return nil
}

// last is all that is left.
func (l *line) last() []byte {
	rest := l.rest
	l.rest = nil
	return rest
}

func (l *line) address() gossip.Address {
	a := l.names.address(l.field())
	if a == nil {
		l.bad = true
		return ""
	}
	return *a
}

// number reads a whole number of so many digits at most.
func (l *line) number(text []byte, digits int) int64 {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > digits {
		l.bad = true
		return 0
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			l.bad = true
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		return -n
	}
	return n
}

func (l *line) int(text []byte) int32 {
	n := l.number(text, len("2147483648"))
	if n < math.MinInt32 || n > math.MaxInt32 {
		l.bad = true
	}
	return int32(n)
}

func readDigestLine(l *line) (e gossip.DigestEntry) {
	e.Address = l.address()
	e.AppVersion, e.Generation, e.Heartbeat = l.int(l.field()), l.int(l.field()), l.int(l.last())
	return e
}

// latest is the last microsecond of the year 9999, with which original times end, too.
var latest = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1

func readStateLine(l *line) (s gossip.EndpointState) {
	s.Address = l.address()
	s.AppVersion, s.Generation, s.Heartbeat = l.int(l.field()), l.int(l.field()), l.int(l.field())
	updated := l.number(l.field(), len("253402300799999999"))
	if updated < -latest || updated > latest {
		l.bad = true
	}
	s.Updated = time.UnixMicro(updated)
	if status := l.last(); string(status) == gossip.StatusNormal {
		s.Status = gossip.StatusNormal
	} else {
		var err error
		s.Status, err = decodeStatusText(appStatus, string(status))
		l.bad = l.bad || err != nil
	}
	return s
}

func readCellLine(l *line) (s gossip.Suspicion) {
	s.Address = l.address()
	switch cell := l.last(); {
	case len(cell) != 1 || cell[0] < '0' || cell[0] > '1':
		l.bad = true
	default:
		s.Suspected = cell[0] == '1'
	}
	return s
}
