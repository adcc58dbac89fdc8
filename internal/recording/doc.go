// Package recording is the flight recorder of a process: it writes down every
// event that goes into a [machine.Machine], with its time, and a running hash of
// the effects that come out. Whoever has the same machine can play a record
// again, and knows from the hash whether it does the same.
//
// [Wrap] is the pure part: a machine around a machine that hands each record to an
// [io.Writer]. A [File] is such a writer for a process that must not wait for its
// disk; a bytes.Buffer serves a simulation. [Reader] gives the events back, and
// [Play] feeds them to a machine.
//
// # Format, version 1
//
// A file is the 8 bytes "gossiprc", a byte with the version, and frames. All that
// is written at once is whole frames, so that a killed process leaves a file that
// can be read up to its last whole one. A frame is
//
//	length    of the payload, a varint
//	check     one byte, of the length's bytes
//	payload
//	checksum  4 bytes: CRC-32C of the payload, going on from the frame before
//
// so that a frame which is damaged, missing, or not at its place is found. The
// first frame's payload is a [Header] in JSON, and each further one a record:
//
//	kind      one byte, below; +128: the time zone has changed
//	zone      then only: seconds east of Greenwich, and the zone's name
//	time      of the event: monotonic nanoseconds since the record before
//	shift     how much further than that the wall clock moved, nanoseconds
//	fields    the event's own
//	effects   4 bytes: CRC-32C of all effects so far, this step's included
//
// The first record's shift counts from the header's Started. Kinds are 1 Start,
// 2 Tick, 3 Line, 4 Called, 5 Ended and 6 Written; 0 is the last record of a
// recording that did not end with its process's death, and has only a text that
// says why it ends (empty: the process ended in good order).
//
// Whole numbers are varints as in encoding/binary, with a sign where one is
// possible; 4-byte numbers have their lowest byte first. A text is its length and
// its bytes. A list is its length plus one, 0 for nil, and its elements. A name
// (an address, or a status) is a number: 0, a text follows; 1, a text follows and
// is the next of the names that are numbered from 2 on; else one of those. Names
// get numbers while there are fewer than 65,536 of them and they have at most 512
// bytes. The version of an endpoint is what changed since the last one told of
// that name: twice the growth of its heartbeat, plus 1 if its generation's and its
// app version's growth follow. A request or message is a byte that says which it
// is, and its fields in the order of their declaration.
package recording
