// Package process is a whole node as a pure state machine: the gossip protocol
// (gossipnode/protocol) and all that a node does around it. It joins the
// provider, reports to the monitor, fetches member lists, limits its own calls
// and understands what is typed at its console.
//
// In flow the events of internal/machine, out flow its effects; internal/host
// carries them out for a real process, harness/sim in virtual time, and
// internal/recording plays a recorded process again. Two processes with equal
// settings and equal events have equal effects, byte for byte.
package process

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// Config is what a node starts with. It survives a way through JSON.
type Config struct {
	Self      gossip.Address     `json:"self"`
	Seed      gossip.Address     `json:"seed,omitempty"` // the node to shake hands with; empty: none
	Monitor   gossip.Address     `json:"monitor"`
	Provider  gossip.Address     `json:"provider"`
	ClusterID int32              `json:"cluster_id,omitempty"` // of its SYNs; 0: the original's
	Timing    protocol.Timing    `json:"timing"`
	Aligned   bool               `json:"aligned"`
	Freshness protocol.Freshness `json:"freshness"`
	Connect   bool               `json:"connect"` // gossip without waiting for the console's word
	Console   bool               `json:"console"` // show the original's console
	Talk      bool               `json:"talk"`    // tell people at the terminal what happens
	Random    uint64             `json:"random"`  // seed of the draws of targets and waits

	// Known is whom the node knows from the start, for simulations of clusters
	// that have joined already.
	Known *protocol.Acquaintance `json:"known,omitempty"`
}

// Validate names the first setting that cannot work.
func (c Config) Validate() error {
	for _, a := range []struct {
		name    string
		address gossip.Address
	}{{"own address", c.Self}, {"monitor", c.Monitor}, {"provider", c.Provider}} {
		if _, err := gossip.ParseAddress(string(a.address)); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	if c.Seed != "" {
		if _, err := gossip.ParseAddress(string(c.Seed)); err != nil {
			return fmt.Errorf("seed address: %w", err)
		}
	}
	return c.Timing.Validate()
}

// Process is one node from the start of its process to its end. It must not be
// shared between goroutines.
type Process struct {
	config  Config
	now     time.Time // of the event being handled
	lastID  uint64
	jitter  *rand.Rand // of waits
	effects []machine.Effect

	node    *protocol.Node // nil until the provider has let the node in
	connect bool           // the rounds are to begin as soon as there is a node
	sending int            // calls to peers under way
	sent    int64          // bytes of them so far
	refused []protocol.Event
	lines   peerLines

	answering map[uint64]bool // of the calls under way, by the protocol's ID

	provider provider
	reports  outbox
	said     said
	observe  []Observer
}

// Observer watches the protocol from inside, after each of its steps; a
// simulation measures and checks by it. It must change nothing.
type Observer func(now time.Time, ev protocol.Event, effects []protocol.Effect)

// New makes a node whose process has not started.
func New(c Config) (*Process, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Process{
		config: c, connect: c.Connect, answering: map[uint64]bool{},
		jitter:   rand.New(rand.NewPCG(^c.Random, nameHash(c.Self))),
		provider: provider{waits: machine.Waits{First: c.Timing.Heartbeat}},
		reports:  outbox{waits: machine.Waits{First: c.Timing.Heartbeat}},
	}, nil
}

// Observe adds one who watches.
func (p *Process) Observe(o Observer) { p.observe = append(p.observe, o) }

// Node is the protocol's state; nil until the provider has let the node in. It
// must not be stepped.
func (p *Process) Node() *protocol.Node { return p.node }

// Awaits says what keeps the node from being settled; empty if it is.
func (p *Process) Awaits() string {
	if p.node == nil {
		return "the provider has not let it in"
	}
	return p.node.Awaits()
}

// Step implements [machine.Machine].
func (p *Process) Step(now time.Time, ev machine.Event) []machine.Effect {
	p.now = now
	switch ev := ev.(type) {
	case machine.Start:
		p.start()
	case machine.Line:
		p.typed(ev.Text)
	case machine.Called:
		p.called(ev.Request)
	case machine.Ended:
		p.ended(ev)
	case machine.Written:
		p.written(ev)
	case machine.Tick:
	}
	p.timers()
	p.sayKnown()
	effects := p.effects
	p.effects = nil
	return effects
}

// Deadline implements [machine.Machine].
func (p *Process) Deadline() (time.Time, bool) {
	var next time.Time
	for _, at := range []time.Time{p.provider.retryAt, p.reports.retryAt} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if p.node != nil {
		if at := p.node.Deadline(); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// start registers at the monitor. Only when that call is over does the node go on to the
// provider and to its peers, as the original does: a peer that has heard from a restarted
// node might else tell the monitor before the node itself does, and a true verdict about
// its former life would look false.
func (p *Process) start() {
	p.prompt()
	p.flush()
}

func (p *Process) timers() {
	if due(p.provider.retryAt, p.now) {
		p.provider.retryAt = time.Time{}
		p.join()
	}
	if p.node != nil && due(p.node.Deadline(), p.now) {
		p.feed(protocol.Tick{})
	}
	if due(p.reports.retryAt, p.now) {
		p.reports.retryAt = time.Time{}
		p.flush()
	}
}

// due tells whether an instant has come; the zero one never does.
func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// callKind is in the low bits of a call's ID, so that its outcome finds its way.
type callKind uint64

const (
	toPeer callKind = iota
	toMonitor
	toJoin
	toRejoin
	toList
	kindBits = 3
)

func (p *Process) ended(e machine.Ended) {
	p.sent = max(p.sent, e.Sent)
	switch kind := callKind(e.ID & (1<<kindBits - 1)); kind {
	case toPeer:
		p.delivered(e)
	case toMonitor:
		p.reported(e)
	default:
		p.provided(kind, e)
	}
}

// call begins a call to the monitor or the provider, which may be an original
// that takes seconds to answer.
func (p *Process) call(kind callKind, to gossip.Address, r machine.Request) {
	p.lastID++
	p.emit(machine.Call{
		ID: p.lastID<<kindBits | uint64(kind), To: to, Request: r,
		Timeout: max(p.config.Timing.Fail, 5*time.Second),
	})
}

func (p *Process) emit(e machine.Effect) { p.effects = append(p.effects, e) }

func (p *Process) log(level machine.Level, text string, fields ...machine.Field) {
	p.emit(machine.Log{Level: level, Text: text, Fields: fields})
}

func field[T ~string](key string, value T) machine.Field {
	return machine.Field{Key: key, Value: string(value)}
}

func number[T ~int | ~int32](key string, value T) machine.Field {
	return machine.Field{Key: key, Value: strconv.FormatInt(int64(value), 10)}
}

// nameHash gives nodes that share a seed different draws.
func nameHash(a gossip.Address) uint64 {
	h := fnv.New64a()
	h.Write([]byte(a))
	return h.Sum64()
}
