package protocol

import "gossiprpc/internal/gossip"

// Event is something that has happened to a node: one of [Tick], [Connect],
// [Receive], [Delivered], [Failed] and [Members].
type Event interface{ event() }

// Tick says only that time has passed; due at [Node.Deadline].
type Tick struct{}

// Connect starts the node's rounds and sends a SYN to its seed.
type Connect struct{}

// Receive is a message that has come in.
type Receive struct {
	From    gossip.Address
	Message gossip.Message
}

// Delivered is the success of the [Send] with this ID.
type Delivered struct{ ID uint64 }

// Failed is the failure of the [Send] with this ID.
type Failed struct{ ID uint64 }

// Members is the provider's list in join order, the answer to [FetchMembers].
type Members struct{ List []gossip.Address }

func (Tick) event()      {}
func (Connect) event()   {}
func (Receive) event()   {}
func (Delivered) event() {}
func (Failed) event()    {}
func (Members) event()   {}
