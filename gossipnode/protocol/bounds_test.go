package protocol

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
)

var began = time.Unix(1_800_000_000, 0)

// ours is node1, which knows n others of ours, node2 and so on, and has not begun its
// rounds.
func ours(t *testing.T, n int) *Node {
	t.Helper()
	spec, _ := ByName("rr")
	var known gossip.Digest
	for i := range n + 1 {
		known = append(known, gossip.DigestEntry{
			Address: gossip.Address(fmt.Sprintf("node%d:5000", i+1)), AppVersion: 1, Generation: int32(began.Unix()),
		})
	}
	node, err := New(Config{
		Self: "node1:5000", Parameters: DefaultParameters(spec), Generation: int32(began.Unix()),
		Random: rand.New(rand.NewPCG(1, 1)), Known: NewAcquaintance(gossip.NewDigest(known)),
	}, began)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// A state map comes once a gossip interval, and less often where that would be more than
// 64 KiB a second, at 820 bytes an endpoint.
func TestStateMapsKeepTheirRate(t *testing.T) {
	for endpoints, want := range map[int]time.Duration{
		1: 3 * time.Second, 239: 3 * time.Second, 480: 6005859375, 4096: 51250 * time.Millisecond,
	} {
		n := ours(t, endpoints-1)
		if got := n.stateInterval(); got != want {
			t.Errorf("%d endpoints: %v, want %v", endpoints, got, want)
		}
	}
}

// A confirmed name is forgotten when it has been silent for 24 hours. An unconfirmed one is
// after ten T_fail, unless a member has told of it in the last two: then it is confirmed.
func TestWhenNamesAreForgotten(t *testing.T) {
	const now = 48 * time.Hour
	fail := DefaultTiming().Fail
	for _, c := range []struct {
		name      string
		confirmed bool
		silent    time.Duration
		told      uint32 // of 10 digests
		kept      bool
	}{
		{"a member, just not a day", true, 24*time.Hour - 1, 0, true},
		{"a member, a day", true, 24 * time.Hour, 0, false},
		{"unconfirmed, just not ten T_fail", false, 10*fail - 1, 0, true},
		{"unconfirmed, ten T_fail", false, 10 * fail, 0, false},
		{"told of by less than half", false, 10 * fail, 4, false},
		{"told of by half", false, 10 * fail, 5, true},
	} {
		n := ours(t, 2)
		n.clock = now
		e := n.find("node3:5000")
		if !c.confirmed {
			e.confirmed = false
			n.confirmed--
		}
		e.heard = now - c.silent
		n.find("node2:5000").heard = now
		e.since, n.digests, e.told = 7, 17, c.told
		n.forgetSilent()
		e = n.find("node3:5000")
		if kept := e != nil; kept != c.kept {
			t.Errorf("%s: kept %t, want %t", c.name, kept, c.kept)
		}
		if c.told > 0 && c.kept && !e.confirmed {
			t.Errorf("%s: it is not confirmed", c.name)
		}
		if n.nextForget != now+fail {
			t.Errorf("%s: looks again at %v, want a T_fail later", c.name, n.nextForget)
		}
	}
}

// Of a name that is forgotten nothing is left that another node of that name would inherit.
func TestNothingIsKeptOfAForgottenName(t *testing.T) {
	n := ours(t, 2)
	const gone, stays = "node2:5000", "node3:5000"
	for _, a := range []gossip.Address{gone, stays} {
		n.offered[a], n.partial[a], n.status[a], n.targeted[a] = offer{}, true, "DOWN", 1
		n.beats[a], n.pace[a], n.held[a] = &beatClock{}, paceSample{}, nil
	}
	n.drop(func(a gossip.Address, _ *endpoint) bool { return a == gone })
	for name, left := range map[string][]gossip.Address{
		"offered": slices.Collect(maps.Keys(n.offered)), "partial": slices.Collect(maps.Keys(n.partial)),
		"status": slices.Collect(maps.Keys(n.status)), "targeted": slices.Collect(maps.Keys(n.targeted)),
		"beats": slices.Collect(maps.Keys(n.beats)), "pace": slices.Collect(maps.Keys(n.pace)),
		"held": slices.Collect(maps.Keys(n.held)),
	} {
		if !slices.Equal(left, []gossip.Address{stays}) {
			t.Errorf("%s: %v is left, want %s", name, left, stays)
		}
	}
	if n.Known() != 1 || n.find(gone) != nil || n.find(stays) == nil {
		t.Errorf("knows %v", n.addresses)
	}
}

// Names that nobody has confirmed have so much room, whatever is said at once.
func TestRoomForUnconfirmedNames(t *testing.T) {
	n := ours(t, 10)
	n.started, n.clock = true, 2*n.timing.Fail
	n.insert(gossip.Digest{{Address: "a:5000"}, {Address: "b:5000"}}, false)
	var many gossip.Digest
	for i := range 2 * maxUnconfirmed {
		many = append(many, gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("new%05d:5000", i)), AppVersion: 1})
	}
	n.learn(many)
	if got := n.Known() - n.confirmed; got != maxUnconfirmed {
		t.Errorf("%d unconfirmed names, want %d", got, maxUnconfirmed)
	}
}

// Whoever answers an ACK takes part in the cluster, so the rounds begin.
func TestAck2BeginsTheRounds(t *testing.T) {
	n := ours(t, 1)
	n.Step(began, Receive{From: "node2:5000", Message: gossip.Gossip{}})
	if n.started {
		t.Fatal("gossip alone has begun the rounds")
	}
	n.Step(began, Receive{From: "node2:5000", Message: gossip.Ack2{}})
	if !n.started {
		t.Error("the rounds have not begun")
	}
}

// Work that is spread is done once an interval, at an instant of the node's own by the
// wall clock, and never twice within one.
func TestWorkIsSpreadByName(t *testing.T) {
	const interval = 3 * time.Second
	h := fnv.New64a()
	h.Write([]byte("node1:5000"))
	own := time.Duration(h.Sum64() % uint64(interval))
	for _, passed := range []time.Duration{0, own - 1, own, own + 1, interval - 1} {
		n := ours(t, 1)
		n.origin = time.Unix(1_800_000_000, int64(passed))
		want := own - passed
		if want <= 0 {
			want += interval
		}
		if got := n.firstAfter(interval); got != want {
			t.Errorf("%v after a boundary: in %v, want %v", passed, got, want)
		}
	}
}
