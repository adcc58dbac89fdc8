package process_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

const (
	self     gossip.Address = "node1:5000"
	peer     gossip.Address = "node2:5000"
	monitor  gossip.Address = "monitor-node:8000"
	provider gossip.Address = "provider-node:9000"
)

// rig drives one node by hand: it keeps the calls that are under way, and lets
// time pass from deadline to deadline.
type rig struct {
	t     *testing.T
	node  *process.Process
	now   time.Time
	calls []machine.Call
	out   []machine.Effect // the rest
}

func newRig(t *testing.T, change func(*process.Config)) *rig {
	t.Helper()
	c := process.Config{
		Self: self, Seed: peer, Monitor: monitor, Provider: provider,
		Timing: protocol.DefaultTiming(), Aligned: true, Connect: true, Random: 7,
	}
	if change != nil {
		change(&c)
	}
	node, err := process.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{t: t, node: node, now: time.Unix(1_800_000_000, 0)}
}

func (r *rig) step(ev machine.Event) {
	for _, e := range r.node.Step(r.now, ev) {
		if c, ok := e.(machine.Call); ok {
			r.calls = append(r.calls, c)
		} else {
			r.out = append(r.out, e)
		}
	}
}

// pass lets time pass, with a tick at each deadline.
func (r *rig) pass(d time.Duration) {
	end := r.now.Add(d)
	for {
		next, due := r.node.Deadline()
		if !due || next.After(end) {
			break
		}
		if next.After(r.now) {
			r.now = next
		}
		r.step(machine.Tick{})
	}
	r.now = end
}

// take is the first call under way that is a T; the test ends if there is none.
func take[T machine.Request](r *rig) machine.Call {
	r.t.Helper()
	for i, c := range r.calls {
		if _, ok := c.Request.(T); ok {
			r.calls = append(r.calls[:i:i], r.calls[i+1:]...)
			return c
		}
	}
	r.t.Fatalf("no call is a %T, there are %s", *new(T), r.under())
	return machine.Call{}
}

// await lets time pass until a T is under way; other calls to the monitor are
// answered in the meantime.
func await[T machine.Request](r *rig) machine.Call {
	r.t.Helper()
	for range 1000 {
		for _, c := range r.calls {
			if _, ok := c.Request.(T); ok {
				return take[T](r)
			}
		}
		i := slices.IndexFunc(r.calls, func(c machine.Call) bool { return c.To == monitor })
		if i < 0 {
			r.pass(100 * time.Millisecond)
			continue
		}
		c := r.calls[i]
		r.calls = slices.Delete(r.calls, i, i+1)
		r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
	}
	r.t.Fatalf("no %T has come, there are %s", *new(T), r.under())
	return machine.Call{}
}

// under lists the calls under way.
func (r *rig) under() string {
	var names []string
	for _, c := range r.calls {
		names = append(names, strings.TrimPrefix(fmt.Sprintf("%T", c.Request), "machine."))
	}
	return strings.Join(names, " ")
}

func (r *rig) answer(c machine.Call, a machine.Answer) { r.step(machine.Ended{ID: c.ID, Answer: a}) }

func (r *rig) refuse(c machine.Call) {
	r.step(machine.Ended{ID: c.ID, Error: &machine.CallError{Text: "refused"}})
}

func (r *rig) fault(c machine.Call) {
	r.step(machine.Ended{ID: c.ID, Error: &machine.CallError{Fault: true, Text: "KeyError"}})
}

// started is a node that the monitor knows and that asks the provider in.
func started(t *testing.T, change func(*process.Config)) *rig {
	t.Helper()
	r := newRig(t, change)
	r.step(machine.Start{})
	r.answer(take[machine.Register](r), machine.Answer{})
	return r
}

// joined is a node in a cluster of rr that the monitor knows.
func joined(t *testing.T, change func(*process.Config)) *rig {
	t.Helper()
	r := started(t, change)
	r.answer(take[machine.Join](r), machine.Answer{Protocol: 2})
	if r.node.Node() == nil {
		t.Fatal("the provider's answer made no node")
	}
	return r
}

func TestANodeWaitsForTheProviderLongerEachTime(t *testing.T) {
	r := started(t, nil)
	var waits []time.Duration
	for range 8 {
		r.refuse(take[machine.Join](r))
		next, _ := r.node.Deadline()
		waits = append(waits, next.Sub(r.now))
		r.now = next
		r.step(machine.Tick{})
	}
	if waits[0] > time.Second || waits[7] < 3*time.Second || waits[7] > 6*time.Second {
		t.Errorf("waits %v, want the first under a heartbeat and the last about five", waits)
	}
	r.step(machine.Called{Request: machine.Message{From: peer, Message: gossip.Gossip{}}})
	if reply := r.out[len(r.out)-1].(machine.Reply); !strings.Contains(reply.Fault, "waiting for the provider") {
		t.Errorf("a peer is answered %+v while the node has no protocol", reply)
	}
}

// The monitor hears of a node from the node itself before any peer can tell of it: until the
// call is over the provider is not asked, and peers are refused. One that does not answer
// keeps the node from nothing else.
func TestANodeRegistersAtTheMonitorFirst(t *testing.T) {
	for outcome, end := range map[string]func(*rig, machine.Call){
		"answered": func(r *rig, c machine.Call) { r.answer(c, machine.Answer{}) },
		"refused":  (*rig).refuse,
		"fault":    (*rig).fault,
	} {
		r := newRig(t, nil)
		r.step(machine.Start{})
		r.pass(9 * time.Second)
		if got := r.under(); got != "Register" {
			t.Errorf("%s: while it registers there are %s under way", outcome, got)
		}
		r.step(machine.Called{Request: machine.Message{From: peer, Message: gossip.Syn{}}})
		if reply, ok := r.out[len(r.out)-1].(machine.Reply); !ok || reply.Fault == "" {
			t.Errorf("%s: a peer is answered %+v while the node registers", outcome, r.out[len(r.out)-1])
		}
		end(r, take[machine.Register](r))
		r.answer(take[machine.Join](r), machine.Answer{Protocol: 2})
		if r.node.Node() == nil {
			t.Errorf("%s: no node", outcome)
		}
		if outcome != "answered" {
			r.answer(await[machine.Register](r), machine.Answer{}) // once more
		}
		for range 3 {
			r.pass(time.Second)
			if strings.Contains(r.under(), "Join") {
				t.Errorf("%s: asks the provider in again: %s", outcome, r.under())
			}
		}
	}
}

func TestAProtocolThatNobodyKnowsEndsTheProcess(t *testing.T) {
	r := started(t, nil)
	r.answer(take[machine.Join](r), machine.Answer{Protocol: 9})
	exit, ok := r.out[len(r.out)-1].(machine.Exit)
	if !ok || !strings.Contains(exit.Error, "number 9") || !strings.Contains(exit.Error, string(provider)) {
		t.Errorf("last effect %+v, want an exit that names the provider and the number", r.out[len(r.out)-1])
	}
}

// TestReportsLatestWins: while one call is under way reports of a kind replace
// each other; after a failure the node asks before it reports.
func TestReportsLatestWins(t *testing.T) {
	r := joined(t, nil)
	beat := await[machine.Heartbeat](r)
	r.pass(10 * time.Second)
	if strings.Contains(r.under(), "Heartbeat") {
		t.Fatalf("calls under way: %s; want one to the monitor", r.under())
	}
	r.refuse(beat)
	if !strings.Contains(fmt.Sprint(r.out), "the monitor does not answer") {
		t.Errorf("said %v, want that the monitor is away", r.out)
	}
	r.pass(6 * time.Second)
	r.answer(take[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{self}})
	r.answer(take[machine.Heartbeat](r), machine.Answer{})
	v := take[machine.Suspects](r).Request.(machine.Suspects)
	if d := cmp.Diff(r.node.Node().FaultVector(), v.Vector); d != "" {
		t.Errorf("the vector sent is not the latest:\n%s", d)
	}
}

func TestAMonitorThatForgotIsRegisteredAtAgain(t *testing.T) {
	r := joined(t, nil)
	r.fault(await[machine.Heartbeat](r))
	r.answer(take[machine.Mapping](r), machine.Answer{})
	r.answer(take[machine.Register](r), machine.Answer{})
}

// TestAVectorThatIsRefused goes again with the names that the monitor knows, and
// then is given up.
func TestAVectorThatIsRefused(t *testing.T) {
	r := joined(t, nil)
	r.hear(peer)
	r.hear("node3:5000")
	r.pass(20 * time.Second) // both are suspected by now
	r.answer(await[machine.Suspects](r), machine.Answer{})
	whole := await[machine.Suspects](r)
	cells := gossip.FaultVector{
		{Address: self}, {Address: peer, Suspected: true}, {Address: "node3:5000", Suspected: true},
	}
	if d := cmp.Diff(cells, whole.Request.(machine.Suspects).Vector); d != "" {
		t.Fatal(d)
	}
	r.fault(whole)
	r.answer(take[machine.Mapping](r), machine.Answer{Addresses: []gossip.Address{self, peer}})
	part := take[machine.Suspects](r)
	if d := cmp.Diff(cells[:2], part.Request.(machine.Suspects).Vector); d != "" {
		t.Errorf("want the names only that the monitor knows:\n%s", d)
	}
	r.fault(part)
	u := r.under()
	if strings.Contains(u, "Suspects") || strings.Contains(u, "Mapping") || r.said("the monitor refuses the vector") != 1 {
		t.Errorf("under way %s; a vector refused twice must be given up and told of", u)
	}
}

// TestAnOriginalMonitorIsAskedOnceForTraffic: its fault ends the extension until
// the node registers again.
func TestAnOriginalMonitorIsAskedOnceForTraffic(t *testing.T) {
	r := joined(t, nil)
	asked := 0
	for range 20 {
		r.pass(time.Second)
		for len(r.calls) > 0 {
			c := r.calls[0]
			r.calls = r.calls[1:]
			if _, ok := c.Request.(machine.Traffic); ok {
				asked++
				r.fault(c)
				continue
			}
			r.answer(c, machine.Answer{Addresses: []gossip.Address{self}})
		}
	}
	if asked != 1 {
		t.Errorf("traffic was reported %d times, want once", asked)
	}
}

// crowded knows 300 others that have lived.
func crowded(c *process.Config) { knowing(300)(c) }

// knowing so many others that have lived.
func knowing(others int) func(*process.Config) {
	return func(c *process.Config) {
		known := []gossip.DigestEntry{{Address: self, Generation: 1_800_000_000}}
		for i := range others {
			known = append(known, gossip.DigestEntry{Address: member(i), Generation: 1_800_000_000})
		}
		c.Known = protocol.NewAcquaintance(gossip.NewDigest(known))
	}
}

func member(i int) gossip.Address { return gossip.Address(fmt.Sprintf("member%d:5000", i)) }

// What keeps a node from being settled is first that it has not joined.
func TestAwaitsToBeLetIn(t *testing.T) {
	r := newRig(t, nil)
	r.step(machine.Start{})
	if got, want := r.node.Awaits(), "the provider has not let it in"; got != want {
		t.Errorf("awaits %q, want %q", got, want)
	}
	r = joined(t, nil)
	if got, want := r.node.Awaits(), r.node.Node().Awaits(); got != want {
		t.Errorf("awaits %q, want what its protocol says, %q", got, want)
	}
}

// Answers, be they to members, leave calls for the node's own rounds.
func TestAnswersAreLimited(t *testing.T) {
	r := joined(t, crowded)
	for i := range 300 {
		r.step(machine.Called{Request: machine.Message{From: member(i), Message: gossip.Syn{ClusterID: gossip.ClusterID}}})
	}
	peers := 0
	for _, c := range r.calls {
		if _, ok := c.Request.(machine.Message); ok {
			peers++
		}
	}
	if peers != 64 {
		t.Errorf("%d calls to peers under way, want 64", peers)
	}
	if n := r.said("too many calls under way"); n != 16 {
		t.Errorf("%d lines say that calls were dropped, want 16 in T_fail", n)
	}
	r.pass(11 * time.Second)
	rounds := 0
	for _, c := range r.calls {
		if m, ok := c.Request.(machine.Message); ok {
			if _, ok := m.Message.(gossip.Gossip); ok {
				rounds++
			}
		}
	}
	if rounds < 3 {
		t.Errorf("%d calls of its own rounds in 11 s, want three or more, whatever is answered", rounds)
	}
	r.step(machine.Called{Request: machine.Message{From: member(299), Message: gossip.Syn{ClusterID: gossip.ClusterID}}})
	if n := r.said("more calls to peers failed than are logged"); n != 1 {
		t.Errorf("it is said %d times that lines were held back, want once", n)
	}
}

func TestConsole(t *testing.T) {
	r := newRig(t, func(c *process.Config) { c.Connect, c.Console = false, true })
	r.step(machine.Start{})
	printed := func() string {
		text := ""
		for _, e := range r.out {
			if p, ok := e.(machine.Print); ok {
				text += p.Text
			}
		}
		r.out = nil
		return text
	}
	const prompt = "\n1.connect\n2.stop\n3.collect"
	if got := printed(); got != prompt {
		t.Errorf("at the start %q", got)
	}
	r.step(machine.Line{Text: "3"})
	if got := printed(); got != "nothing to collect yet: the node waits for the provider\n"+prompt {
		t.Errorf("collect before joining: %q", got)
	}
	r.step(machine.Line{Text: "connect"}) // counts as soon as there is a node
	r.answer(take[machine.Register](r), machine.Answer{})
	r.answer(take[machine.Join](r), machine.Answer{Protocol: 1})
	if _, ok := take[machine.Message](r).Request.(machine.Message).Message.(gossip.Syn); !ok {
		t.Error("the first message is no SYN to the seed")
	}
	r.out = nil
	r.step(machine.Line{Text: "collect"})
	w, ok := r.out[0].(machine.Write)
	if !ok || w.File != "digestList.json" || string(w.Data) != `{"node1:5000":[1,1800000000,0]}` {
		t.Errorf("collect gives %+v", r.out[0])
	}
	r.out = nil
	r.step(machine.Line{Text: "2.stop"})
	if d := cmp.Diff([]machine.Effect{machine.Exit{}}, r.out); d != "" {
		t.Errorf("stop:\n%s", d)
	}
}

func TestConfigKeepsThroughJSON(t *testing.T) {
	c := process.Config{
		Self: self, Seed: peer, Monitor: monitor, Provider: provider, Timing: protocol.DefaultTiming().Scaled(5),
		Aligned: true, Freshness: protocol.Emission, Connect: true, Console: true, Random: 1 << 63,
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back process.Config
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c, back); d != "" {
		t.Error(d)
	}
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(*process.Config){
		"own address":  func(c *process.Config) { c.Self = "node1" },
		"seed address": func(c *process.Config) { c.Seed = "a b:1" },
		"monitor":      func(c *process.Config) { c.Monitor = "" },
		"provider":     func(c *process.Config) { c.Provider = "x:0" },
		"gossip":       func(c *process.Config) { c.Timing.Gossip = 0 },
	} {
		c := process.Config{Self: self, Monitor: monitor, Provider: provider, Timing: protocol.DefaultTiming()}
		change(&c)
		if _, err := process.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
}
