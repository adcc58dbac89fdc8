package sim

// event is one entry of the queue. What it is about is in the one field that is
// set: a call, a process's timer, or an action from outside.
type event struct {
	at   int64 // virtual time, nanoseconds since the world began
	seq  uint64
	kind eventKind
	life uint32 // of host; the event is void for a later life
	ok   bool
	host *host
	call *call
	do   func()
}

type eventKind uint8

const (
	tickDue   eventKind = iota // host's machine has a deadline
	callComes                  // call reaches its callee
	callEnds                   // call's outcome reaches its caller
	workDone                   // a slow host is through with its last event
	actionDue                  // do
)

// queue is a binary heap by time, then by order of entry. Entries are values:
// the standard heap's interface costs two allocations for each.
type queue struct {
	heap []event
	seq  uint64
}

func (q *queue) push(e event) {
	q.seq++
	e.seq = q.seq
	q.heap = append(q.heap, e)
	h := q.heap
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !before(&e, &h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

func (q *queue) pop() event {
	h := q.heap
	top, last := h[0], h[len(h)-1]
	h[len(h)-1] = event{}
	h = h[:len(h)-1]
	q.heap = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && before(&h[right], &h[child]) {
			child = right
		}
		if !before(&h[child], &last) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = last
	return top
}

func before(a, b *event) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }
