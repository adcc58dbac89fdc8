// Package protocol is the gossip protocol as a pure state machine: handshake,
// digest merge, target order, suspicion.
//
// Events go in with the time at which they happened ([Node.Step]), effects come
// out: send this, report that, fetch the provider's list. There is no clock, no
// network and no goroutine here, and the random source is handed in, so the same
// code runs in a real process, in a transcript and in virtual time.
//
// The four protocols differ in whom a round goes to and in what counts as having
// heard of a node. Each is one [Spec] in a file of its own: random.go,
// roundrobin.go, binary.go, sequencecheck.go. A fifth is one more file and its
// line in the table below. The rules come from docs/DECISIONS.md ("What a node does")
// and decisions 1 to 6 of docs/DECISIONS.md.
package protocol

import (
	"fmt"
	"strings"

	"gossiprpc/internal/gossip"
)

// Spec is all that sets one protocol apart. Specs are read-only and may be
// shared between goroutines.
type Spec struct {
	Number gossip.ProtocolNumber // what the provider answers
	Name   string                // what --version takes
	Title  string                // for people

	// Ring is whose order targets are taken from.
	Ring Ring
	// Offset is how many places after itself a node's round goes to in a ring of
	// n >= 2 nodes, 1 to n-1. It is nil where targets are drawn at random.
	Offset func(round int64, n int) int
	// Period is the number of rounds after which the offsets of a ring of n
	// repeat.
	Period func(n int) int
	// Spread is R* of a ring of n: see [Spec.SpreadRounds]. Where it is nil, R* is
	// counted from the offsets, which takes seconds in rings of thousands.
	Spread func(n int) int

	// Hearsay tells whether news of an endpoint that comes by way of another
	// node counts as having heard of it, given whether it is suspected.
	Hearsay func(suspected bool) bool
	// Slots turns the sequence check on.
	Slots bool
}

// Ring names the order in which a protocol goes through the nodes.
type Ring uint8

const (
	// NoRing: targets are drawn at random from the known endpoints.
	NoRing Ring = iota
	// KnownRing: the known endpoints and the node itself, sorted.
	KnownRing
	// ListRing: the provider's list in join order.
	ListRing
)

// table is the one list of protocols, in the order of their numbers.
var table = []Spec{random, roundRobin, sequenceCheck, binaryRoundRobin}

// All lists the protocols in the order of their numbers.
func All() []Spec { return append([]Spec(nil), table...) }

// Names lists what [ByName] takes.
func Names() []string {
	names := make([]string, len(table))
	for i, s := range table {
		names[i] = s.Name
	}
	return names
}

// ByName finds a protocol by its name in any case.
func ByName(name string) (Spec, bool) {
	for _, s := range table {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Spec{}, false
}

// ByNumber finds a protocol by the provider's number.
func ByNumber(n gossip.ProtocolNumber) (Spec, error) {
	for _, s := range table {
		if s.Number == n {
			return s, nil
		}
	}
	return Spec{}, fmt.Errorf("protocol number %d is unknown, want 1 to %d", n, len(table))
}

// always is the hearsay rule of the protocols that take any news.
func always(bool) bool { return true }
