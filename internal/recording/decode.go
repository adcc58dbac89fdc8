package recording

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"gossiprpc/internal/gossip"
)

var errShort = errors.New("it ends too early")

// decoder takes values from the front of data. The first error stays, and values
// are zero from then on.
type decoder struct {
	data     []byte
	err      error
	names    []string
	versions []endpointVersion
	zone     *time.Location
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err, d.data = err, nil
	}
}

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.fail(errShort)
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) bool() bool {
	b := d.byte()
	if b > 1 {
		d.fail(errors.New("neither true nor false"))
	}
	return b == 1
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.fail(errShort)
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) int32() int32 { return d.narrow(d.int()) }

func (d *decoder) narrow(v int64) int32 {
	if v < math.MinInt32 || v > math.MaxInt32 {
		d.fail(errors.New("a number has more than 32 bits"))
		return 0
	}
	return int32(v)
}

func (d *decoder) four() uint32 { return binary.LittleEndian.Uint32(d.bytes(4)) }

// bytes always returns n bytes, up to the length of the data.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.fail(errShort)
		return make([]byte, min(n, 4))
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) text() string {
	b := d.bytes(d.uint())
	if d.err != nil {
		return ""
	}
	return string(b)
}

// count is the length of a list, each of whose elements has a byte at least.
func (d *decoder) count() (n int, isNil bool) {
	v := d.uint()
	if v > uint64(len(d.data))+1 {
		d.fail(errShort)
		return 0, true
	}
	return max(int(v)-1, 0), v == 0
}

// name returns where the name's last version is, too; nil if it has no number.
func (d *decoder) name() (string, *endpointVersion) {
	switch number := d.uint(); {
	case number == literal:
		return d.text(), nil
	case number == nameNext:
		d.names, d.versions = append(d.names, d.text()), append(d.versions, endpointVersion{})
		return d.names[len(d.names)-1], &d.versions[len(d.versions)-1]
	case number-nameBase < uint64(len(d.names)):
		return d.names[number-nameBase], &d.versions[number-nameBase]
	}
	d.fail(errors.New("a name's number is not given yet"))
	return "", nil
}

func (d *decoder) address() gossip.Address {
	name, _ := d.name()
	return gossip.Address(name)
}

func (d *decoder) endpoint() (a gossip.Address, v endpointVersion) {
	name, last := d.name()
	if last == nil {
		last = &endpointVersion{}
	}
	growth := d.uint()
	v = *last
	v.heartbeat = d.narrow(int64(v.heartbeat) + unzigzag(growth>>1))
	if growth&1 == 1 {
		v.generation = d.narrow(int64(v.generation) + d.int())
		v.app = d.narrow(int64(v.app) + d.int())
	}
	*last = v
	return gossip.Address(name), v
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// instant is in the process's own zone, as times from the wire are.
func (d *decoder) instant() time.Time {
	seconds, nanoseconds := d.int(), d.uint()
	if nanoseconds >= uint64(time.Second) {
		d.fail(errors.New("a time has more than a second of nanoseconds"))
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).In(d.zone)
}

// list decodes a list's elements.
func list[T any](d *decoder, element func() T) []T {
	n, isNil := d.count()
	if isNil {
		return nil
	}
	all := make([]T, 0, n)
	for range n {
		all = append(all, element())
		if d.err != nil {
			return nil
		}
	}
	return all
}

func (d *decoder) addresses() []gossip.Address { return list(d, d.address) }

func (d *decoder) digest() gossip.Digest {
	return list(d, func() gossip.DigestEntry {
		a, v := d.endpoint()
		return gossip.DigestEntry{Address: a, AppVersion: v.app, Generation: v.generation, Heartbeat: v.heartbeat}
	})
}

func (d *decoder) states() gossip.StateMap {
	return list(d, func() gossip.EndpointState {
		a, v := d.endpoint()
		status, _ := d.name()
		return gossip.EndpointState{
			Address: a, AppVersion: v.app, Generation: v.generation, Heartbeat: v.heartbeat,
			Status: status, Updated: d.instant(),
		}
	})
}

func (d *decoder) vector() gossip.FaultVector {
	return list(d, func() gossip.Suspicion { return gossip.Suspicion{Address: d.address(), Suspected: d.bool()} })
}
