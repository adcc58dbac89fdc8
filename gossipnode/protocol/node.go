package protocol

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
)

// Config is what a node is started with.
type Config struct {
	Parameters
	Self       gossip.Address
	Seed       gossip.Address // the node to shake hands with on Connect; empty: none
	Generation int32          // Unix seconds of the start
	ClusterID  int32          // of its SYNs; 0: the original's
	Random     *rand.Rand     // for target draws; used by this node alone

	// Known is whom the node knows and has shaken hands with from the start, for
	// simulations of clusters that have joined already. Processes leave it empty.
	Known *Acquaintance
}

// Acquaintance is a cluster whose nodes know each other from the start. It is
// read-only; all nodes of a simulation share one.
type Acquaintance struct {
	digest    gossip.Digest
	addresses []gossip.Address
}

// NewAcquaintance makes one of the nodes' first versions.
func NewAcquaintance(d gossip.Digest) *Acquaintance {
	a := &Acquaintance{digest: d}
	for _, e := range d {
		a.addresses = append(a.addresses, e.Address)
	}
	return a
}

// MarshalJSON writes the nodes' first versions, so that a flight record can hold them.
func (a *Acquaintance) MarshalJSON() ([]byte, error) { return json.Marshal(a.digest) }

// UnmarshalJSON is MarshalJSON's inverse.
func (a *Acquaintance) UnmarshalJSON(text []byte) error {
	var d gossip.Digest
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	*a = *NewAcquaintance(gossip.NewDigest(d))
	return nil
}

// Generation is that of one of the nodes in its first version; 0 for others.
func (a *Acquaintance) Generation(node gossip.Address) int32 {
	e, _ := a.digest.Get(node)
	return e.Generation
}

// Validate names the first field that cannot work.
func (c Config) Validate() error {
	if _, err := gossip.ParseAddress(string(c.Self)); err != nil {
		return fmt.Errorf("own address: %w", err)
	}
	if c.Seed != "" {
		if _, err := gossip.ParseAddress(string(c.Seed)); err != nil {
			return fmt.Errorf("seed address: %w", err)
		}
	}
	if c.Random == nil {
		return errors.New("random source: want one, got none")
	}
	if c.Generation < 0 {
		return fmt.Errorf("generation %d: want 0 to %d", c.Generation, gossip.MaxGeneration)
	}
	if c.Known != nil && !slices.Contains(c.Known.addresses, c.Self) {
		return fmt.Errorf("known nodes: %s is not among them", c.Self)
	}
	return c.Parameters.Validate()
}

// Node is one node's protocol state. It must not be shared between goroutines.
type Node struct {
	self    gossip.Address
	seed    gossip.Address
	spec    Spec
	timing  Timing
	aligned bool
	rand    *rand.Rand

	freshness Freshness
	beats     map[gossip.Address]*beatClock // under Emission

	origin time.Time     // when the node was made
	now    time.Time     // of the event being handled
	clock  time.Duration // now since origin, monotonic

	clusterID  int32
	generation int32
	heartbeat  int32
	messages   int32 // the original's running count

	addresses []gossip.Address                    // all known, sorted; read-only, as nodes may share it
	endpoints []endpoint                          // of the same, in the same order
	place     int                                 // the node's own in both; its endpoint says nothing
	full      bool                                // it has said that it learns of no more
	growth    uint32                              // grows with every newly learnt endpoint
	offered   map[gossip.Address]offer            // at the last ACK to a peer, until its ACK2
	shape     uint64                              // grows with every change of who is known, counts or has been judged
	confirmed int                                 // how many endpoints are
	digests   uint32                              // how many confirmed members have sent, of more than one endpoint
	onTrial   int                                 // how many count that are not
	greeted   map[gossip.Address]bool             // names, not known yet, that have answered a call
	partial   map[gossip.Address]bool             // peers whose SYN was answered in part
	held      map[gossip.Address]gossip.Digest    // the first gossip of strangers that are called
	early     map[gossip.Address][]gossip.Address // whom unconfirmed peers told of in handshakes
	status    map[gossip.Address]string
	pace      map[gossip.Address]paceSample

	list     []gossip.Address // the provider's list in use
	listed   []gossip.Address // the names of it that count
	listedOf ringSource       // what listed was made of
	nextList []gossip.Address // the last list fetched, until a round adopts it
	met      []gossip.Address // a list all of whose nodes are known

	unmet map[gossip.Address]time.Duration // listed nodes that are not known, and since when

	started    bool
	startedAt  time.Duration
	phase      time.Duration                    // of the rounds within the gossip interval
	round      int64                            // the last round begun
	firstRound int64                            // the one in which the node was made
	slotsSince int64                            // first round whose slots count
	targeted   map[gossip.Address]time.Duration // when rounds last went there, random's only
	attempt    attempt
	pending    []pendingCall // of this round and the last
	answerTime time.Duration // of late, of the slowest: see patience
	unheeded   bool          // nobody has answered the round before
	joining    joining
	calls      map[uint64]call

	beatAt      time.Duration // of the last heartbeat
	nextBeat    time.Duration
	nextReport  time.Duration
	nextVector  time.Duration // no vector about other nodes than the last is reported before
	vectorShape uint64        // of the last vector
	nextStates  time.Duration
	nextMembers time.Duration
	nextSilence time.Duration // no endpoint falls silent before
	nextForget  time.Duration
	vectorDirty bool

	lastID  uint64
	effects []Effect
}

// never marks a round that has not been.
const never = -1

// New makes a node that exists from now on: it beats and reports, and gossips
// once it gets a [Connect] or is contacted by a handshake.
func New(c Config, now time.Time) (*Node, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	n := &Node{
		self: c.Self, seed: c.Seed, spec: c.Protocol, timing: c.Timing, aligned: c.Aligned, rand: c.Random,
		origin: now, now: now,
		freshness: c.Freshness,
		beats:     map[gossip.Address]*beatClock{},
		clusterID: cmp.Or(c.ClusterID, gossip.ClusterID), generation: c.Generation,
		growth:   1,
		status:   map[gossip.Address]string{},
		pace:     map[gossip.Address]paceSample{},
		calls:    map[uint64]call{},
		greeted:  map[gossip.Address]bool{},
		partial:  map[gossip.Address]bool{},
		early:    map[gossip.Address][]gossip.Address{},
		held:     map[gossip.Address]gossip.Digest{},
		offered:  map[gossip.Address]offer{},
		targeted: map[gossip.Address]time.Duration{},
		round:    never,
	}
	n.nextBeat = n.firstAfter(c.Timing.Heartbeat)
	n.nextReport = n.firstAfter(c.Timing.Gossip)
	n.firstRound = n.roundNumber()
	n.acquaint(c.Known)
	return n, nil
}

// Step applies one event at the given instant and returns what must be done, in
// order. Instants must not go back on their monotonic clock. The effects belong
// to the caller.
func (n *Node) Step(now time.Time, ev Event) []Effect {
	n.now = now
	n.clock = max(n.clock, now.Sub(n.origin))
	// The event comes before the timers: after a stall of the process a message
	// that was waiting must count before silence does.
	switch ev := ev.(type) {
	case Tick:
	case Connect:
		n.connect()
	case Receive:
		n.receive(ev.From, ev.Message)
	case Delivered:
		n.delivered(ev.ID)
	case Failed:
		n.failed(ev.ID)
	case Members:
		n.learnMembers(ev.List)
	}
	n.runTimers()
	n.reportVector()
	effects := n.effects
	n.effects = nil // they may be large, and the node does not need them
	return effects
}

// Deadline is when the next [Tick] is due; until then nothing happens by itself.
func (n *Node) Deadline() time.Time {
	next := min(n.nextBeat, n.nextReport)
	if n.started {
		next = min(next, n.clock+n.untilNextRound())
		if n.attempt.open {
			next = min(next, n.attempt.goOnAt)
		}
	}
	if n.Known() > 0 {
		next = min(next, n.nextSilence)
	}
	return n.now.Add(next - n.clock)
}

func (n *Node) runTimers() {
	if n.clock >= n.nextBeat {
		n.nextBeat = skipTo(n.nextBeat, n.timing.Heartbeat, n.clock)
		n.beat()
	}
	if n.started {
		n.roundTimers()
	}
	n.silence()
	n.reportTimers()
}

// skipTo is the first instant after now that is whole intervals after at.
func skipTo(at, interval, now time.Duration) time.Duration {
	return at + interval*((now-at)/interval+1)
}

// firstAfter spreads work that need not be aligned over an interval by a hash of
// the name, so that the nodes of a cluster do not all call the monitor at once.
func (n *Node) firstAfter(interval time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(n.self))
	at := time.Duration(h.Sum64() % uint64(interval))
	passed := time.Duration(modulo(n.origin.UnixNano(), int64(interval)))
	if at <= passed {
		at += interval
	}
	return n.clock + at - passed
}

// beat raises the heartbeat; where the counter is used up, a new generation
// begins.
func (n *Node) beat() {
	if n.heartbeat == gossip.MaxGeneration {
		n.generation++
		n.heartbeat = 0
	}
	n.heartbeat++
	n.beatAt = n.clock
	n.emit(ReportHeartbeat{})
}

func (n *Node) emit(e Effect) { n.effects = append(n.effects, e) }

func (n *Node) send(to gossip.Address, m gossip.Message) uint64 {
	n.lastID++
	n.calls[n.lastID] = call{to: to, kind: m.Kind(), at: n.clock}
	n.emit(Send{ID: n.lastID, To: to, Message: m})
	return n.lastID
}

// count adds to the message count, which stays at the largest int XML-RPC has.
func (n *Node) count() {
	if n.messages < gossip.MaxGeneration {
		n.messages++
	}
}

// Self is the node's address.
func (n *Node) Self() gossip.Address { return n.self }

// Version is the node's own generation and heartbeat.
func (n *Node) Version() (generation, heartbeat int32) { return n.generation, n.heartbeat }

// modulo is never negative.
func modulo(a, m int64) int64 { return ((a % m) + m) % m }
