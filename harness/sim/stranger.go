package sim

import (
	"fmt"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// Ghosts adds names that nobody has ever lived under: their computers take calls
// and never answer. The names are not among [World.Nodes]; they say nothing by
// themselves, and [World.Tell] speaks for them.
func (w *World) Ghosts(n int) []gossip.Address {
	var names []gossip.Address
	for i := range n {
		name := fmt.Sprintf("ghost%d", i+1)
		h := w.named[name]
		if h == nil {
			h = w.add(name, aGhost, gossip.Address(fmt.Sprintf("%s:%d", name, gossip.DefaultPort)), Machine{})
			h.silent = true
		}
		names = append(names, h.address)
	}
	return names
}

// Tell calls a process from outside the cluster, in whosever name the request
// gives; the call takes no time. A process that does not run or is busy gives the
// zero reply.
func (w *World) Tell(name string, r machine.Request) machine.Reply {
	h := w.host(name)
	if !h.up || h.stuck(w.now) {
		return machine.Reply{}
	}
	return w.act(h, machine.Called{Request: r})
}
