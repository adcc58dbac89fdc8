package xmlrpc_test

import (
	"fmt"
	"os"
	"testing"

	"gossiprpc/internal/xmlrpc"

	kolo "github.com/kolo/xmlrpc"
)

// gossip32 is a receiveGossip call with the digests of 32 nodes.
func gossip32() (string, []xmlrpc.Value) {
	var members []xmlrpc.Member
	for i := range 32 {
		members = append(members, xmlrpc.Member{
			Name:  fmt.Sprintf("gossiprpc_node_%d:5000", i),
			Value: xmlrpc.ArrayValue(xmlrpc.IntValue(1), xmlrpc.IntValue(1_795_000_000+i), xmlrpc.IntValue(100+i)),
		})
	}
	return "receiveGossip", []xmlrpc.Value{xmlrpc.StructValue(members...), xmlrpc.StringValue("node1:5000")}
}

func BenchmarkReadGossip32(b *testing.B) {
	method, args := gossip32()
	document := xmlrpc.AppendCall(nil, method, args...)
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := xmlrpc.ParseCall(document, xmlrpc.DefaultLimits()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("kolo", func(b *testing.B) {
		b.SetBytes(int64(len(document)))
		b.ReportAllocs()
		for b.Loop() {
			var digest map[string][]int
			if err := kolo.Response(document).Unmarshal(&digest); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWriteGossip32(b *testing.B) {
	method, args := gossip32()
	b.Run("writer", func(b *testing.B) {
		b.ReportAllocs()
		var buffer []byte
		for b.Loop() {
			buffer = xmlrpc.AppendCall(buffer[:0], method, args...)
		}
	})
	b.Run("kolo", func(b *testing.B) {
		digest := map[string][]int{}
		for _, m := range args[0].Members {
			digest[m.Name] = []int{1, int(m.Value.Items[1].Int), int(m.Value.Items[2].Int)}
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := kolo.EncodeMethodCall(method, digest, "node1:5000"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReadStateMap(b *testing.B) {
	document, err := os.ReadFile("../wire/testdata/monitor.sendEpStateMap.call.xml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := xmlrpc.ParseCall(document, xmlrpc.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
