package recording

import (
	"encoding/binary"
	"time"

	"gossiprpc/internal/gossip"
)

const (
	maxNames      = 1 << 16
	maxNameLength = 512

	literal  = 0 // a text follows
	nameNext = 1 // a text follows, which gets the next number
	nameBase = 2 // the first number
)

// endpointVersion is what was last told of a name's endpoint.
type endpointVersion struct{ app, generation, heartbeat int32 }

// encoder appends values to a buffer. decoder is its twin.
type encoder struct {
	buf []byte
	// names have numbers; nil in effects, whose encoding must depend on nothing
	// but themselves.
	names    map[string]uint64
	versions []endpointVersion
}

func (e *encoder) byte(b byte)              { e.buf = append(e.buf, b) }
func (e *encoder) uint(v uint64)            { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) int(v int64)              { e.buf = binary.AppendVarint(e.buf, v) }
func (e *encoder) four(v uint32)            { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }
func (e *encoder) address(a gossip.Address) { e.name(string(a)) }

func (e *encoder) bool(v bool) {
	if v {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// count begins a list.
func (e *encoder) count(n int, isNil bool) {
	if isNil {
		e.uint(0)
	} else {
		e.uint(uint64(n) + 1)
	}
}

func (e *encoder) name(s string) { e.buf, _ = e.appendName(e.buf, s) }

// appendName returns what was last told of the name, too; nil if it has no number.
// Like appendEndpoint it works on a buffer of its caller's: a list that wrote each
// byte through e would keep the collector's write barrier busy.
func (e *encoder) appendName(b []byte, s string) ([]byte, *endpointVersion) {
	if number, ok := e.names[s]; ok {
		return binary.AppendUvarint(b, number), &e.versions[number-nameBase]
	}
	first := uint64(literal)
	var last *endpointVersion
	if e.names != nil && len(e.names) < maxNames && len(s) <= maxNameLength {
		first = nameNext
		e.names[s] = uint64(len(e.names)) + nameBase
		e.versions = append(e.versions, endpointVersion{})
		last = &e.versions[len(e.versions)-1]
	}
	b = binary.AppendUvarint(b, first)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...), last
}

// appendEndpoint is an address and its version.
func (e *encoder) appendEndpoint(b []byte, a gossip.Address, now endpointVersion) []byte {
	b, last := e.appendName(b, string(a))
	before := endpointVersion{}
	if last != nil {
		before, *last = *last, now
	}
	growth := uint64(zigzag(int64(now.heartbeat)-int64(before.heartbeat))) << 1
	if now.app == before.app && now.generation == before.generation {
		return binary.AppendUvarint(b, growth)
	}
	b = binary.AppendUvarint(b, growth|1)
	b = binary.AppendVarint(b, int64(now.generation)-int64(before.generation))
	return binary.AppendVarint(b, int64(now.app)-int64(before.app))
}

func zigzag(v int64) int64 { return v<<1 ^ v>>63 }

// appendInstant is a wall time, whatever its zone.
func appendInstant(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

func (e *encoder) addresses(list []gossip.Address) {
	e.count(len(list), list == nil)
	for _, a := range list {
		e.address(a)
	}
}

func (e *encoder) digest(d gossip.Digest) {
	e.count(len(d), d == nil)
	b := e.buf
	for i := range d {
		v := &d[i]
		b = e.appendEndpoint(b, v.Address, endpointVersion{v.AppVersion, v.Generation, v.Heartbeat})
	}
	e.buf = b
}

func (e *encoder) states(m gossip.StateMap) {
	e.count(len(m), m == nil)
	b := e.buf
	for i := range m {
		s := &m[i]
		b = e.appendEndpoint(b, s.Address, endpointVersion{s.AppVersion, s.Generation, s.Heartbeat})
		b, _ = e.appendName(b, s.Status)
		b = appendInstant(b, s.Updated)
	}
	e.buf = b
}

func (e *encoder) vector(v gossip.FaultVector) {
	e.count(len(v), v == nil)
	for _, cell := range v {
		e.address(cell.Address)
		e.bool(cell.Suspected)
	}
}
