package protocol_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// network runs nodes in virtual time. It stands for the agents, the provider and
// the wire between them, and knows nothing of the protocol's rules.
type network struct {
	t         testing.TB
	now       time.Time
	spec      protocol.Spec
	timing    protocol.Timing
	aligned   bool
	freshness protocol.Freshness
	delay     time.Duration
	nodes     map[string]*host
	list      []gossip.Address // the provider's
	noList    bool             // the provider is away
	queue     eventQueue
	sequence  int
	seed      uint64
	random    *rand.Rand // loss and delay; nil: none
	loss      float64
	jitter    time.Duration
	trace     func(at time.Time, node, what string)
	check     func(h *host, effects []protocol.Effect)

	generations map[string]int32 // of nodes that pass for originals
}

type host struct {
	name    string
	node    *protocol.Node
	up      bool
	life    int
	origin  time.Time          // of its clock
	rate    float64            // seconds of the network in one second of its clock
	resumes time.Time          // it does nothing before
	vector  gossip.FaultVector // last reported
	reports map[string]int
	sent    map[string]int // messages by kind
	silent  bool           // calls to it are not refused while it is down
}

type queued struct {
	at       time.Time
	sequence int
	host     *host
	life     int
	event    protocol.Event
	deadline bool
}

type eventQueue []queued

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].sequence < q[j].sequence
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *eventQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// epoch is a round boundary at which rr and scrr of any size and brr have
// offset 1: its round number is a multiple of every cycle length that tests use.
func newNetwork(t testing.TB, protocolName string, timing protocol.Timing) *network {
	spec, ok := protocol.ByName(protocolName)
	if !ok {
		t.Fatalf("no protocol %q", protocolName)
	}
	return &network{
		t: t, spec: spec, timing: timing, aligned: true, delay: time.Millisecond,
		now: time.Unix(1_600_000_000-1_600_000_000%3, 0), nodes: map[string]*host{}, seed: 1,
	}
}

func address(name string) gossip.Address { return gossip.Address(name + ":5000") }

// start brings a node up, with node1 as the seed of all others.
func (w *network) start(name string) *host {
	h := w.nodes[name]
	if h == nil {
		h = &host{name: name, reports: map[string]int{}, sent: map[string]int{}}
		w.nodes[name] = h
	}
	seed := "node1"
	if name == seed {
		seed = "node2"
	}
	self := address(name)
	if !slices.Contains(w.list, self) {
		w.list = append(w.list, self)
	}
	generation, ok := w.generations[name]
	if !ok {
		generation = int32(w.now.Unix())
	}
	node, err := protocol.New(protocol.Config{
		Self: self, Seed: address(seed), Parameters: w.parameters(),
		Generation: generation, Random: rand.New(rand.NewPCG(w.seed, uint64(len(w.nodes)))),
	}, w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	h.node, h.up, h.silent, h.vector, h.origin, h.rate = node, true, false, nil, w.now, 1
	h.life++
	w.step(h, protocol.Connect{})
	return h
}

func (w *network) cluster(n int) {
	for i := range n {
		w.start(fmt.Sprintf("node%d", i+1))
	}
}

func (w *network) kill(name string) {
	w.nodes[name].up = false
	w.nodes[name].life++
}

// silence ends a node so that nobody is left to refuse calls to it.
func (w *network) silence(name string) {
	w.kill(name)
	w.nodes[name].silent = true
}

// pause keeps a node from doing anything for d; messages wait.
func (w *network) pause(name string, d time.Duration) { w.nodes[name].resumes = w.now.Add(d) }

// slow makes a node's clock go slow from now on.
func (w *network) slow(name string, rate float64) {
	h := w.nodes[name]
	h.origin, h.rate = w.now, rate
}

func (h *host) clock(t time.Time) time.Time {
	return h.origin.Add(time.Duration(float64(t.Sub(h.origin)) / h.rate))
}

// deadline is rounded up: a tick that comes early does nothing.
func (h *host) deadline() time.Time {
	d := h.node.Deadline()
	if h.rate == 1 {
		return d
	}
	return h.origin.Add(time.Duration(float64(d.Sub(h.origin))*h.rate) + time.Microsecond)
}

func (w *network) push(at time.Time, h *host, ev protocol.Event) {
	w.sequence++
	heap.Push(&w.queue, queued{at: at, sequence: w.sequence, host: h, life: h.life, event: ev})
}

func (w *network) step(h *host, ev protocol.Event) {
	effects := h.node.Step(h.clock(w.now), ev)
	if due := h.node.Deadline(); !due.After(h.clock(w.now)) {
		w.t.Fatalf("after %T at %v the next tick of %s is due at %v", ev, h.clock(w.now), h.name, due)
	}
	if w.check != nil {
		w.check(h, effects)
	}
	for _, effect := range effects {
		w.apply(h, effect)
	}
	w.sequence++
	heap.Push(&w.queue, queued{at: h.deadline(), sequence: w.sequence, host: h, life: h.life, event: protocol.Tick{}, deadline: true})
}

func (w *network) apply(h *host, effect protocol.Effect) {
	switch e := effect.(type) {
	case protocol.Send:
		h.sent[e.Message.Kind()]++
		w.say(h, "%s -> %s%s", e.Message.Kind(), e.To.Name(), wantedBy(e.Message))
		w.deliver(h, e)
	case protocol.FetchMembers:
		if !w.noList {
			w.push(w.now.Add(w.delay), h, protocol.Members{List: slices.Clone(w.list)})
		}
	case protocol.Rejoin:
		w.say(h, "rejoin")
		if !w.noList && !slices.Contains(w.list, h.node.Self()) {
			w.list = append(w.list, h.node.Self())
		}
	case protocol.ReportVector:
		h.vector = e.Vector
		h.reports["vector"]++
	case protocol.ReportStates:
		h.reports["states"]++
	case protocol.ReportHeartbeat:
		h.reports["heartbeat"]++
	case protocol.OpinionChanged:
		verb := "trusts"
		if e.Suspected {
			verb = "suspects"
		}
		w.say(h, "%s %s: %s", verb, e.Peer.Name(), e.Reason)
	case protocol.SteppedOver:
		w.say(h, "steps over generation %+d heartbeat %d", e.Generation-int32(w.now.Unix()), e.Heartbeat)
	case protocol.PaceMismatch:
		w.say(h, "%s beats every %v", e.Peer.Name(), e.Observed)
	}
}

func wantedBy(m gossip.Message) string {
	ack, ok := m.(gossip.Ack)
	if !ok || len(ack.Wanted) == 0 {
		return ""
	}
	names := make([]string, len(ack.Wanted))
	for i, a := range ack.Wanted {
		names[i] = a.Name()
	}
	return " wants " + strings.Join(names, ",")
}

// deliver takes one delay there and one back, and so does the refusal by a node
// that is down.
func (w *network) deliver(from *host, e protocol.Send) {
	there := w.now.Add(w.delay)
	if w.random != nil {
		if w.random.Float64() < w.loss {
			w.push(w.now.Add(w.timing.Gossip), from, protocol.Failed{ID: e.ID})
			return
		}
		there = there.Add(time.Duration(w.random.Float64() * float64(w.jitter)))
	}
	to := w.nodes[e.To.Name()]
	if to != nil && to.silent {
		w.push(w.now.Add(w.timing.Gossip), from, protocol.Failed{ID: e.ID})
		return
	}
	if to == nil || !to.up {
		w.push(there.Add(w.delay), from, protocol.Failed{ID: e.ID})
		return
	}
	w.push(there, to, protocol.Receive{From: from.node.Self(), Message: e.Message})
	w.push(there.Add(w.delay), from, protocol.Delivered{ID: e.ID})
}

func (w *network) say(h *host, format string, args ...any) {
	if w.trace != nil {
		w.trace(w.now, h.name, fmt.Sprintf(format, args...))
	}
}

// run lets d pass.
func (w *network) run(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		next := heap.Pop(&w.queue).(queued)
		if !next.host.up || next.life != next.host.life {
			continue
		}
		if next.deadline && next.host.deadline().After(next.at) {
			continue // an event in between has moved it
		}
		if next.at.Before(next.host.resumes) {
			next.at = next.host.resumes
			heap.Push(&w.queue, next)
			continue
		}
		w.now = next.at
		w.step(next.host, next.event)
	}
	w.now = end
}

// untilRound lets time pass until just before the boundary of the next round
// whose number is at modulo period.
func (w *network) untilRound(at, period int64) {
	gossipInterval := w.timing.Gossip
	next := w.now.Truncate(gossipInterval).Add(gossipInterval)
	for ; (next.UnixNano()/int64(gossipInterval))%period != at; next = next.Add(gossipInterval) {
	}
	w.run(next.Sub(w.now) - time.Nanosecond)
}

// suspects lists whom a node suspects.
func (w *network) suspects(name string) []string {
	var names []string
	for _, s := range w.nodes[name].node.FaultVector() {
		if s.Suspected {
			names = append(names, s.Address.Name())
		}
	}
	return names
}

// heartbeatOf is what a node knows of another's heartbeat.
func (w *network) heartbeatOf(node, other string) int32 {
	e, _ := w.nodes[node].node.Digest().Get(address(other))
	return e.Heartbeat
}

func (w *network) names() []string {
	names := make([]string, 0, len(w.nodes))
	for name := range w.nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *network) parameters() protocol.Parameters {
	return protocol.Parameters{Protocol: w.spec, Timing: w.timing, Aligned: w.aligned, Freshness: w.freshness}
}
