package wire

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"

	"pgregory.net/rapid"
)

func TestMessagesArriveAsTheyWere(t *testing.T) {
	r := &recorder{}
	hostport, c := serve(t, NodeMethods(r))
	rapid.Check(t, func(rt *rapid.T) {
		from, m := addresses().Draw(rt, "from"), messages().Draw(rt, "message")
		if err := SendMessage(t.Context(), c, from, gossip.Address(hostport), m); err != nil {
			rt.Fatal(err)
		}
		if r.from != from || same(m, r.message) != "" {
			rt.Fatalf("from %s, want %s%s", r.from, from, same(m, r.message))
		}
	})
	if c.BytesSent() == 0 {
		t.Error("no bytes sent")
	}
}

func TestMonitorBothSides(t *testing.T) {
	r := &recorder{results: "a\nb\n"}
	hostport, c := serve(t, MonitorMethods(r))
	m := Monitor{c, hostport}
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		a, states, vector := addresses().Draw(rt, "address"),
			stateMaps().Draw(rt, "states"),
			vectors().Draw(rt, "vector")
		count, generation := rapid.Int32().Draw(rt, "count"), rapid.Int32().Draw(rt, "generation")
		if err := errors.Join(m.SendStates(ctx, a, states, int(count)), m.UpdateSuspects(ctx, a, vector, generation)); err != nil {
			rt.Fatal(err)
		}
		if diff := same(states, r.states) + same(vector, r.vector); diff != "" {
			rt.Fatal(diff)
		}
	})
	r.told = nil
	err := errors.Join(m.Register(ctx, "n:1"), m.Heartbeat(ctx, "n:1"), m.ReportTraffic(ctx, "n:1", 1<<40+1),
		m.SendStates(ctx, "n:1", nil, 7), m.UpdateSuspects(ctx, "n:1", nil, 57600))
	want := "register n:1; heartbeat n:1; traffic of n:1: 1099511627777; states of n:1, 7 messages; suspects of n:1, generation 57600"
	if got := strings.Join(r.told, "; "); err != nil || got != want {
		t.Errorf("%v, told %s\nwant %s", err, got, want)
	}
	if _, err := c.Call(ctx, hostport, receiveStateMap, encodeAddress("n:1"), xmlrpc.StructValue(), xmlrpc.IntValue(8)); err != nil ||
		r.told[5] != "states of n:1, 8 messages" {
		t.Errorf("%v, %q", err, r.told)
	}
	if err := m.SendStates(ctx, "n:1", nil, math.MaxInt32+1); !errors.Is(err, ErrValue) ||
		!strings.Contains(err.Error(), "message count 2147483648, want an int of 32 bits") {
		t.Errorf("%v", err)
	}

	for _, filled := range []bool{false, true} {
		if filled {
			r.mapping = map[gossip.Address]int{"b:1": 0, "a:1": 1}
			r.matrix, r.faults = [][]int{{0, 1}, {0, 0}}, []int{0, 1}
			r.live, r.dead = []gossip.Address{"b:1"}, []gossip.Address{"a:1"}
		}
		mapping, err1 := m.Mapping(ctx)
		matrix, err2 := m.SuspectMatrix(ctx)
		faults, err3 := m.FaultVector(ctx)
		live, dead, err4 := m.AliveDead(ctx)
		results, err5 := m.Results(ctx)
		if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
			t.Fatal(err)
		}
		if diff := same(r.mapping, mapping) + same(r.matrix, matrix) + same(r.faults, faults) + same(r.live, live) + same(r.dead, dead); diff != "" ||
			results != "a<br>b<br>" {
			t.Errorf("%s %q", diff, results)
		}
	}
}

func TestEmptyMatrixAndJoinOrder(t *testing.T) {
	empty := xmlrpc.ArrayStart + xmlrpc.ArrayStart + xmlrpc.ArrayEnd + xmlrpc.ArrayEnd
	if got := string(appendMatrix(nil, nil)); got != empty {
		t.Errorf("empty matrix is %s, want [[]]", got)
	}
	mapping := map[gossip.Address]int{"a:1": 2, "c:1": 0, "b:1": 1, "0:1": 1}
	want := []gossip.Address{"c:1", "0:1", "b:1", "a:1"}
	if got := joinOrder(mapping); !slices.Equal(got, want) {
		t.Errorf("join order %v, want %v", got, want)
	}
}

func TestProviderBothSides(t *testing.T) {
	r := &recorder{protocol: 3, members: []gossip.Address{"b:1", "a:1"}}
	hostport, c := serve(t, ProviderMethods(r))
	p := Provider{c, hostport}
	joined, err1 := p.Join(t.Context(), "n:1")
	asked, err2 := p.Protocol(t.Context())
	members, err3 := p.Members(t.Context())
	if err := errors.Join(err1, err2, err3); err != nil || joined != 3 || asked != 3 ||
		same(r.members, members) != "" ||
		r.told[0] != "join n:1" {
		t.Errorf("%v, %d, %d, %v, %q", err, joined, asked, members, r.told)
	}
	r.err = errors.New("closed")
	_, err1 = p.Join(t.Context(), "n:1")
	_, err2 = p.Members(t.Context())
	for _, err := range []error{err1, err2} {
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || fault.Text != "<class 'Exception'>:closed" {
			t.Errorf("%v", err)
		}
	}
}

// Answers of a server that is none of ours.
func TestStrangeAnswers(t *testing.T) {
	var answer xmlrpc.Value
	strange := func(t *testing.T) (string, *xmlrpc.Client) {
		m := xmlrpc.Methods{}
		for name := range MonitorMethods(&recorder{}) {
			m[name] = answering(&answer)
		}
		m[getProtocol] = answering(&answer)
		return serve(t, m)
	}
	hostport, c := strange(t)
	m, p := Monitor{c, hostport}, Provider{c, hostport}
	ctx := t.Context()
	text, texts := xmlrpc.StringValue("x"), xmlrpc.ArrayValue(xmlrpc.StringValue("x"))
	calls := map[string]func() error{
		"mapping":  func() error { _, err := m.Mapping(ctx); return err },
		"matrix":   func() error { _, err := m.SuspectMatrix(ctx); return err },
		"vector":   func() error { _, err := m.FaultVector(ctx); return err },
		"nodes":    func() error { _, _, err := m.AliveDead(ctx); return err },
		"results":  func() error { _, err := m.Results(ctx); return err },
		"join":     func() error { _, err := p.Join(ctx, "a:1"); return err },
		"members":  func() error { _, err := p.Members(ctx); return err },
		"protocol": func() error { _, err := p.Protocol(ctx); return err },
	}
	for _, s := range []struct {
		call   string
		answer xmlrpc.Value
		want   string
	}{
		{"mapping", xmlrpc.NilValue(), "nil"},
		{"mapping", text, "type mismatch"},
		{"mapping", xmlrpc.StructValue(xmlrpc.Member{Name: "bad", Value: xmlrpc.IntValue(1)}), "bad address \"bad\""},
		{"matrix", xmlrpc.NilValue(), "matrix is nil, want an array"},
		{"matrix", texts, "matrix[0] is string \"x\", want an array of 0 and 1"},
		{"matrix", xmlrpc.ArrayValue(xmlrpc.ArrayValue(xmlrpc.IntValue(2))), "matrix[0] is int 2, want int 0 or 1"},
		{"vector", texts, "want int 0 or 1"},
		{"nodes", xmlrpc.StructValue(xmlrpc.Member{Name: "live", Value: texts}), "nodes has no member dead"},
		{"nodes", text, "nodes is string \"x\", want a struct"},
		{"nodes", xmlrpc.StructValue(xmlrpc.Member{Name: "live", Value: texts}, xmlrpc.Member{Name: "dead", Value: texts}), "live: bad address"},
		{"results", xmlrpc.IntValue(1), "type mismatch"},
		{"join", xmlrpc.NilValue(), "nil"},
		{"join", xmlrpc.IntValue(1 << 31), "out of range"},
		{"members", xmlrpc.ArrayValue(xmlrpc.IntValue(1)), "type mismatch"},
		{"members", texts, "bad address \"x\""},
		{"protocol", text, "type mismatch"},
	} {
		answer = s.answer
		err := calls[s.call]()
		if err == nil || !strings.HasPrefix(err.Error(), "call ") ||
			!strings.Contains(err.Error(), " on "+hostport+": answer: ") ||
			!strings.Contains(err.Error(), s.want) {
			t.Errorf("%s answering %v: %v, want %q", s.call, show(s.answer), err, s.want)
		}
	}
}

// state is a good state's value with one change.
func state(change func(*xmlrpc.Value)) xmlrpc.Value {
	v := encodeState(
		gossip.EndpointState{
			Address:    "other:1",
			Generation: 5,
			Heartbeat:  6,
			AppVersion: 7,
			Status:     "Normal",
			Updated:    time.Now(),
		},
	)
	if change != nil {
		change(&v)
	}
	return v
}

func set(v *xmlrpc.Value, value xmlrpc.Value, path ...string) {
	for i := range v.Members {
		if v.Members[i].Name != path[0] {
			continue
		}
		if len(path) > 1 {
			set(&v.Members[i].Value, value, path[1:]...)
		} else {
			v.Members[i].Value = value
		}
	}
}

func without(v *xmlrpc.Value, path ...string) {
	for i := range v.Members {
		if v.Members[i].Name != path[0] {
			continue
		}
		if len(path) > 1 {
			without(&v.Members[i].Value, path[1:]...)
		} else {
			v.Members = append(v.Members[:i:i], v.Members[i+1:]...)
		}
		return
	}
}

func one(name string, v xmlrpc.Value) xmlrpc.Value {
	return xmlrpc.StructValue(xmlrpc.Member{Name: name, Value: v})
}

func TestStateMapIsReadLeniently(t *testing.T) {
	v := one("n:1", state(func(v *xmlrpc.Value) {
		v.Members = append(v.Members, xmlrpc.Member{Name: "more"})
		set(v, xmlrpc.StringValue("no address"), appState, ipPort)
	}))
	states, err := decodeStates(statesArgument, v)
	if err != nil || len(states) != 1 || states[0].Address != "n:1" || states[0].Generation != 5 ||
		states[0].Heartbeat != 6 ||
		states[0].AppVersion != 7 {
		t.Errorf("%+v, %v", states, err)
	}
	twice := xmlrpc.StructValue(
		xmlrpc.Member{Name: "n:1", Value: state(nil)},
		xmlrpc.Member{
			Name:  "n:1",
			Value: state(func(v *xmlrpc.Value) { set(v, xmlrpc.IntValue(99), heartBeat, beatValue) }),
		},
	)
	states, err = decodeStates(statesArgument, twice)
	if err != nil || len(states) != 1 || states[0].Heartbeat != 99 {
		t.Errorf("%+v, %v: want the last of two, as Python", states, err)
	}
}

// TestTheLastCellStays of several for one address, as in Python's dict.
func TestTheLastCellStays(t *testing.T) {
	cells := gossip.FaultVector{{Address: "b:1", Suspected: true}, {Address: "a:1"}, {Address: "b:1"}}
	v, err := decodeVector("vector", encodeVector(plain, cells))
	if want := (gossip.FaultVector{{Address: "a:1"}, {Address: "b:1"}}); err != nil || same(want, v) != "" {
		t.Errorf("%v, %v", v, err)
	}
}

func TestWrongArgumentsAreFaults(t *testing.T) {
	r := &recorder{}
	a, empty := encodeAddress("n:1"), xmlrpc.StructValue()
	i, d, s := xmlrpc.IntValue, xmlrpc.DoubleValue, xmlrpc.StringValue
	all := MonitorMethods(r)
	for name, m := range NodeMethods(r) {
		all[name] = m
	}
	bad := func(path ...string) func(xmlrpc.Value) xmlrpc.Value {
		return func(v xmlrpc.Value) xmlrpc.Value {
			return one("n:1", state(func(s *xmlrpc.Value) { set(s, v, path...) }))
		}
	}
	missing := func(path ...string) xmlrpc.Value {
		return one("n:1", state(func(s *xmlrpc.Value) { without(s, path...) }))
	}
	for _, c := range []struct {
		method string
		args   []xmlrpc.Value
		want   string
	}{
		{receiveGossip, nil, "receiveGossip takes 2 arguments [digest address], got 0"},
		{receiveGossip, []xmlrpc.Value{empty, a, a}, "got 3"},
		{receiveGossip, []xmlrpc.Value{a, a}, "digest is string \"n:1\", want a struct of digests"},
		{receiveGossip, []xmlrpc.Value{empty, i(1)}, "address is int 1, want a string name:port"},
		{receiveGossip, []xmlrpc.Value{empty, s("x<y:1")}, "address: bad address"},
		{receiveGossip, []xmlrpc.Value{empty, s("n:0")}, "port 0, want 1 to 65535"},
		{receiveGossip, []xmlrpc.Value{empty, s("n:65536")}, "port 65536, want 1 to 65535"},
		{receiveGossip, []xmlrpc.Value{one("n", i(1)), a}, "digest: bad address \"n\""},
		{receiveGossip, []xmlrpc.Value{one("n:1", i(1)), a}, "digest[n:1] is int 1, want an array of 3"},
		{receiveGossip, []xmlrpc.Value{one("n:1", xmlrpc.ArrayValue(i(1), i(2))), a}, "digest[n:1] is array of 2, want an array of 3"},
		{receiveGossip, []xmlrpc.Value{one("n:1", xmlrpc.ArrayValue(i(1), i(2), i(1<<31))), a}, "digest[n:1] is int 2147483648, want an int of 32 bits"},
		{receiveGossip, []xmlrpc.Value{one("n:1", xmlrpc.ArrayValue(i(1), i(2), d(1.5))), a}, "digest[n:1] is double 1.5, want an int of 32 bits"},
		{acceptSyn, nil, "acceptSyn takes 2 arguments [syn address], got 0"},
		{acceptAck, nil, "acceptAck takes 3 arguments [wanted states address], got 0"},
		{acceptAck2, nil, "acceptAck2 takes 2 arguments [states address], got 0"},
		{updateSuspectMatrix, nil, "updateSuspectMatrix takes 3 arguments"},
		{sendEpStateMap, nil, "sendEpStateMap takes 3 arguments"},
		{reportTraffic, nil, "reportTraffic takes 2 arguments"},
		{acceptSyn, []xmlrpc.Value{one(clusterID, i(1)), a}, "syn has no member _gDigestList"},
		{acceptSyn, []xmlrpc.Value{one(digestList, empty), a}, "syn has no member _clusterId"},
		{acceptSyn, []xmlrpc.Value{xmlrpc.NilValue(), a}, "syn is nil, want a struct"},
		{acceptAck, []xmlrpc.Value{empty, empty, a}, "wanted is struct of 0, want an array of addresses"},
		{acceptAck, []xmlrpc.Value{xmlrpc.ArrayValue(a, i(3)), empty, a}, "wanted[1] is int 3, want a string name:port"},
		{acceptAck, []xmlrpc.Value{xmlrpc.ArrayValue(), i(1), a}, "states is int 1, want a struct of states"},
		{acceptAck2, []xmlrpc.Value{one("n", state(nil)), a}, "states: bad address \"n\""},
		{acceptAck2, []xmlrpc.Value{one("n:1", i(1)), a}, "states[n:1] is int 1, want a struct"},
		{acceptAck2, []xmlrpc.Value{missing(heartBeat), a}, "states[n:1] has no member heartBeat"},
		{acceptAck2, []xmlrpc.Value{missing(heartBeat, beatValue), a}, "states[n:1].heartBeat has no member heartBeatValue"},
		{acceptAck2, []xmlrpc.Value{missing(heartBeat, generation), a}, "states[n:1].heartBeat has no member generation"},
		{acceptAck2, []xmlrpc.Value{missing(appState), a}, "states[n:1] has no member appState"},
		{acceptAck2, []xmlrpc.Value{missing(appState, ipPort), a}, "states[n:1].appState has no member IP_Port"},
		{acceptAck2, []xmlrpc.Value{missing(appState, appVersion), a}, "states[n:1].appState has no member App_version"},
		{acceptAck2, []xmlrpc.Value{missing(appState, appStatus), a}, "states[n:1].appState has no member App_status"},
		{acceptAck2, []xmlrpc.Value{missing(lastUpdated), a}, "states[n:1] has no member last_updated_time"},
		{acceptAck2, []xmlrpc.Value{bad(appState, ipPort)(i(1)), a}, "states[n:1].appState.IP_Port is int 1, want a string"},
		{acceptAck2, []xmlrpc.Value{bad(appState, appStatus)(i(1)), a}, "App_status is int 1, want a string"},
		{acceptAck2, []xmlrpc.Value{bad(appState, appStatus)(s("up\tdown")), a}, "App_status is \"up\\tdown\", want printable ASCII"},
		{acceptAck2, []xmlrpc.Value{bad(appState, appStatus)(s("upp\u00e9")), a}, "want printable ASCII"},
		{acceptAck2, []xmlrpc.Value{bad(appState, appStatus)(s(strings.Repeat("u", 65))), a}, "App_status has 65 characters, want at most 64"},
		{acceptAck2, []xmlrpc.Value{bad(heartBeat, beatValue)(s("1")), a}, "heartBeatValue is string \"1\", want an int of 32 bits"},
		{acceptAck2, []xmlrpc.Value{bad(lastUpdated)(s("now")), a}, "states[n:1].last_updated_time is string \"now\", want local time as 2006-01-02 15:04:05.000000"},
		{acceptAck2, []xmlrpc.Value{bad(lastUpdated)(xmlrpc.DateTimeValue("20210506T10:00:00")), a}, "last_updated_time is dateTime"},
		{setMapping, []xmlrpc.Value{}, "setMapping takes 1 arguments [address], got 0"},
		{setheartbeatTime, []xmlrpc.Value{s(strings.Repeat("n", 100_000))}, "address: bad address of 100000 characters, want at most 259"},
		{updateSuspectMatrix, []xmlrpc.Value{a, one("n:1", i(2)), i(1)}, "fault vector[n:1] is int 2, want int 0 or 1"},
		{updateSuspectMatrix, []xmlrpc.Value{a, one("n:1", xmlrpc.BoolValue(true)), i(1)}, "is boolean 1, want int 0 or 1"},
		{updateSuspectMatrix, []xmlrpc.Value{a, empty, d(1)}, "generation is double 1, want an int of 32 bits"},
		{sendEpStateMap, []xmlrpc.Value{a, empty, i(-1 << 32)}, "message count is int -4294967296, want an int of 32 bits"},
		{reportTraffic, []xmlrpc.Value{a, d(-1)}, "bytes is double -1, want a whole double from 0 to 2^53"},
		{reportTraffic, []xmlrpc.Value{a, d(1.5)}, "want a whole double"},
		{reportTraffic, []xmlrpc.Value{a, d(math.NaN())}, "want a whole double"},
		{reportTraffic, []xmlrpc.Value{a, d(math.Inf(1))}, "want a whole double"},
		{getMapping, []xmlrpc.Value{a}, "getMapping takes 0 arguments [], got 1"},
		{readFile, []xmlrpc.Value{a}, "readFile takes 0 arguments"},
	} {
		_, err := all[c.method].Call(t.Context(), c.args)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.500v\nwant %s", c.method, err, c.want)
		}
	}
	if len(r.told) > 0 {
		t.Errorf("the handlers were told %q", r.told)
	}
}

func TestTimestamps(t *testing.T) {
	at := time.Date(2021, 5, 6, 10, 0, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"2021-05-06 10:00:00":           at,
		"2021-05-06 10:00:00.1":         at.Add(100 * time.Millisecond),
		"2021-05-06 10:00:00.123456":    at.Add(123456 * time.Microsecond),
		"2021-05-06 10:00:00.123456789": at.Add(123456789),
	} {
		if got, err := decodeTime("time", text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2021-05-06", "2021-05-06 10:00:00.", "2021-05-06 10:00:00.1234567890", "2021-05-06 10:00:00,123456", "2021-05-06T10:00:00", "2021-05-06  9:00:00", "2021-13-06 10:00:00", "2021-02-30 10:00:00", "2021-05-06 10:00:61", "2021-05-06 10:00:00.12345x", "2021-05-06 10:00:00Z"} {
		if got, err := decodeTime("time", text); !errors.Is(err, ErrValue) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for want, in := range map[string]time.Time{
		"2021-05-06 10:00:00.000000": at,
		"2021-05-06 10:00:00.999999": at.Add(999999999),
		"2021-05-06 10:00:00.100000": at.Add(100 * time.Millisecond).UTC(),
	} {
		if got := string(appendTime(nil, in)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

type strangeMessage struct{}

func (strangeMessage) Kind() string { return "strange" }

func TestStrangeMessageIsAnError(t *testing.T) {
	if err := SendMessage(t.Context(), nil, "a:1", "b:1", strangeMessage{}); err == nil ||
		!strings.Contains(err.Error(), "strangeMessage") {
		t.Errorf("%v", err)
	}
}
