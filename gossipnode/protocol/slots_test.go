package protocol_test

import (
	"slices"
	"testing"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// slots is a node under scrr whose ring the test plays: in each round the sender
// whose slot it is tells of all others, so that nobody falls silent.
type slots struct {
	*caller
	generations map[int]int32
	ring        []int
	news        int32
	missed      []gossip.Address
}

func newSlots(t *testing.T, generations map[int]int32) *slots {
	return newSlotsOf(t, generations, protocol.DefaultTiming())
}

func newSlotsOf(t *testing.T, generations map[int]int32, timing protocol.Timing) *slots {
	one := newLone(t, "scrr", 4, generations, func(c *protocol.Config) { c.Timing = timing })
	s := &slots{caller: one, generations: generations}
	s.list(1, 2, 3, 4)
	s.now = s.now.Add(s.rounds / 2)
	return s
}

// list is the provider's from the next round on.
func (s *slots) list(ring ...int) {
	s.ring = ring
	var list []gossip.Address
	for _, i := range ring {
		list = append(list, numbered(i))
	}
	s.step(protocol.Members{List: list})
}

// sender is whose slot the current round is.
func (s *slots) sender() int {
	spec, _ := protocol.ByName("scrr")
	n := len(s.ring)
	offset := spec.Offset(s.now.UnixNano()/int64(s.rounds), n)
	return s.ring[(slices.Index(s.ring, 1)-offset+n)%n]
}

// round begins the round at the current instant and lets it pass. Whoever is late
// says nothing in its slot.
func (s *slots) round(late int) {
	s.news++
	begin := s.effects(protocol.Tick{})
	for _, e := range only[protocol.OpinionChanged](begin) {
		if e.Reason == protocol.MissedSlot {
			s.missed = append(s.missed, e.Peer)
		}
	}
	for _, call := range only[protocol.Send](begin) {
		s.effects(protocol.Delivered{ID: call.ID})
	}
	if from := s.sender(); from != late {
		var news []gossip.DigestEntry
		for i := 2; i <= 4; i++ {
			e := entry(i, s.news)
			if g, ok := s.generations[i]; ok {
				e.Generation = g
			}
			news = append(news, e)
		}
		s.gossips(from, news...)
	}
	s.now = s.now.Add(s.rounds)
}

// until lets rounds pass until it is a node's slot.
func (s *slots) until(sender, late int) {
	for s.sender() != sender {
		s.round(late)
	}
}

func (s *slots) cycles(late int) {
	for range 9 { // three
		s.round(late)
	}
}

func (s *slots) want(why string, missed ...gossip.Address) {
	s.t.Helper()
	if !slices.Equal(s.missed, missed) {
		s.t.Errorf("%s: missed slots of %v are noticed, want %v", why, s.missed, missed)
	}
}

func TestSlotsThatWereKeptBefore(t *testing.T) {
	s := newSlots(t, nil)
	s.cycles(0)
	s.want("all send in their slots")
	s.cycles(3)
	s.want("one ceases to", numbered(3))

	s = newSlots(t, nil)
	s.cycles(3)
	s.want("one has never kept a slot")
}

// The numbers of short rounds are too large for what an endpoint has room for.
func TestSlotsOfShortRounds(t *testing.T) {
	s := newSlotsOf(t, nil, protocol.DefaultTiming().Scaled(30))
	s.cycles(0)
	s.cycles(3)
	s.want("one ceases to", numbered(3))
}

func TestOriginalsKeepNoSlots(t *testing.T) {
	s := newSlots(t, map[int]int32{3: 57_600})
	s.cycles(0)
	s.cycles(3)
	s.want("the one that ceases to send in its slots is an original")
}

// Who has begun a new life has kept no slot in it.
func TestANewIncarnationHasKeptNoSlot(t *testing.T) {
	s := newSlots(t, map[int]int32{})
	s.cycles(0)
	s.generations[3] = int32(began.Unix()) + 60
	s.cycles(3)
	s.want("one restarts and does not send in its slot")
}

// A node that has missed a round itself cannot tell who was late in it.
func TestSlotsAfterMissedRounds(t *testing.T) {
	s := newSlots(t, nil)
	s.cycles(0)
	s.until(3, 0)
	s.round(0)
	s.now = s.now.Add(s.rounds) // a whole round passes without the node
	s.cycles(3)
	s.want("one ceases to send just as the node misses a round")
}

// In another ring others were due.
func TestSlotsAfterAChangeOfTheRing(t *testing.T) {
	s := newSlots(t, nil)
	s.cycles(0)
	s.until(3, 0)
	s.round(0)
	s.round(0)
	s.round(0) // 3's slot has been judged as kept
	s.list(1, 4, 3, 2)
	s.cycles(3)
	s.want("one ceases to send just as the ring changes")
}
