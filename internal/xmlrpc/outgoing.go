package xmlrpc

import "sync"

// maxKept is the size in bytes of buffers that are kept: enough for a digest of a thousand
// nodes. A buffer that has held a state map of theirs would be carried by heartbeats next.
const maxKept = 256 << 10

// headRoom is how many bytes are left before a call's document for its HTTP head, so that both are
// written at once.
const headRoom = 512

// outgoing is a call's document, with room before it.
type outgoing struct{ room []byte }

var outgoings = sync.Pool{New: func() any { return &outgoing{make([]byte, headRoom)} }}

// write has a document written. Who has it written must release it, once it is sent.
func write(document func([]byte) []byte) *outgoing {
	o := outgoings.Get().(*outgoing)
	o.room = document(o.room[:headRoom])
	return o
}

func (o *outgoing) release() {
	if cap(o.room) <= maxKept {
		outgoings.Put(o)
	}
}

// length is the document's.
func (o *outgoing) length() int { return len(o.room) - headRoom }

// after is the document after a head.
func (o *outgoing) after(head []byte) []byte {
	if len(head) > headRoom {
		return append(head, o.room[headRoom:]...)
	}
	copy(o.room[headRoom-len(head):], head)
	return o.room[headRoom-len(head):]
}
