package protocol_test

import (
	"slices"
	"testing"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
)

// called is whom the node's next rounds go to, when all calls are answered.
func (c *caller) called(rounds int) []string {
	var all []string
	for range rounds {
		c.pass(c.rounds)
		all = append(all, c.targets()...)
		c.answerAll()
	}
	slices.Sort(all)
	return all
}

func numbers(is ...int) []gossip.Address {
	var list []gossip.Address
	for _, i := range is {
		list = append(list, numbered(i))
	}
	return list
}

// A list that lacks an unsuspected member of the ring is no new ring: a provider
// that was restarted has not heard of all yet.
func TestAListWithoutALiveMemberIsNotAdopted(t *testing.T) {
	for _, name := range []string{"scrr", "brr"} {
		c := newLone(t, name, 4, nil, nil)
		c.step(protocol.Members{List: numbers(1, 2, 3, 4)})
		c.now = c.now.Add(-c.rounds / 2)
		before := c.called(6)
		for i := 2; i <= 4; i++ {
			c.gossips(i, entry(i, 1))
		}
		c.step(protocol.Members{List: numbers(1, 3, 4)})
		if got := c.called(1); !slices.Contains(before, "002") || len(got) != 1 {
			t.Fatalf("%s: called %v", name, got)
		}
		c.gossips(2, entry(2, 2))
		c.gossips(3, entry(3, 2))
		c.gossips(4, entry(4, 2))
		if got := c.called(3); !slices.Contains(got, "002") {
			t.Errorf("%s: the missing member is live, and the rounds go to %v", name, got)
		}
		for i := range 6 { // it falls silent
			c.gossips(3, entry(3, 3+int32(i)))
			c.gossips(4, entry(4, 3+int32(i)))
			c.called(1)
		}
		c.step(protocol.Members{List: numbers(1, 3, 4)})
		if got := c.called(4); slices.Contains(got, "002") {
			t.Errorf("%s: the missing member is suspected, and the rounds go to %v", name, got)
		}
	}
}

// A seed that does not answer is replaced by the provider's other nodes in turn.
// Their list is asked for when the seed has failed: what came before is of no use.
func TestASeedThatIsAwayIsReplaced(t *testing.T) {
	spec, _ := protocol.ByName("rr")
	c := newLone(t, "rr", 1, nil, func(c *protocol.Config) {
		c.Protocol, c.Known, c.Seed = spec, nil, numbered(2)
	})
	first := c.calls
	if len(first) != 1 || first[0].To != numbered(2) || first[0].Message.Kind() != "syn" {
		t.Fatalf("the first calls are %v, want a SYN to the seed", first)
	}
	c.step(protocol.Members{List: numbers(1, 2)})
	c.now = c.now.Add(time.Millisecond)
	if n := len(only[protocol.FetchMembers](c.effects(protocol.Failed{ID: first[0].ID}))); n != 1 {
		t.Fatalf("the list is asked for %d times when the seed has failed, want once", n)
	}
	c.step(protocol.Members{List: numbers(1, 2, 3, 4)})
	c.want("the first of the list", "003")
	c.step(protocol.Failed{ID: c.calls[0].ID})
	c.want("the next one", "004")
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	c.want("none after one that answers")
}

// Whoever has been found meanwhile is enough: the list that a join has waited for is not gone
// through any more.
func TestAJoinEndsWithTheFirstMember(t *testing.T) {
	c := newLone(t, "rr", 1, nil, func(c *protocol.Config) { c.Known, c.Seed = nil, numbered(2) })
	c.step(protocol.Failed{ID: c.calls[0].ID})
	c.step(protocol.Receive{From: numbered(5), Message: gossip.Syn{}})
	c.want("a SYN", "005")
	c.step(protocol.Delivered{ID: c.calls[0].ID})
	c.step(protocol.Members{List: numbers(1, 2, 3, 4, 5)})
	c.want("a list that comes later")
}
