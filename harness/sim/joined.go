package sim

import (
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// known is what the nodes of a world that begins joined know of each other.
type known struct {
	versions gossip.Digest // first ones, of all nodes
	nodes    *protocol.Acquaintance
}

// acquaint prepares a world whose nodes know each other from the start.
func (w *World) acquaint() {
	var versions []gossip.DigestEntry
	for _, h := range w.hosts {
		if h.kind == aNode {
			w.step(w.provider, machine.Called{Request: machine.Join{Node: h.address}})
			versions = append(versions, gossip.DigestEntry{
				Address: h.address, AppVersion: gossip.AppVersion, Generation: int32(h.clock.read(0).Unix()),
			})
		}
	}
	d := gossip.NewDigest(versions)
	w.known = &known{versions: d, nodes: protocol.NewAcquaintance(d)}
}

// packed is a gossip message on its way in a cluster that began joined: where
// rounds are aligned all nodes' digests are on their way at once, each as long as
// the cluster is large. It leaves out what all digests have alike.
type packed struct {
	known    *known
	versions []version // of the same nodes in the same order
}

type version struct{ generation, heartbeat int32 }

// Kind makes a packed message pass for the one that it holds.
func (packed) Kind() string { return gossip.Gossip{}.Kind() }

// pack makes a message smaller if it is gossip about exactly the nodes that k
// knows; k may be nil.
func (k *known) pack(m gossip.Message) gossip.Message {
	g, ok := m.(gossip.Gossip)
	if !ok || k == nil || len(g.Digest) != len(k.versions) {
		return m
	}
	versions := make([]version, len(g.Digest))
	for i := range g.Digest {
		e, of := &g.Digest[i], &k.versions[i]
		if e.Address != of.Address || e.AppVersion != of.AppVersion {
			return m
		}
		versions[i] = version{e.Generation, e.Heartbeat}
	}
	return packed{k, versions}
}

// unpack is the message that was packed.
func unpack(m gossip.Message) gossip.Message {
	p, ok := m.(packed)
	if !ok {
		return m
	}
	d := make(gossip.Digest, len(p.versions))
	for i, v := range p.versions {
		of := &p.known.versions[i]
		d[i] = gossip.DigestEntry{Address: of.Address, AppVersion: of.AppVersion, Generation: v.generation, Heartbeat: v.heartbeat}
	}
	return gossip.Gossip{Digest: d}
}
