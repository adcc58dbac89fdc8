package core_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
)

// long is one of the longest addresses there can be.
func long(i int) gossip.Address {
	name := fmt.Sprintf("n%03d%s:1", i, strings.Repeat("x", 249))
	a, err := gossip.ParseAddress(name)
	if err != nil {
		panic(err)
	}
	return a
}

// held is how many bytes of the heap are in use.
func held() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTheEventLogIsSmall has a liar flip its opinion of hundreds of nodes with the
// longest names, whose verdicts all the others' names are in.
func TestTheEventLogIsSmall(t *testing.T) {
	const nodes = 100
	m := start(t, nil)
	now := noon
	before := held()
	vector := func(suspected bool) gossip.FaultVector {
		cells := make([]gossip.Suspicion, nodes)
		for i := range cells {
			cells[i] = gossip.Suspicion{Address: long(i), Suspected: suspected}
		}
		return gossip.NewFaultVector(cells)
	}
	texts := 0
	for round := range 61 {
		now = now.Add(time.Second)
		said := vector(round > 0) // in the first they hear each other, so that all count
		for i := range nodes {
			for _, r := range []machine.Request{
				machine.Heartbeat{Node: long(i)}, machine.Suspects{Node: long(i), Vector: said},
			} {
				for _, e := range m.Step(now, machine.Called{Request: r}) {
					if l, ok := e.(machine.Log); ok {
						texts = max(texts, len(fmt.Sprint(l)))
					}
				}
			}
		}
		if round < 20 {
			continue // the monitor does not judge before it has heard for a while
		}
		liar := machine.Suspects{Node: long(0), Vector: vector(round%2 == 0)}
		m.Step(now, machine.Called{Request: liar})
	}
	events := m.Snapshot(now).Events
	longest := 0
	for _, e := range events {
		longest = max(longest, len(e.Text))
	}
	// Nine names of 255 bytes and some words.
	if len(events) == 0 || longest > 3000 || texts > 3000 {
		t.Errorf("%d events, the longest of %d bytes, log lines of up to %d", len(events), longest, texts)
	}
	if !strings.Contains(fmt.Sprint(events), " and ") {
		t.Error("no verdict names observers: the test shows nothing")
	}
	if grown := held() - before; grown > 8<<20 {
		t.Errorf("the monitor holds %d bytes after a minute of lies, want at most 8 MiB", grown)
	}
	runtime.KeepAlive(m)
}

// TestStateMapsAreBounded has many nodes tell of many that do not exist.
func TestStateMapsAreBounded(t *testing.T) {
	m := start(t, func(c *core.Config) { c.MaxNodes = 4096 })
	before := held()
	for i := range 400 {
		states := make([]gossip.EndpointState, 4000)
		for j := range states {
			states[j] = gossip.EndpointState{Address: gossip.Address(fmt.Sprintf("ghost-%d-%d:1", i, j)), Status: "Normal"}
		}
		a := gossip.Address(fmt.Sprintf("n%d:1", i))
		states = append(states, gossip.EndpointState{Address: a, Generation: 7, Status: "Normal"})
		told(t, m, noon, machine.States{Node: a, Map: gossip.NewStateMap(states), Messages: 1})
	}
	// 1.6 million states would take 250 MB.
	if grown := held() - before; grown > 130<<20 {
		t.Errorf("%d MB held, want at most 130", grown>>20)
	}
	if first := m.State().States("n0:1"); len(first) != 4001 {
		t.Errorf("n0's map has %d states, want all 4001", len(first))
	}
	last := m.State().States("n399:1")
	if own, ok := last.Get("n399:1"); len(last) != 1 || !ok || own.Generation != 7 {
		t.Errorf("n399's map is %v, want what it says of itself", last)
	}
	// Whoever makes room, or is forgotten, lets the others have theirs.
	for i := range 390 {
		typed(m, noon, fmt.Sprintf("forget n%d", i))
	}
	states := gossip.NewStateMap([]gossip.EndpointState{{Address: "a:1"}, {Address: "b:1"}})
	told(t, m, noon, machine.States{Node: "n399:1", Map: states, Messages: 2})
	if got := m.State().States("n399:1"); len(got) != 2 {
		t.Errorf("%d states after room was made, want 2", len(got))
	}
}
