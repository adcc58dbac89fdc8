package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/sim"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/consensus"
)

// siege is a cluster that a stranger speaks to, and how often a live node was held
// dead by the monitor, or suspected by all other nodes at once.
type siege struct {
	*sim.World
	wrong, byAll int
}

func besiege(t *testing.T, s protocol.Spec, nodes int, seed uint64) *siege {
	t.Helper()
	c := sim.DefaultConfig(s)
	c.Nodes, c.Seed = nodes, seed
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if !w.AwaitJoined(time.Minute) {
		t.Fatal("not joined")
	}
	w.Run(time.Minute)
	b := &siege{World: w}
	w.Observe(sim.Hooks{Step: b.step, Input: func(_ time.Time, _ consensus.Input, events []consensus.Event) {
		for _, e := range events {
			if e.Kind == consensus.Failed && w.Address(e.Node.Name()) != "" && w.Running(e.Node.Name()) {
				b.wrong++
			}
		}
	}})
	return b
}

func (b *siege) step(s sim.Step) {
	for _, effect := range s.Effects {
		o, ok := effect.(protocol.OpinionChanged)
		if !ok || !o.Suspected || b.Address(o.Peer.Name()) == "" || !b.Running(o.Peer.Name()) {
			continue
		}
		suspects, others := 0, 0
		for _, name := range b.Nodes() {
			n := b.Node(name)
			if n == nil || b.Address(name) == o.Peer {
				continue
			}
			others++
			for _, c := range n.FaultVector() {
				if c.Address == o.Peer && c.Suspected {
					suspects++
				}
			}
		}
		if suspects == others {
			b.byAll++
		}
	}
}

// every has something done at an interval for so long.
func (b *siege) every(interval, length time.Duration, do func()) {
	for at := time.Duration(0); at < length; at += interval {
		b.At(b.Elapsed()+at, do)
	}
}

// digest names ghosts.
func (b *siege) digest(names []gossip.Address) gossip.Digest {
	var d []gossip.DigestEntry
	for _, g := range names {
		d = append(d, gossip.DigestEntry{Address: g, AppVersion: 1, Generation: int32(b.Now().Unix()), Heartbeat: 5})
	}
	return gossip.NewDigest(d)
}

// Names whose computers take calls and never answer must not cost a live node its
// life, nor for a moment all its observers.
func TestInventedNamesHarmNobody(t *testing.T) {
	const siegeTime = time.Minute
	for _, attack := range []struct {
		what string
		do   func(*siege, []gossip.Address)
	}{
		{"gossip of a stranger", func(b *siege, names []gossip.Address) {
			b.Tell("node2", machine.Message{From: names[0], Message: gossip.Gossip{Digest: b.digest(names)}})
		}},
		{"gossip in a member's name", func(b *siege, names []gossip.Address) {
			b.Tell("node2", machine.Message{From: b.Address("node1"), Message: gossip.Gossip{Digest: b.digest(names)}})
		}},
		{"registered at the provider", func(b *siege, names []gossip.Address) {
			for _, g := range names {
				b.Tell(harness.Provider, machine.Join{Node: g})
			}
		}},
		{"a SYN in each name at each node", func(b *siege, names []gossip.Address) {
			for _, g := range names {
				for _, node := range b.Nodes() {
					b.Tell(node, machine.Message{From: g, Message: gossip.Syn{ClusterID: 1, Digest: b.digest([]gossip.Address{g})}})
				}
			}
		}},
		{"50 SYNs a second in one name", func(b *siege, names []gossip.Address) {
			b.every(time.Second/50, siegeTime, func() {
				b.Tell("node2", machine.Message{From: names[0], Message: gossip.Syn{ClusterID: 1}})
			})
		}},
		{"50 SYNs a second in all names", func(b *siege, names []gossip.Address) {
			i := 0
			b.every(time.Second/50, siegeTime, func() {
				i++
				b.Tell("node2", machine.Message{From: names[i%len(names)], Message: gossip.Syn{ClusterID: 1}})
			})
		}},
	} {
		for _, s := range protocol.All() {
			for _, n := range []int{6, 60} {
				t.Run(fmt.Sprintf("%s/%s/%d", strings.ReplaceAll(attack.what, " ", "_"), s.Name, n), func(t *testing.T) {
					t.Parallel()
					b := besiege(t, s, 8, uint64(n))
					attack.do(b, b.Ghosts(n))
					b.Run(siegeTime)
					if b.wrong > 0 || b.byAll > 0 {
						t.Errorf("%d wrong verdicts, %d times a live node was suspected by all", b.wrong, b.byAll)
					}
				})
			}
		}
	}
}
