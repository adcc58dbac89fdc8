// Package gossip holds the words that all rooms share: addresses, digests,
// endpoint states, fault vectors and the four messages of the gossip protocol.
//
// They are plain values without I/O. Digest, StateMap and FaultVector are
// slices sorted by address with each address once, so that map order never
// reaches the wire or a test and two of them merge in one pass. A value that
// has been handed over (sent, put into an effect or event) is read-only from
// then on and may be shared between goroutines.
package gossip

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Constants of the original (docs/DECISIONS.md, "Constants").
const (
	ClusterID     int32 = 1
	AppVersion    int32 = 1
	StatusNormal        = "Normal"
	DefaultPort         = 5000
	MaxGeneration       = 1<<31 - 1
)

// MaxPlain is the most nodes with which a cluster speaks exactly as one of originals does. About more
// of them processes speak in extensions, to whoever supports these.
const MaxPlain = 64

// ProtocolNumber is what the provider answers to a node that joins. The names
// and rules behind the numbers are in the table of gossipnode/protocol.
type ProtocolNumber int32

// DigestEntry is what a digest says of one endpoint.
type DigestEntry struct {
	Address    Address
	AppVersion int32
	Generation int32 // Unix seconds of the node's start; the original: hour of day times 3600
	Heartbeat  int32 // beats since the start
}

// NewerThan reports whether e supersedes the version (generation, heartbeat).
func (e DigestEntry) NewerThan(generation, heartbeat int32) bool {
	return e.Generation > generation || e.Generation == generation && e.Heartbeat > heartbeat
}

// Digest lists the versions a node knows, sorted by address.
type Digest []DigestEntry

// NewDigest sorts entries by address; of several for one address the newest
// stays. It keeps the slice.
func NewDigest(entries []DigestEntry) Digest {
	slices.SortFunc(entries, func(a, b DigestEntry) int {
		if c := strings.Compare(string(a.Address), string(b.Address)); c != 0 {
			return c
		}
		if c := cmp.Compare(b.Generation, a.Generation); c != 0 {
			return c
		}
		return cmp.Compare(b.Heartbeat, a.Heartbeat)
	})
	return slices.CompactFunc(entries, func(a, b DigestEntry) bool { return a.Address == b.Address })
}

// Get finds one endpoint's entry.
func (d Digest) Get(a Address) (DigestEntry, bool) {
	i, ok := slices.BinarySearchFunc(d, a, func(e DigestEntry, a Address) int {
		return strings.Compare(string(e.Address), string(a))
	})
	if !ok {
		return DigestEntry{}, false
	}
	return d[i], true
}

// EndpointState is the full state of one endpoint as ACK, ACK2 and the report
// to the monitor carry it.
type EndpointState struct {
	Address    Address
	AppVersion int32
	Generation int32
	Heartbeat  int32
	Status     string
	Updated    time.Time // when the sender last heard of the endpoint, by its own clock
}

// StateMap lists endpoint states, sorted by address.
type StateMap []EndpointState

// NewStateMap sorts states by address, each address once. It keeps the slice.
func NewStateMap(states []EndpointState) StateMap {
	slices.SortStableFunc(states, func(a, b EndpointState) int {
		return strings.Compare(string(a.Address), string(b.Address))
	})
	return slices.CompactFunc(states, func(a, b EndpointState) bool { return a.Address == b.Address })
}

// Get finds one endpoint's state.
func (m StateMap) Get(a Address) (EndpointState, bool) {
	i, ok := slices.BinarySearchFunc(m, a, func(e EndpointState, a Address) int {
		return strings.Compare(string(e.Address), string(a))
	})
	if !ok {
		return EndpointState{}, false
	}
	return m[i], true
}

// Suspicion is one cell of a fault vector: what its owner holds of Address.
type Suspicion struct {
	Address   Address
	Suspected bool
}

// FaultVector lists an observer's opinions, sorted by address. An endpoint that
// is not in it is one the observer has no opinion of yet.
type FaultVector []Suspicion

// NewFaultVector sorts cells by address, each address once. It keeps the slice.
func NewFaultVector(cells []Suspicion) FaultVector {
	slices.SortStableFunc(cells, func(a, b Suspicion) int {
		return strings.Compare(string(a.Address), string(b.Address))
	})
	return slices.CompactFunc(cells, func(a, b Suspicion) bool { return a.Address == b.Address })
}

// Get tells whether a is suspected, and whether the vector says anything of it.
func (v FaultVector) Get(a Address) (suspected, known bool) {
	i, ok := slices.BinarySearchFunc(v, a, func(s Suspicion, a Address) int {
		return strings.Compare(string(s.Address), string(a))
	})
	return ok && v[i].Suspected, ok
}

// Message is one of Syn, Ack, Ack2 and Gossip.
type Message interface {
	// Kind is the message's name in logs and transcripts: "syn", "ack", "ack2" or "gossip".
	Kind() string
}

// Syn opens a handshake.
type Syn struct {
	ClusterID int32
	Digest    Digest
}

// Ack answers a Syn: what the sender wants to know, and what it knows.
type Ack struct {
	Wanted []Address
	States StateMap
}

// Ack2 closes a handshake.
type Ack2 struct {
	States StateMap
}

// Gossip carries the sender's digest to a peer that it has shaken hands with.
type Gossip struct {
	Digest Digest
}

func (Syn) Kind() string    { return "syn" }
func (Ack) Kind() string    { return "ack" }
func (Ack2) Kind() string   { return "ack2" }
func (Gossip) Kind() string { return "gossip" }
