package consensus

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
)

// cluster says what nodes tell the monitor that run as nodes do: each beats and
// reports once in two seconds, and suspects the dead a while after their end. Draws
// from all inputs alike seldom get that far.
type cluster struct {
	random *rand.Rand
	names  []gossip.Address
	nodes  []clusterNode
}

type clusterNode struct {
	dead       time.Duration // since when, -1: it runs
	cut        bool          // nothing of it reaches the monitor
	mute       bool          // its vectors do not
	slow       bool          // its vectors come every six seconds
	deaf       bool          // to the other nodes: it suspects them
	lagging    bool          // its vectors are of five seconds ago
	generation int32
	heartbeat  int32
}

func drawCluster(t *rapid.T) *cluster {
	n := rapid.IntRange(2, 8).Draw(t, "nodes")
	c := &cluster{random: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), nodes: make([]clusterNode, n)}
	for i := range n {
		c.names = append(c.names, gossip.Address(fmt.Sprintf("n%d:1", i+1)))
		c.nodes[i] = clusterNode{dead: -1, generation: 1}
	}
	return c
}

// strike changes a part of the nodes alike, so that several die or are cut off at
// one time.
func (c *cluster) strike(t *rapid.T, now time.Duration, tell func(Input)) {
	what := rapid.SampledFrom([]string{
		"die", "die", "die", "return", "return", "cut", "mend", "mend", "mute", "slow", "deaf", "lag", "restart", "forget", "all",
	}).Draw(t, "what")
	first := rapid.IntRange(0, len(c.nodes)-1).Draw(t, "first")
	for k := range rapid.IntRange(1, len(c.nodes)).Draw(t, "count") {
		i := (first + k) % len(c.nodes)
		n := &c.nodes[i]
		switch what {
		case "die":
			n.dead = now
		case "return", "restart":
			if n.dead >= 0 || what == "restart" {
				*n = clusterNode{dead: -1, generation: n.generation + 1}
				if c.random.IntN(3) > 0 {
					tell(Register{c.names[i]})
				}
			}
		case "cut":
			n.cut = true
		case "mend":
			n.cut, n.mute, n.slow, n.deaf, n.lagging = false, false, false, false, false
		case "mute":
			n.mute = true
		case "slow":
			n.slow = true
		case "deaf":
			n.deaf = true
		case "lag":
			n.lagging = true
		case "forget":
			tell(Forget{c.names[i]})
		}
	}
}

// second tells what reaches the monitor within one second.
func (c *cluster) second(now time.Duration, tell func(Input)) {
	for i := range c.nodes {
		n := &c.nodes[i]
		if n.dead >= 0 || n.cut || (now/time.Second+time.Duration(i))%2 == 0 || c.random.IntN(12) == 0 {
			continue
		}
		n.heartbeat++
		tell(Heartbeat{c.names[i]})
		if !n.mute && (!n.slow || (now/time.Second+time.Duration(i))%6 < 2) {
			tell(Suspects{c.names[i], c.vector(i, now)})
		}
		if c.random.IntN(3) == 0 {
			tell(States{Node: c.names[i], Map: c.states(i), Messages: 2 * n.heartbeat})
			tell(Traffic{Node: c.names[i], Bytes: 100 * int64(n.heartbeat)})
		}
	}
}

func (c *cluster) vector(of int, now time.Duration) gossip.FaultVector {
	me := &c.nodes[of]
	if me.lagging {
		now -= 5 * time.Second
	}
	var v gossip.FaultVector
	for j, n := range c.nodes {
		dead := n.dead >= 0 && now >= n.dead+time.Duration(7+2*(of%3))*time.Second
		if j != of && c.random.IntN(20) > 0 {
			v = append(v, gossip.Suspicion{Address: c.names[j], Suspected: dead || me.deaf})
		}
	}
	return v
}

// states knows the generation and status of others most of the time.
func (c *cluster) states(of int) gossip.StateMap {
	var m gossip.StateMap
	for i, n := range c.nodes {
		s := gossip.EndpointState{Address: c.names[i], AppVersion: 1, Generation: n.generation, Heartbeat: n.heartbeat, Status: gossip.StatusNormal}
		switch {
		case i == of:
		case c.random.IntN(40) == 0:
			s.Generation--
		case c.random.IntN(40) == 0:
			s.AppVersion++
		case c.random.IntN(40) == 0:
			s.Status = "Leaving"
		}
		m = append(m, s)
	}
	return m
}

// play draws strikes on a cluster, and passes on all inputs with their times.
func play(t *rapid.T, tell func(at time.Duration, in Input)) {
	c := drawCluster(t)
	now := time.Duration(0)
	within := func(in Input) {
		tell(now, in)
		now += time.Duration(c.random.IntN(50)) * time.Millisecond
	}
	if rapid.Bool().Draw(t, "registered") {
		for _, a := range c.names {
			within(Register{a})
		}
	}
	for range rapid.IntRange(1, 5).Draw(t, "strikes") {
		for range rapid.IntRange(1, 25).Draw(t, "seconds") {
			now = now.Truncate(time.Second) + time.Second
			c.second(now, within)
		}
		c.strike(t, now, within)
	}
	if now += time.Duration(rapid.IntRange(0, 90).Draw(t, "pause")) * time.Second; now > 0 {
		within(Tick{})
	}
}

var clusterStart = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const clusterFail = 10 * time.Second

func clusterBound(nodes, deaths int) time.Duration {
	return time.Duration(10+nodes+3*deaths) * time.Second
}

func newClusterState() *State {
	s := New(clusterFail)
	s.SetBound(clusterBound)
	return s
}

// TestClustersAgreeWithPlainDefinition is the twin's comparison over inputs as
// clusters make them.
func TestClustersAgreeWithPlainDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, w := newClusterState(), newTwin(clusterFail, clusterBound, clusterStart)
		play(t, func(at time.Duration, in Input) {
			s.Step(clusterStart.Add(at), in)
			w.step(clusterStart.Add(at), in)
			compare(t, s, w, fmt.Sprintf("after %T%v at %s", in, in, at))
		})
	})
}

// TestTicksChangeNothing: a State that is told of each instant at which something
// falls due, and of others, comes to the same as one that only gets the inputs; and
// before that instant nothing happens by itself.
func TestTicksChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		idle, ticked := newClusterState(), newClusterState()
		var want, got []Event
		play(t, func(at time.Duration, in Input) {
			now := clusterStart.Add(at)
			for due, ok := ticked.NextDeadline(); ok && !due.After(now); due, ok = ticked.NextDeadline() {
				before := ticked.Revision()
				if early := ticked.Step(due.Add(-1), Tick{}); len(early) > 0 || ticked.Revision() != before {
					t.Fatalf("%v before %s, when something was due: %v", time.Nanosecond, due.Sub(clusterStart), early)
				}
				got = append(got, ticked.Step(due, Tick{})...)
			}
			got, want = append(got, ticked.Step(now, in)...), append(want, idle.Step(now, in)...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("at %s (- with inputs only, + with ticks)\n%s", at, diff)
			}
			want, got = want[:0], got[:0]
		})
	})
}

// followed is what can be told of a State by its events alone.
type followed struct {
	incarnation map[gossip.Address]uint32
	silent      map[gossip.Address]bool
	eligible    map[gossip.Address]bool
	failed      map[gossip.Address]bool
	suspects    map[[2]gossip.Address]bool // observer, observed
	deaf        bool
}

func newFollowed() *followed {
	return &followed{
		incarnation: map[gossip.Address]uint32{}, silent: map[gossip.Address]bool{}, eligible: map[gossip.Address]bool{},
		failed: map[gossip.Address]bool{}, suspects: map[[2]gossip.Address]bool{},
	}
}

func (f *followed) event(e Event) {
	switch e.Kind {
	case Joined, TakenIn, Restarted:
		f.incarnation[e.Node] = e.Incarnation
		if e.Kind == Restarted && !strings.HasPrefix(e.Why, "registered again") {
			break
		}
		for a := range f.incarnation {
			f.suspects[[2]gossip.Address{e.Node, a}] = f.failed[a] && a != e.Node
		}
	case Silent, Beating:
		f.silent[e.Node] = e.Kind == Silent
	case Eligible, Ineligible:
		f.eligible[e.Node] = e.Kind == Eligible
	case Suspected, Cleared, Withdrawn:
		f.suspects[[2]gossip.Address{e.Observer, e.Node}] = e.Kind == Suspected
	case Failed, Alive:
		f.failed[e.Node] = e.Kind == Failed
	case Deaf, Hears:
		f.deaf = e.Kind == Deaf
	case Forgotten:
		delete(f.incarnation, e.Node)
		delete(f.silent, e.Node)
		delete(f.eligible, e.Node)
		delete(f.failed, e.Node)
		maps.DeleteFunc(f.suspects, func(cell [2]gossip.Address, _ bool) bool { return slices.Contains(cell[:], e.Node) })
	}
}

// TestEventsTellAll: whoever follows the events knows each node's incarnation and
// verdict, whose opinion counts, the matrix, and whether the monitor is deaf; and a
// revision rises exactly when something has changed.
func TestEventsTellAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, f := newClusterState(), newFollowed()
		play(t, func(at time.Duration, in Input) {
			before, revision := sight(s), s.Revision()
			events := s.Step(clusterStart.Add(at), in)
			for _, e := range events {
				f.event(e)
				if e.At.After(clusterStart.Add(at)) || e.Kind != Deaf && e.Kind != Hears && e.Incarnation == 0 {
					t.Fatalf("at %s: %+v", at, e)
				}
			}
			if len(f.incarnation) != s.Len() || f.deaf != s.Hearing().Deaf {
				t.Fatalf("at %s: %d nodes, deaf %v; by the events %d, %v", at, s.Len(), s.Hearing().Deaf, len(f.incarnation), f.deaf)
			}
			for i, n := range s.Nodes() {
				a := n.Address
				for j, o := range s.Nodes() {
					if s.Suspects(i, j) != f.suspects[[2]gossip.Address{a, o.Address}] {
						t.Fatalf("at %s: %s suspects %s: %v, by the events not", at, a, o.Address, s.Suspects(i, j))
					}
				}
				if n.Incarnation != f.incarnation[a] || n.Silent != f.silent[a] || n.Eligible != f.eligible[a] || n.Failed != f.failed[a] {
					t.Fatalf("at %s: %+v does not follow from the events", at, n)
				}
			}
			changed := len(events) > 0 || sight(s) != before
			if rose := s.Revision() != revision; rose != changed {
				t.Fatalf("at %s, %T: changed %v, revision rose %v\n%s\n%s", at, in, changed, rose, before, sight(s))
			}
		})
	})
}

// sight is what a revision is of: all but counters, times of heartbeats and state maps.
func sight(s *State) string {
	since, unanimous := s.Unanimous()
	text := fmt.Sprintln(s.Hearing(), since, unanimous)
	for _, n := range s.Nodes() {
		n.HeartbeatAt, n.SuspectedAt, n.Generation, n.Heartbeat, n.TrafficReported = time.Time{}, time.Time{}, 0, 0, false
		text += fmt.Sprintf("%+v\n", n)
	}
	return text
}

// TestMix holds the mixing of hashes against the first numbers of splitmix64.
func TestMix(t *testing.T) {
	const step = 0x9e3779b97f4a7c15
	state := uint64(0)
	for _, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		state += step
		if got := mix(state); got != want {
			t.Errorf("mix(%#x) = %#x, want %#x", state, got, want)
		}
	}
}

// TestKindsHaveNames: each kind has one of its own, and no other number has any.
func TestKindsHaveNames(t *testing.T) {
	once := map[string]bool{}
	for k := Joined; k <= Hears; k++ {
		once[k.String()] = true
	}
	if len(once) != int(Hears) {
		t.Errorf("%d names of %d kinds: %v", len(once), Hears, once)
	}
	for k, want := range map[Kind]string{0: "kind 0", Hears + 1: "kind 16", 255: "kind 255"} {
		if got := k.String(); got != want || once[got] {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
