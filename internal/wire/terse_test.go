package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// many are so many entries of all kinds.
func many(n int) (d gossip.Digest, s gossip.StateMap, v gossip.FaultVector) {
	for i := range n {
		a := gossip.Address(fmt.Sprintf("node%05d:5000", i))
		d = append(d, gossip.DigestEntry{Address: a, AppVersion: 1, Generation: 1_700_000_000, Heartbeat: int32(i)})
		s = append(s, gossip.EndpointState{Address: a, Status: "Normal", Heartbeat: int32(i), Updated: time.UnixMicro(1_700_000_000_000_000)})
		v = append(v, gossip.Suspicion{Address: a, Suspected: i%3 == 0})
	}
	return d, s, v
}

// large are all requests that may go in terse form, with so many entries.
func large(entries int) []machine.Request {
	d, s, v := many(entries)
	return []machine.Request{
		machine.Message{From: "n:1", Message: gossip.Gossip{Digest: d}},
		machine.Message{From: "n:1", Message: gossip.Syn{ClusterID: 1, Digest: d}},
		machine.Message{From: "n:1", Message: gossip.Ack{States: s}},
		machine.Message{From: "n:1", Message: gossip.Ack2{States: s}},
		machine.States{Node: "n:1", Map: s},
		machine.Suspects{Node: "n:1", Vector: v},
	}
}

// counting serves methods and counts the calls of each.
func counting(t *testing.T, methods xmlrpc.Methods) (to gossip.Address, called func() map[string]int) {
	t.Helper()
	var mu sync.Mutex
	calls := map[string]int{}
	server, err := xmlrpc.NewServer(methods, xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		name, _ := xmlrpc.ReadCall(body, lax)
		mu.Lock()
		calls[string(name)]++
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return gossip.Address(strings.TrimPrefix(h.URL, "http://")), func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(calls)
	}
}

// TestManyEntriesAreTerse, up to 64 are as an original sends them; and both bring the same.
func TestManyEntriesAreTerse(t *testing.T) {
	for entries, suffix := range map[int]string{0: "", 64: "", 65: "Terse"} {
		r := &recorder{}
		methods := NodeMethods(r)
		maps.Copy(methods, MonitorMethods(r))
		to, called := counting(t, methods)
		_, c := serve(t, xmlrpc.Methods{})
		want := map[string]int{}
		for _, request := range large(entries) {
			if _, err := Do(t.Context(), c, to, request); err != nil {
				t.Fatal(err)
			}
			if m, ok := request.(machine.Message); ok && same(m.Message, r.message) != "" {
				t.Errorf("%d entries: %s", entries, same(m.Message, r.message))
			}
		}
		for _, name := range []string{receiveGossip, acceptSyn, acceptAck, acceptAck2, sendEpStateMap, updateSuspectMatrix} {
			want[name+suffix] = 1
		}
		if diff := same(want, called()); diff != "" {
			t.Errorf("%d entries: %s", entries, diff)
		}
		_, s, v := many(entries)
		if same(s, r.states) != "" || same(v, r.vector) != "" {
			t.Errorf("%d entries: %s%s", entries, same(s, r.states), same(v, r.vector))
		}
	}
}

// TestWhoKnowsNoTerseForm is asked once, and sent the original's form then and from then on.
func TestWhoKnowsNoTerseForm(t *testing.T) {
	r := &recorder{}
	methods := NodeMethods(r)
	maps.Copy(methods, MonitorMethods(r))
	maps.DeleteFunc(methods, func(name string, _ xmlrpc.Method) bool { return strings.HasSuffix(name, "Terse") })
	to, called := counting(t, methods)
	_, c := serve(t, xmlrpc.Methods{})
	want := map[string]int{}
	for range 3 {
		for _, request := range large(100) {
			if _, err := Do(t.Context(), c, to, request); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{receiveGossip, acceptSyn, acceptAck, acceptAck2, sendEpStateMap, updateSuspectMatrix} {
		want[name], want[name+"Terse"] = 3, 1
	}
	if diff := same(want, called()); diff != "" {
		t.Error(diff)
	}
}

// TestARefusalIsNoLack: who knows the terse form and refuses is not sent the other one.
func TestARefusalIsNoLack(t *testing.T) {
	r := &recorder{err: errors.New("not in the cluster yet")}
	to, called := counting(t, NodeMethods(r))
	_, c := serve(t, xmlrpc.Methods{})
	d, _, _ := many(100)
	for range 2 {
		err := SendMessage(t.Context(), c, "n:1", to, gossip.Gossip{Digest: d})
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || !strings.Contains(fault.Text, "not in the cluster yet") {
			t.Fatalf("%v, want the node's refusal", err)
		}
	}
	if diff := same(map[string]int{receiveGossip + "Terse": 2}, called()); diff != "" {
		t.Error(diff)
	}
}

// TestBadLines: what is wrong is said with its line, and what is allowed.
func TestBadLines(t *testing.T) {
	good := map[string]string{
		receiveGossip:       "a:1 1 2 3\n",
		acceptAck2:          "a:1 1 2 3 253402300799999999 Normal\nb:1 1 2 3 -253402300799999999 \n",
		updateSuspectMatrix: "a:1 0\n",
	}
	for _, test := range []struct{ method, text, want string }{
		{receiveGossip, "a:1 1 2 3\nb:1 1 2\n", "digest, line 2 is string \"b:1 1 2\", want ADDRESS VERSION GENERATION HEARTBEAT and a newline"},
		{receiveGossip, "a:1 1 2 3", "digest, line 1"},
		{receiveGossip, "a:1 1 2 3 4\n", "line 1"},
		{receiveGossip, "a 1 2 3\n", "line 1"},
		{receiveGossip, "a:1 1 2 2147483648\n", "line 1"},
		{receiveGossip, "a:1 1 2 -2147483649\n", "line 1"},
		{receiveGossip, "a:1 1 2 99999999999999999999\n", "line 1"},
		{receiveGossip, "a:1 1 +2 3\n", "line 1"},
		{receiveGossip, "a:1 1  2 3\n", "line 1"},
		{receiveGossip, "a:1 1 - 3\n", "line 1"},
		{receiveGossip, "\n", "line 1"},
		{receiveGossip, strings.Repeat("a:1 1 2 3\n", maxEntries+1), "digest has more than 16384 lines"},
		{acceptAck2, "a:1 1 2 3 253402300800000000 Normal\n", "states, line 1"},
		{acceptAck2, "a:1 1 2 3 -253402300800000000 Normal\n", "states, line 1"},
		{acceptAck2, "a:1 1 2 3 1 " + strings.Repeat("s", 65) + "\n", "line 1"},
		{acceptAck2, "a:1 1 2 3 1 \t\n", "line 1"},
		{updateSuspectMatrix, "a:1 2\n", "fault vector, line 1 is string \"a:1 2\", want ADDRESS 0|1 and a newline"},
		{updateSuspectMatrix, "a:1 \n", "line 1"},
		{updateSuspectMatrix, "a:1 00\n", "line 1"},
	} {
		args := func(text string) []xmlrpc.Value {
			if test.method == updateSuspectMatrix {
				return []xmlrpc.Value{xmlrpc.StringValue("n:1"), xmlrpc.StringValue(text), xmlrpc.IntValue(1)}
			}
			return []xmlrpc.Value{xmlrpc.StringValue(text), xmlrpc.StringValue("n:1")}
		}
		for _, c := range []struct {
			text string
			bad  bool
		}{{good[test.method], false}, {test.text, true}} {
			document := xmlrpc.AppendCall(nil, test.method+"Terse", args(c.text)...)
			if compare(t, calls, document, lax) == c.bad {
				t.Errorf("%s(%.60q) is read straight: %v", test.method, c.text, c.bad)
			}
			_, err := calls[test.method+"Terse"].general(document, lax)
			if (err != nil) != c.bad || c.bad && (!errors.Is(err, ErrValue) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%s(%.60q): %v, want an error: %v, %s", test.method, c.text, err, c.bad, test.want)
			}
		}
	}
}

// TestLinesWeighAsSaid: the entries of the shortest lines take no more memory than the server
// has set aside for them.
func TestLinesWeighAsSaid(t *testing.T) {
	d := make(gossip.Digest, 1000)
	s := make(gossip.StateMap, 1000)
	v := make(gossip.FaultVector, 1000)
	for i := range 1000 {
		a := gossip.Address(fmt.Sprintf("%d:1", i%10))
		d[i].Address, s[i].Address, v[i].Address = a, a, a
		s[i].Updated = time.UnixMicro(0)
	}
	for name, document := range map[string][]byte{
		receiveGossip:       terse.appendMessage(nil, "n:1", gossip.Gossip{Digest: d}),
		acceptAck2:          terse.appendMessage(nil, "n:1", gossip.Ack2{States: s}),
		updateSuspectMatrix: terse.suspectsCall("n:1", v, 1)(nil),
	} {
		r := &recorder{}
		methods := NodeMethods(r)
		maps.Copy(methods, MonitorMethods(r))
		m := methods[name+"Terse"]
		b := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, c := xmlrpc.ReadCall(document, lax)
				if m.Read(&c) == nil {
					b.Fatal("not read straight")
				}
			}
		})
		if most := m.Weight * int64(len(document)); b.N == 0 || b.AllocedBytesPerOp() > most {
			t.Errorf("%s: %d bytes to read %d, want at most %d", name, b.AllocedBytesPerOp(), len(document), most)
		}
	}
}

// TestNothingIsKeptOfADocument: its memory is used for the next call, which changes nothing of what
// was told before.
func TestNothingIsKeptOfADocument(t *testing.T) {
	r := &recorder{}
	methods := NodeMethods(r)
	maps.Copy(methods, MonitorMethods(r))
	to, _ := counting(t, methods)
	_, c := serve(t, xmlrpc.Methods{})
	for _, entries := range []int{10, 100} {
		for _, request := range large(entries) {
			if _, err := Do(t.Context(), c, to, request); err != nil {
				t.Fatal(err)
			}
			message, states, vector := r.message, r.states, r.vector
			for range 3 { // of the same lengths, in the same buffer
				if err := c.Tell(t.Context(), string(to), "x", func(dst []byte) []byte {
					return xmlrpc.AppendCall(dst, "x", xmlrpc.StringValue(strings.Repeat("#", 7<<10)))
				}); err == nil {
					t.Fatal("a method that is not there has answered")
				}
			}
			switch want := request.(type) {
			case machine.Message:
				if diff := same(want.Message, message); diff != "" {
					t.Errorf("%d entries: %s", entries, diff)
				}
			case machine.States:
				if diff := same(want.Map, states); diff != "" {
					t.Errorf("%d entries: %s", entries, diff)
				}
			case machine.Suspects:
				if diff := same(want.Vector, vector); diff != "" {
					t.Errorf("%d entries: %s", entries, diff)
				}
			}
		}
	}
}
