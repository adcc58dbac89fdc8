package machine

import "gossiprpc/internal/gossip"

// Request is what one process asks of another, or tells it. The comments say who
// takes it and what of an [Answer] is set.
type Request interface{ request() }

type (
	// Message is one of the four messages between nodes.
	Message struct {
		From    gossip.Address
		Message gossip.Message
	}

	// Register makes a node known to the monitor, or begins its next incarnation.
	Register struct{ Node gossip.Address }
	// Heartbeat tells the monitor that a node is up.
	Heartbeat struct{ Node gossip.Address }
	// States tells the monitor all that a node knows of endpoints, and the node's
	// running message count.
	States struct {
		Node     gossip.Address
		Map      gossip.StateMap
		Messages int32
	}
	// Suspects tells the monitor whom a node suspects.
	Suspects struct {
		Node       gossip.Address
		Vector     gossip.FaultVector
		Generation int32
	}
	// Traffic tells the monitor how many bytes a node has sent to peers.
	Traffic struct {
		Node  gossip.Address
		Bytes int64
	}
	// Report tells the monitor in one call that a node is up, and those of the three above that
	// are there (nil: not told), which are about the same node.
	Report struct {
		Node     gossip.Address
		Suspects *Suspects
		States   *States
		Traffic  *Traffic
	}
	// Mapping asks the monitor which nodes it knows: Addresses, in join order.
	Mapping struct{}

	// Join enters a node into the provider's list: Protocol.
	Join struct{ Node gossip.Address }
	// Members asks the provider for its list: Addresses, in join order.
	Members struct{}
	// Protocol asks the provider without joining: Protocol.
	Protocol struct{}
)

func (Message) request()   {}
func (Register) request()  {}
func (Heartbeat) request() {}
func (States) request()    {}
func (Suspects) request()  {}
func (Traffic) request()   {}
func (Report) request()    {}
func (Mapping) request()   {}
func (Join) request()      {}
func (Members) request()   {}
func (Protocol) request()  {}

// Parts are what would be told one by one in its place, in order.
func (r Report) Parts() []Request {
	parts := []Request{Heartbeat{Node: r.Node}}
	if r.Suspects != nil {
		parts = append(parts, *r.Suspects)
	}
	if r.States != nil {
		parts = append(parts, *r.States)
	}
	if r.Traffic != nil {
		parts = append(parts, *r.Traffic)
	}
	return parts
}

// Answer is what a call brought back; each [Request] says which of it is set.
type Answer struct {
	Addresses []gossip.Address
	Protocol  gossip.ProtocolNumber
}
