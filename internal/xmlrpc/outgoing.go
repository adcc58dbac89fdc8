package xmlrpc

import "sync"

// maxKept is the size in bytes of buffers that are kept: enough for a digest of a thousand
// nodes. A buffer that has held a state map of theirs would be carried by heartbeats next.
const maxKept = 256 << 10

// buffers are for calls' documents, used again and again.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// written has a document written into a buffer, which is to be released.
func written(document func([]byte) []byte) *[]byte {
	b := buffers.Get().(*[]byte)
	*b = document((*b)[:0])
	return b
}

func release(b *[]byte) {
	if cap(*b) <= maxKept {
		buffers.Put(b)
	}
}
