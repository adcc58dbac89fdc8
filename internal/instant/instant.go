// Package instant makes times whose wall and monotonic readings are both given.
//
// The time package makes such values by time.Now only, and there the two clocks
// always go together. A simulated machine whose wall clock is set, and a recording
// that is played again, need them apart.
package instant

import (
	"time"
	"unsafe"
)

const (
	since1885 = 2682288000 // seconds from 1885 to 1970, time.Time's own epoch
	second    = int64(time.Second)

	// Latest is the last wall time that an instant can have, in Unix nanoseconds:
	// time.Time has 33 bits for the seconds since 1885.
	Latest = (1<<33-since1885)*second - 1
)

// At makes a time of a wall clock's reading in Unix nanoseconds, 0 to [Latest],
// and of a monotonic clock's in nanoseconds, in the given zone. It relies on the
// layout of time.Time, which a test guards. [time.Time.In] would not do: it strips
// the monotonic reading.
func At(wall, uptime int64, zone *time.Location) time.Time {
	if wall < 0 || wall > Latest {
		panic("instant: a wall time out of range")
	}
	if zone == time.UTC {
		zone = nil
	}
	layout := layout{
		wall: 1<<63 | uint64(wall/second+since1885)<<30 | uint64(wall%second),
		ext:  uptime + 1, // 0 nanoseconds of uptime would read as a time without it
		loc:  zone,
	}
	return *(*time.Time)(unsafe.Pointer(&layout))
}

// layout is time.Time's. loc nil is UTC.
type layout struct {
	wall uint64
	ext  int64
	loc  *time.Location
}
