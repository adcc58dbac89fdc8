package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/harness/replay"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// nodeOf32 is what a node of a cluster of 32 lives through in ten minutes: its
// record, and its events.
func nodeOf32(b *testing.B) ([]byte, []recording.Record) {
	b.Helper()
	r := rehearse(b, "scrr", 32)
	r.Run(10 * time.Minute)
	file := r.records[replay.FileName("node5", 1)].Bytes()
	return file, events(b, file)
}

func events(b *testing.B, file []byte) []recording.Record {
	b.Helper()
	reader, err := recording.NewReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	var all []recording.Record
	for rec, err := range reader.All() {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}

// BenchmarkNodeOf32 says what an event costs a node of 32: its own step, the same
// with a recorder around it, and what XML-RPC takes to read and write its messages.
func BenchmarkNodeOf32(b *testing.B) {
	file, all := nodeOf32(b)
	reader, err := recording.NewReader(bytes.NewReader(file))
	if err != nil {
		b.Fatal(err)
	}
	live := func(b *testing.B, wrap func(machine.Machine) machine.Machine) {
		b.ReportAllocs()
		for b.Loop() {
			node, err := process.New(nodeSettings(b, reader.Header))
			if err != nil {
				b.Fatal(err)
			}
			m := wrap(node)
			for i := range all {
				m.Step(all[i].Time, all[i].Event)
			}
		}
		perEvent(b, len(all))
	}
	b.Run("step", func(b *testing.B) {
		live(b, func(m machine.Machine) machine.Machine { return m })
	})
	b.Run("recorded", func(b *testing.B) {
		live(b, func(m machine.Machine) machine.Machine { return recording.Wrap(m, io.Discard, reader.Header, 1<<40) })
		b.ReportMetric(float64(len(file))/float64(len(all)), "B/event")
	})
	b.Run("xmlrpc", func(b *testing.B) { benchmarkMessages(b, messages(b, reader.Header, all), len(all)) })
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			events(b, file)
		}
		perEvent(b, len(all))
	})
}

func perEvent(b *testing.B, events int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
}

// call is a message in XML: one that the node takes, or one that it sends.
type call struct {
	body  []byte
	taken bool
	machine.Message
}

func benchmarkMessages(b *testing.B, calls []call, events int) {
	methods := wire.NodeMethods(nobody{})
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		for i := range calls {
			c := &calls[i]
			if !c.taken {
				buffer = wire.AppendMessage(buffer[:0], c.From, c.Message.Message)
				continue
			}
			method, rest := xmlrpc.ReadCall(c.body, xmlrpc.DefaultLimits())
			do := methods[string(method)].Read(&rest)
			if do == nil {
				b.Fatalf("not read: %s", c.body)
			}
			if _, err := do(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	perEvent(b, events)
}

// nobody takes all messages.
type nobody struct{}

func (nobody) Receive(context.Context, gossip.Address, gossip.Message) error { return nil }

// messages are those of a node's life as they went over the wire.
func messages(b *testing.B, h recording.Header, all []recording.Record) []call {
	b.Helper()
	var calls []call
	add := func(r machine.Request, taken bool) {
		if m, ok := r.(machine.Message); ok {
			calls = append(calls, call{wire.AppendMessage(nil, m.From, m.Message), taken, m})
		}
	}
	node, err := process.New(nodeSettings(b, h))
	if err != nil {
		b.Fatal(err)
	}
	for i := range all {
		if c, ok := all[i].Event.(machine.Called); ok {
			add(c.Request, true)
		}
		for _, e := range node.Step(all[i].Time, all[i].Event) {
			if c, ok := e.(machine.Call); ok {
				add(c.Request, false)
			}
		}
	}
	return calls
}

func nodeSettings(b *testing.B, h recording.Header) process.Config {
	b.Helper()
	var c process.Config
	if err := json.Unmarshal(h.Settings, &c); err != nil {
		b.Fatal(err)
	}
	return c
}
