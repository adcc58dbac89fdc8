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

// name returns what was last told of the name; nil if it has no number.
func (e *encoder) name(s string) *endpointVersion {
	if number, ok := e.names[s]; ok {
		e.uint(number)
		return &e.versions[number-nameBase]
	}
	if e.names == nil || len(e.names) >= maxNames || len(s) > maxNameLength {
		e.uint(literal)
		e.text(s)
		return nil
	}
	e.names[s] = uint64(len(e.names)) + nameBase
	e.versions = append(e.versions, endpointVersion{})
	e.uint(nameNext)
	e.text(s)
	return &e.versions[len(e.versions)-1]
}

// endpoint is an address and its version.
func (e *encoder) endpoint(a gossip.Address, app, generation, heartbeat int32) {
	last := e.name(string(a))
	if last == nil {
		last = &endpointVersion{}
	}
	changed := app != last.app || generation != last.generation
	growth := uint64(zigzag(int64(heartbeat)-int64(last.heartbeat))) << 1
	if !changed {
		e.uint(growth)
	} else {
		e.uint(growth | 1)
		e.int(int64(generation) - int64(last.generation))
		e.int(int64(app) - int64(last.app))
	}
	*last = endpointVersion{app, generation, heartbeat}
}

func zigzag(v int64) int64 { return v<<1 ^ v>>63 }

// instant is a wall time, whatever its zone.
func (e *encoder) instant(t time.Time) {
	e.int(t.Unix())
	e.uint(uint64(t.Nanosecond()))
}

func (e *encoder) addresses(list []gossip.Address) {
	e.count(len(list), list == nil)
	for _, a := range list {
		e.address(a)
	}
}

func (e *encoder) digest(d gossip.Digest) {
	e.count(len(d), d == nil)
	for i := range d {
		e.endpoint(d[i].Address, d[i].AppVersion, d[i].Generation, d[i].Heartbeat)
	}
}

func (e *encoder) states(m gossip.StateMap) {
	e.count(len(m), m == nil)
	for i := range m {
		s := &m[i]
		e.endpoint(s.Address, s.AppVersion, s.Generation, s.Heartbeat)
		e.name(s.Status)
		e.instant(s.Updated)
	}
}

func (e *encoder) vector(v gossip.FaultVector) {
	e.count(len(v), v == nil)
	for _, cell := range v {
		e.address(cell.Address)
		e.bool(cell.Suspected)
	}
}
