package core

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	_ "gossiprpc/internal/property"
	"gossiprpc/monitor/testcase"
)

// TestBlocksAreWrittenOnceInOrder has writes fail at random. In the end the file has
// every block once, in order, and every block was told of once.
func TestBlocksAreWrittenOnceInOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c, err := New(DefaultConfig())
		if err != nil {
			r.Fatal(err)
		}
		o, now := c.outlets[0], time.Unix(0, 0)
		var file, want strings.Builder
		told := map[int]int{}
		var waiting []machine.Write
		collect := func() {
			for _, e := range c.effects {
				if w, ok := e.(machine.Write); ok {
					waiting = append(waiting, w)
				}
			}
			c.effects = nil
			if len(waiting) > 1 {
				r.Fatalf("%d writes under way at once", len(waiting))
			}
		}
		blocks := rapid.IntRange(1, 20).Draw(r, "blocks")
		for sent, steps := 0, 0; ; steps++ {
			if steps > 10_000 {
				r.Fatalf("%d of %d blocks still wait", len(o.queue), sent)
			}
			switch action := rapid.IntRange(0, 3).Draw(r, "action"); {
			case action == 0 && sent < blocks:
				text := fmt.Sprintf("block %d\n", sent)
				want.WriteString(text)
				n := sent
				c.appendBlock(now, o, []byte(text), func(string) { told[n]++ })
				sent++
			case len(waiting) > 0:
				w := waiting[0]
				waiting = nil
				var failure string
				if action == 1 {
					failure = "full"
				} else {
					file.Write(w.Data)
				}
				if !c.appended(now, machine.Written{ID: w.ID, Error: failure}) {
					r.Fatal("the outcome is nobody's")
				}
			default:
				if at, due := c.retryAt(); due {
					if next, ok := c.Deadline(); !ok || next.After(at) {
						r.Fatalf("a block is written again at %v, and the next tick is at %v (%v)", at, next, ok)
					}
					now = at
				}
				c.retry(now)
			}
			collect()
			if sent == blocks && len(o.queue) == 0 {
				break
			}
		}
		if file.String() != want.String() {
			r.Errorf("the file has\n%swant\n%s", &file, &want)
		}
		for n := range blocks {
			if told[n] != 1 {
				r.Errorf("block %d was told of %d times", n, told[n])
			}
		}
		if text := c.unwritten(); text != "" {
			r.Errorf("in the end %q", text)
		}
	})
}

func TestWaitingBlocksAreBounded(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	o := c.outlets[0]
	for n := range 1007 {
		c.appendBlock(time.Unix(0, 0), o, fmt.Appendf(nil, "block %d", n), func(string) {})
	}
	lost := 0
	for _, e := range c.effects {
		if l, ok := e.(machine.Log); ok && strings.Contains(l.Text, "result lost") {
			lost++
		}
	}
	if len(o.queue) != 1000 || lost != 7 || string(o.queue[1].data) != "block 8" {
		t.Errorf("%d wait, %d lost, the second is %q", len(o.queue), lost, o.queue[1].data)
	}
	if !strings.HasSuffix(fmt.Sprint(c.effects[1]), "block 1") {
		t.Errorf("the log does not have the lost block: %v", c.effects[1])
	}
}

// TestEachOutletWaitsForItself: a block that could not be written holds up its own file
// alone, and what happens first is due first.
func TestEachOutletWaitsForItself(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		c, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		first, second := c.outlets[order[0]], c.outlets[order[1]]
		began := time.Unix(1000, 0)
		for _, o := range c.outlets { // both are under way, before either has ended
			c.appendBlock(began, o, []byte("block\n"), func(string) {})
		}
		for i, o := range []*outlet{first, second} {
			if !c.appended(began.Add(time.Duration(i)*time.Second), machine.Written{ID: o.busy, Error: "disk full"}) {
				t.Fatal("the outcome is nobody's")
			}
		}
		if at, due := c.retryAt(); !due || !at.Equal(began.Add(firstRetry)) {
			t.Errorf("%v: due %v at %v, want %v after the first failure", order, due, at, firstRetry)
		}
		each := "%s: 1 not written yet, trying again: disk full"
		if got, want := c.unwritten(), fmt.Sprintf(each+"; "+each, c.outlets[0].file, c.outlets[1].file); got != want {
			t.Errorf("unwritten: %q, want %q", got, want)
		}
	}
}

// TestASlowDiskIsSpokenOf: a write that is under way for long is told of once, and whatever
// waits behind it at once. It is not tried again: it is still on its way.
func TestASlowDiskIsSpokenOf(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	o, began := c.outlets[0], time.Unix(1000, 0)
	var told []string
	tell := func(why string) { told = append(told, why) }
	c.appendBlock(began, o, []byte("first\n"), tell)
	c.retry(began.Add(slowWrite - 1))
	if at, due := c.retryAt(); !due || !at.Equal(began.Add(slowWrite)) || len(told) > 0 || c.unwritten() != "" {
		t.Fatalf("due at %v (%v), told %q, %q before it is slow", at, due, told, c.unwritten())
	}
	c.retry(began.Add(slowWrite))
	c.appendBlock(began.Add(slowWrite+1), o, []byte("second\n"), tell)
	const why = "the disk has not taken it for 5s"
	if !slices.Equal(told, []string{why, why}) || c.unwritten() != o.file+": 2 not written yet, "+why {
		t.Errorf("told %q; %q", told, c.unwritten())
	}
	if at, due := c.retryAt(); due {
		t.Errorf("something is due at %v", at)
	}
	writes := func() (n int) {
		for _, e := range c.effects {
			if _, ok := e.(machine.Write); ok {
				n++
			}
		}
		return n
	}
	if n := writes(); n != 1 {
		t.Errorf("%d writes, want one", n)
	}
	for range 2 {
		c.appended(began.Add(time.Minute), machine.Written{ID: o.busy})
	}
	if n := writes(); n != 2 || len(told) != 2 || c.unwritten() != "" {
		t.Errorf("%d writes, told %q, %q in the end", n, told, c.unwritten())
	}
}

func TestAnOutcomeOfNoWriteIsNobodys(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if c.appended(time.Unix(0, 0), machine.Written{}) {
		t.Error("a write that nobody asked for is some outlet's")
	}
}

// TestAResultWithoutALineIsInTheFile: what JSON has no word for costs the line, not the
// block, and is said.
func TestAResultWithoutALineIsInTheFile(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	c.ended = []*ended{{result: testcase.Result{Case: testcase.Single, Seconds: math.NaN()}, lookup: nil}}
	c.writeResults(time.Unix(0, 0))
	if len(c.outlets[0].queue) != 1 || len(c.outlets[1].queue) != 0 {
		t.Fatalf("%d blocks and %d lines wait, want 1 and none", len(c.outlets[0].queue), len(c.outlets[1].queue))
	}
	c.appended(time.Unix(0, 0), machine.Written{ID: c.outlets[0].busy})
	if text := fmt.Sprint(c.effects); !strings.Contains(text, "NaN") {
		t.Errorf("the reason is not said: %s", text)
	}
}

// TestStateMapsThatDoNotFit: beyond the limit a node's word of itself alone is kept, texts
// count, and whoever tells again has its old map's room.
func TestStateMapsThatDoNotFit(t *testing.T) {
	all := map[gossip.Address]gossip.Address{"a:1": "a:1", "b:1": "b:1"}
	known := func(a gossip.Address) (gossip.Address, bool) { name, ok := all[a]; return name, ok }
	both := func(status string) gossip.StateMap {
		return gossip.NewStateMap([]gossip.EndpointState{{Address: "a:1", Status: status}, {Address: "b:1", Status: status}})
	}
	k := keptStates{most: 2*stateSize + 10, sizes: map[gossip.Address]int{}}
	for _, c := range []struct {
		of     gossip.Address
		status string
		kept   int
	}{
		{"a:1", "12345", 2},  // just fits
		{"a:1", "12345", 2},  // again, in its old place
		{"b:1", "", 1},       // no room beside a's
		{"a:1", "123456", 1}, // more than fits
	} {
		kept := k.keep(c.of, both(c.status), known)
		if len(kept) != c.kept {
			t.Errorf("%s telling %q: %d states kept, want %d", c.of, c.status, len(kept), c.kept)
		}
		want := 2 * (stateSize + len(c.status))
		if c.kept == 1 {
			want = 2*stateSize + len(c.status) // its name may be long, and is not looked at
		}
		if k.sizes[c.of] != want {
			t.Errorf("%s telling %q: kept as %d bytes, want %d", c.of, c.status, k.sizes[c.of], want)
		}
		for _, s := range kept {
			if s.Status != c.status {
				t.Errorf("%s telling %q: %q is kept of %s", c.of, c.status, s.Status, s.Address)
			}
		}
	}
	// The usual status is a constant, which takes nothing; others count, each as long as it is.
	k = keptStates{most: 10 * stateSize, sizes: map[gossip.Address]int{}}
	for status, want := range map[string]int{gossip.StatusNormal: 2 * stateSize, "odd": 2*stateSize + 2*len("odd")} {
		k.keep("a:1", both(status), known)
		if k.sum != want {
			t.Errorf("states %q take %d bytes, want %d", status, k.sum, want)
		}
	}
	// So do names of nodes that are not known.
	k.keep("a:1", gossip.StateMap{{Address: "stranger:1", Status: gossip.StatusNormal}}, known)
	if want := stateSize + len("stranger:1"); k.sum != want {
		t.Errorf("a stranger's state takes %d bytes, want %d", k.sum, want)
	}
}

// TestAForgottenNodesStatesMakeRoom for those of others.
func TestAForgottenNodesStatesMakeRoom(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1000, 0)
	c.Step(now, machine.Called{Request: machine.Register{Node: "a:1"}})
	c.Step(now, machine.Called{Request: machine.States{Node: "a:1", Map: gossip.StateMap{{Address: "a:1", Status: gossip.StatusNormal}}}})
	if c.states.sum != stateSize {
		t.Fatalf("the states take %d bytes, want %d", c.states.sum, stateSize)
	}
	c.Step(now, machine.Line{Text: "forget a"})
	if c.state.Len() != 0 || c.states.sum != 0 {
		t.Errorf("%d nodes, whose states take %d bytes, want none", c.state.Len(), c.states.sum)
	}
}

// TestNoNodesAreEmptyLists: originals iterate over what they get.
func TestNoNodesAreEmptyLists(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if live, dead := c.AliveDead(); live == nil || dead == nil {
		t.Errorf("alive %#v, dead %#v, want lists", live, dead)
	}
}
