package wire

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func capture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func captured(t *testing.T, call string) (method string, args []xmlrpc.Value) {
	t.Helper()
	method, args, err := xmlrpc.ParseCall(capture(t, call+".call.xml"), xmlrpc.DefaultLimits())
	if err != nil {
		t.Fatal(call, err)
	}
	return method, args
}

// sorted is a value as Python compares it: a dict has no order.
func sorted(v xmlrpc.Value) xmlrpc.Value {
	v.Items = slices.Clone(v.Items)
	for i := range v.Items {
		v.Items[i] = sorted(v.Items[i])
	}
	v.Members = slices.Clone(v.Members)
	for i := range v.Members {
		v.Members[i].Value = sorted(v.Members[i].Value)
	}
	slices.SortFunc(v.Members, func(a, b xmlrpc.Member) int { return strings.Compare(a.Name, b.Name) })
	return v
}

// Every captured call decodes into our words, and what is encoded from them
// Python reads as the very values of the capture.
func TestCapturedCalls(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	address, err := decodeAddress("address", xmlrpc.StringValue("gossiprpc_node_3:5000"))
	if err != nil {
		t.Fatal(err)
	}
	sender := encodeAddress(address)
	message := func(decode func([]xmlrpc.Value) (machine.Message, error)) func(*testing.T, []xmlrpc.Value) []xmlrpc.Value {
		return func(t *testing.T, args []xmlrpc.Value) []xmlrpc.Value {
			m, err := decode(args)
			if err != nil {
				t.Fatal(err)
			}
			_, again := encodeMessage(plain, m)
			return again
		}
	}
	onlySender := func(*testing.T, []xmlrpc.Value) []xmlrpc.Value { return []xmlrpc.Value{sender} }
	nothing := func(*testing.T, []xmlrpc.Value) []xmlrpc.Value { return nil }
	encoders := map[string]func(*testing.T, []xmlrpc.Value) []xmlrpc.Value{
		"monitor.getMapping":        nothing,
		"monitor.getSuspectMatrix":  nothing,
		"monitor.showAliveDeadNode": nothing,
		"provider.getMapping":       nothing,
		"monitor.setMapping":        onlySender,
		"monitor.setheartbeatTime":  onlySender,
		"provider.setMapping":       onlySender,
		"node.acceptSyn":            message(plain.syn().decode),
		"node.acceptAck":            message(plain.ack().decode),
		"node.acceptAck2":           message(plain.ack2().decode),
		"node.receiveGossip":        message(plain.gossip().decode),
		"monitor.sendEpStateMap": func(t *testing.T, args []xmlrpc.Value) []xmlrpc.Value {
			states, err := decodeStates(statesArgument, args[1])
			if err != nil {
				t.Fatal(err)
			}
			return []xmlrpc.Value{sender, encodeStates(plain, states), args[2]}
		},
		"monitor.updateSuspectMatrix": func(t *testing.T, args []xmlrpc.Value) []xmlrpc.Value {
			vector, err := decodeVector("vector", args[1])
			if err != nil {
				t.Fatal(err)
			}
			return []xmlrpc.Value{sender, encodeVector(plain, vector), args[2]}
		},
	}
	files, err := filepath.Glob("testdata/*.call.xml")
	if err != nil || len(files) != len(encoders) {
		t.Fatalf("%d captured calls for %d tests, %v", len(files), len(encoders), err)
	}
	for name, encode := range encoders {
		t.Run(name, func(t *testing.T) {
			method, args := captured(t, name)
			ours := xmlrpc.AppendCall(nil, method, encode(t, args)...)
			wantMethod, want, err := python.Load(t, capture(t, name+".call.xml"))
			if err != nil {
				t.Fatal(err)
			}
			gotMethod, got, err := python.Load(t, ours)
			if err != nil || gotMethod != wantMethod || len(got) != len(want) {
				t.Fatalf("%s, %v; want %s", gotMethod, err, wantMethod)
			}
			for i := range want {
				if diff := cmp.Diff(sorted(want[i]), sorted(got[i]), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("argument %d: %s", i, diff)
				}
			}
		})
	}
}

// Every captured call reaches the handler when a server gets its bytes, and each
// capture's answer is ours byte for byte.
func TestCapturedAnswers(t *testing.T) {
	r := &recorder{
		protocol: 4,
		members:  []gossip.Address{"node1:5000", "node2:5000", "gossiprpc_node_3:5000", "gossiprpc_node_4:5000"},
		mapping:  map[gossip.Address]int{"node1:5000": 0, "gossiprpc_node_3:5000": 2, "node2:5000": 1},
		matrix:   [][]int{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}},
		live:     []gossip.Address{"node1:5000", "node2:5000", "gossiprpc_node_3:5000"},
	}
	servers := map[string]xmlrpc.Methods{
		"monitor":  MonitorMethods(r),
		"provider": ProviderMethods(r),
		"node":     NodeMethods(r),
	}
	files, err := filepath.Glob("testdata/*.answer.xml")
	if err != nil || len(files) != 13 {
		t.Fatalf("%d captured answers, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".answer.xml")
		server, _, _ := strings.Cut(name, ".")
		method, args := captured(t, name)
		v, err := servers[server][method].Call(t.Context(), args)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := string(xmlrpc.AppendAnswer(nil, v)), string(capture(t, name+".answer.xml")); strings.TrimSpace(
			got,
		) != strings.TrimSpace(
			want,
		) {
			t.Errorf("%s answers\n%s\nthe original\n%s", name, got, want)
		}
	}
	if len(r.told) != 9 {
		t.Errorf("the handlers were told %q", r.told)
	}
}

// What a capture means, once in full.
func TestCapturedMeaning(t *testing.T) {
	_, args := captured(t, "node.acceptAck2")
	m, err := plain.ack2().decode(args)
	if err != nil || m.From != "node2:5000" {
		t.Fatal(m.From, err)
	}
	at := func(second, micro int) time.Time {
		return time.Date(2026, 11, 22, 16, 5, second, micro*1000, time.Local)
	}
	want := gossip.Ack2{States: gossip.StateMap{
		{
			Address:    "node1:5000",
			AppVersion: 1,
			Generation: 57600,
			Heartbeat:  4,
			Status:     "Normal",
			Updated:    at(30, 223476),
		},
		{
			Address:    "node2:5000",
			AppVersion: 1,
			Generation: 57600,
			Heartbeat:  4,
			Status:     "Normal",
			Updated:    at(26, 351337),
		},
	}}
	if diff := same(gossip.Message(want), m.Message); diff != "" {
		t.Error(diff)
	}
	_, args = captured(t, "node.acceptSyn")
	m, err = plain.syn().decode(args)
	if err != nil {
		t.Fatal(err)
	}
	if e, ok := m.Message.(gossip.Syn).Digest.Get("gossiprpc_node_4:5000"); !ok ||
		e != (gossip.DigestEntry{Address: "gossiprpc_node_4:5000", AppVersion: 1, Generation: 57600, Heartbeat: 3}) {
		t.Errorf("%+v", m)
	}
}

// Our messages as a Python node of the original's kind gets them, over a socket.
func TestSendToPython(t *testing.T) {
	hostport := xmlrpctest.StartServer(t, "original")
	_, c := serve(t, nil)
	for _, name := range []string{"node.acceptSyn", "node.acceptAck", "node.acceptAck2", "node.receiveGossip"} {
		method, args := captured(t, name)
		decode := map[string]func([]xmlrpc.Value) (machine.Message, error){
			acceptSyn: plain.syn().decode, acceptAck: plain.ack().decode, acceptAck2: plain.ack2().decode, receiveGossip: plain.gossip().decode,
		}[method]
		m, err := decode(args)
		if err != nil {
			t.Fatal(err)
		}
		if err := SendMessage(t.Context(), c, m.From, gossip.Address(hostport), m.Message); err != nil {
			t.Fatal(err)
		}
		got, err := c.Call(t.Context(), hostport, "last")
		if err != nil {
			t.Fatal(err)
		}
		if diff := same(sorted(xmlrpc.ArrayValue(args...)), sorted(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := Monitor{c, hostport}.Mapping(t.Context())
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) || fault.Text != "<class 'Exception'>:method \"getMapping\" is not supported" {
		t.Errorf("%v", err)
	}
}

// Python's ServerProxy calls our methods.
func TestPythonCallsNode(t *testing.T) {
	python := xmlrpctest.NewReferee(t)
	r := &recorder{}
	hostport, _ := serve(t, NodeMethods(r))
	for _, name := range []string{"node.acceptSyn", "node.acceptAck", "node.acceptAck2", "node.receiveGossip"} {
		method, args := captured(t, name)
		v, err := python.Call(t, "http://"+hostport, method, args...)
		if err != nil || v.Kind != xmlrpc.Nil {
			t.Fatal(name, v, err)
		}
		_, again := encodeMessage(plain, machine.Message{From: r.from, Message: r.message})
		if err != nil || same(sorted(xmlrpc.ArrayValue(args...)), sorted(xmlrpc.ArrayValue(again...))) != "" {
			t.Errorf(
				"%s: %v%s",
				name,
				err,
				same(sorted(xmlrpc.ArrayValue(args...)), sorted(xmlrpc.ArrayValue(again...))),
			)
		}
	}
}
