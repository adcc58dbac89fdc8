package recording

import (
	"encoding/binary"
	"time"

	"gossiprpc/internal/gossip"
)

// endpointVersion is what was last told of a name's endpoint.
type endpointVersion struct{ app, generation, heartbeat int32 }

// encoder appends values to a buffer. decoder is its twin.
type encoder struct {
	buf []byte
	// names have numbers; nil in effects, whose encoding must depend on nothing
	// but themselves.
	names *nameTable
}

func (e *encoder) byte(b byte)              { e.buf = append(e.buf, b) }
func (e *encoder) uint(v uint64)            { e.buf = binary.AppendUvarint(e.buf, v) }
func (e *encoder) int(v int64)              { e.buf = binary.AppendVarint(e.buf, v) }
func (e *encoder) four(v uint32)            { e.buf = binary.LittleEndian.AppendUint32(e.buf, v) }
func (e *encoder) address(a gossip.Address) { e.name(string(a)) }

func (e *encoder) bool(v bool) { e.byte(bit(v)) }

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
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

func (e *encoder) name(s string) { e.buf, _ = e.appendName(e.buf, s, nil) }

// appendName returns the name's entry, too; nil if it has no number. Like
// appendEndpoint it works on a buffer of its caller's: a list that wrote each byte
// through e would keep the collector's write barrier busy.
func (e *encoder) appendName(b []byte, s string, order *nameOrder) ([]byte, *namedEntry) {
	first := uint64(literal)
	var entry *namedEntry
	if e.names != nil {
		number, known := e.names.number(s, order)
		if known {
			return binary.AppendUvarint(b, number), &e.names.entries[number-nameBase]
		}
		if number != 0 {
			first, entry = nameNext, &e.names.entries[number-nameBase]
		}
	}
	b = binary.AppendUvarint(b, first)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...), entry
}

// appendEndpoint is an address and its version.
func (e *encoder) appendEndpoint(b []byte, a gossip.Address, now endpointVersion, order *nameOrder) []byte {
	b, entry := e.appendName(b, string(a), order)
	before := endpointVersion{}
	if entry != nil {
		before, entry.version = entry.version, now
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
	b, order := e.buf, e.names.begin()
	for _, a := range list {
		b, _ = e.appendName(b, string(a), order)
	}
	e.buf = b
}

func (e *encoder) digest(d gossip.Digest) {
	e.count(len(d), d == nil)
	b, order := e.buf, e.names.begin()
	for i := range d {
		v := &d[i]
		b = e.appendEndpoint(b, v.Address, endpointVersion{v.AppVersion, v.Generation, v.Heartbeat}, order)
	}
	e.buf = b
}

func (e *encoder) states(m gossip.StateMap) {
	e.count(len(m), m == nil)
	b, order := e.buf, e.names.begin()
	for i := range m {
		s := &m[i]
		b = e.appendEndpoint(b, s.Address, endpointVersion{s.AppVersion, s.Generation, s.Heartbeat}, order)
		b, _ = e.appendName(b, s.Status, nil)
		b = appendInstant(b, s.Updated)
	}
	e.buf = b
}

func (e *encoder) vector(v gossip.FaultVector) {
	e.count(len(v), v == nil)
	b, order := e.buf, e.names.begin()
	for i := range v {
		b, _ = e.appendName(b, string(v[i].Address), order)
		b = append(b, bit(v[i].Suspected))
	}
	e.buf = b
}
