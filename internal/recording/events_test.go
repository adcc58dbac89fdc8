package recording_test

import (
	"time"

	"pgregory.net/rapid"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/instant"
	"gossiprpc/internal/machine"
)

// timed is an event and when it happens.
type timed struct {
	at    time.Time
	event machine.Event
}

var summer = time.FixedZone("CEST", 7200)

// someEvents has each kind of event, request and message, and a change of zone.
func someEvents() []timed {
	digest := gossip.Digest{
		{Address: "node1:5000", AppVersion: 1, Generation: 1700000000, Heartbeat: 4},
		{Address: "node2:5000", AppVersion: 1, Generation: 1700000001, Heartbeat: 9},
	}
	states := gossip.StateMap{{
		Address: "node2:5000", AppVersion: 1, Generation: 1700000001, Heartbeat: 10,
		Status: gossip.StatusNormal, Updated: time.Unix(1700000010, 123456000).In(summer),
	}}
	addresses := []gossip.Address{"node1:5000", "node2:5000"}
	requests := []machine.Request{
		machine.Message{From: "node2:5000", Message: gossip.Syn{ClusterID: 1, Digest: digest}},
		machine.Message{From: "node2:5000", Message: gossip.Ack{Wanted: addresses, States: states}},
		machine.Message{From: "node2:5000", Message: gossip.Ack2{States: states}},
		machine.Message{From: "node2:5000", Message: gossip.Gossip{Digest: digest}},
		machine.Register{Node: "node1:5000"},
		machine.Heartbeat{Node: "node1:5000"},
		machine.States{Node: "node1:5000", Map: states, Messages: 12},
		machine.Suspects{
			Node: "node1:5000", Vector: gossip.FaultVector{{Address: "node2:5000", Suspected: true}}, Generation: 3,
		},
		machine.Traffic{Node: "node1:5000", Bytes: 1 << 40},
		machine.Report{Node: "node1:5000"},
		machine.Report{
			Node: "node1:5000",
			Suspects: &machine.Suspects{
				Node: "node1:5000", Vector: gossip.FaultVector{{Address: "node2:5000", Suspected: true}}, Generation: 3,
			},
			States:  &machine.States{Node: "node1:5000", Map: states, Messages: 12},
			Traffic: &machine.Traffic{Node: "node1:5000", Bytes: 1 << 40},
		},
		machine.Mapping{},
		machine.Join{Node: "node3:5000"},
		machine.Members{},
		machine.Protocol{},
	}
	events := []machine.Event{
		machine.Start{},
		machine.Tick{},
		machine.Line{Text: "forget node2"},
		machine.Ended{ID: 8, Answer: machine.Answer{Addresses: addresses, Protocol: 3}, Sent: 4711},
		machine.Ended{ID: 16, Error: &machine.CallError{Fault: true, Text: "unknown node"}, Sent: 4711},
		machine.Written{ID: 1, Error: "disk full"},
	}
	for _, r := range requests {
		events = append(events, machine.Called{Request: r})
	}
	all := make([]timed, len(events))
	for i, ev := range events {
		zone := time.UTC
		if i > len(events)/2 {
			zone = summer
		}
		uptime := int64(i) * 1_234_567
		all[i] = timed{instant.At(90_000_000_000_000+uptime+int64(i%3), uptime, zone), ev}
	}
	return all
}

// drawEvents draws events of all kinds with the values that they may have, and
// with others.
func drawEvents(t *rapid.T) []timed {
	d := drawer{t}
	wall, uptime := int64(90_000_000_000_000), int64(0)
	all := make([]timed, rapid.IntRange(0, 30).Draw(t, "events"))
	zones := []*time.Location{time.UTC, summer, time.FixedZone("", -3600)}
	for i := range all {
		passed := rapid.Int64Range(0, 1e10).Draw(t, "passed")
		uptime += passed
		wall += passed
		if rapid.IntRange(0, 9).Draw(t, "set") == 0 { // somebody sets the clock
			wall = rapid.Int64Range(0, instant.Latest).Draw(t, "wall")
		}
		wall = min(wall, instant.Latest)
		all[i] = timed{instant.At(wall, uptime, rapid.SampledFrom(zones).Draw(t, "zone")), d.event()}
	}
	return all
}

// drawer draws parts of events.
type drawer struct{ t *rapid.T }

func (d drawer) event() machine.Event {
	switch rapid.IntRange(0, 5).Draw(d.t, "event") {
	case 0:
		return machine.Start{}
	case 1:
		return machine.Tick{}
	case 2:
		return machine.Line{Text: d.text()}
	case 3:
		return machine.Called{Request: d.request()}
	case 4:
		e := machine.Ended{ID: rapid.Uint64().Draw(d.t, "id"), Answer: d.answer(), Sent: rapid.Int64().Draw(d.t, "sent")}
		if d.bool() {
			e.Error = &machine.CallError{Fault: d.bool(), Text: d.text()}
		}
		return e
	}
	return machine.Written{ID: rapid.Uint64().Draw(d.t, "id"), Error: d.text()}
}

func (d drawer) request() machine.Request {
	switch rapid.IntRange(0, 11).Draw(d.t, "request") {
	case 0:
		return machine.Message{From: d.address(), Message: d.message()}
	case 1:
		return machine.Register{Node: d.address()}
	case 2:
		return machine.Heartbeat{Node: d.address()}
	case 3:
		return machine.States{Node: d.address(), Map: d.states(), Messages: d.int32()}
	case 4:
		return d.suspects()
	case 5:
		return machine.Traffic{Node: d.address(), Bytes: rapid.Int64().Draw(d.t, "bytes")}
	case 10:
		r := machine.Report{Node: d.address()}
		if d.bool() {
			s := d.suspects()
			r.Suspects = &s
		}
		if d.bool() {
			r.States = &machine.States{Node: d.address(), Map: d.states(), Messages: d.int32()}
		}
		if d.bool() {
			r.Traffic = &machine.Traffic{Node: d.address(), Bytes: rapid.Int64().Draw(d.t, "bytes")}
		}
		return r
	case 6:
		return machine.Mapping{}
	case 7:
		return machine.Join{Node: d.address()}
	case 8:
		return machine.Members{}
	case 9:
		return machine.Protocol{}
	}
	return nil
}

func (d drawer) suspects() machine.Suspects {
	var v gossip.FaultVector
	for _, a := range d.addresses() {
		v = append(v, gossip.Suspicion{Address: a, Suspected: d.bool()})
	}
	return machine.Suspects{Node: d.address(), Vector: v, Generation: d.int32()}
}

func (d drawer) message() gossip.Message {
	switch rapid.IntRange(0, 4).Draw(d.t, "message") {
	case 0:
		return gossip.Syn{ClusterID: d.int32(), Digest: d.digest()}
	case 1:
		return gossip.Ack{Wanted: d.addresses(), States: d.states()}
	case 2:
		return gossip.Ack2{States: d.states()}
	case 3:
		return gossip.Gossip{Digest: d.digest()}
	}
	return nil
}

func (d drawer) answer() machine.Answer {
	return machine.Answer{Addresses: d.addresses(), Protocol: gossip.ProtocolNumber(d.int32())}
}

func (d drawer) digest() gossip.Digest {
	var entries gossip.Digest
	for _, a := range d.addresses() {
		entries = append(entries, gossip.DigestEntry{
			Address: a, AppVersion: d.int32(), Generation: d.int32(), Heartbeat: d.int32(),
		})
	}
	return entries
}

func (d drawer) states() gossip.StateMap {
	var all gossip.StateMap
	for _, a := range d.addresses() {
		all = append(all, gossip.EndpointState{
			Address: a, AppVersion: d.int32(), Generation: d.int32(), Heartbeat: d.int32(), Status: d.text(),
			Updated: time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(d.t, "updated"), int64(rapid.IntRange(0, 999_999_999).Draw(d.t, "ns"))),
		})
	}
	return all
}

// addresses is nil, empty or a list.
func (d drawer) addresses() []gossip.Address {
	if d.bool() {
		return nil
	}
	list := make([]gossip.Address, rapid.IntRange(0, 6).Draw(d.t, "length"))
	for i := range list {
		list[i] = d.address()
	}
	return list
}

// address is mostly one of a few.
func (d drawer) address() gossip.Address {
	if rapid.IntRange(0, 9).Draw(d.t, "strange") == 0 {
		return gossip.Address(rapid.StringN(0, 600, 600).Draw(d.t, "name"))
	}
	return rapid.SampledFrom([]gossip.Address{"node1:5000", "node2:5000", "node3:5000", "n:1"}).Draw(d.t, "address")
}

func (d drawer) int32() int32 { return rapid.Int32().Draw(d.t, "int32") }
func (d drawer) bool() bool   { return rapid.Bool().Draw(d.t, "bool") }
func (d drawer) text() string { return rapid.String().Draw(d.t, "text") }
