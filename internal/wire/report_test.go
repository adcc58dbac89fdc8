package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// reportOf is a report of so many nodes, with all its parts.
func reportOf(n int) machine.Report {
	_, s, v := many(n)
	return machine.Report{
		Node:     "n:1",
		Suspects: &machine.Suspects{Node: "n:1", Vector: v, Generation: 1_700_000_000},
		States:   &machine.States{Node: "n:1", Map: s, Messages: 12},
		Traffic:  &machine.Traffic{Node: "n:1", Bytes: 1 << 53},
	}
}

// TestReportsArriveWhole, each part of them, or without it, and with a mark for the list.
func TestReportsArriveWhole(t *testing.T) {
	for parts := range 8 {
		want := reportOf(100)
		if parts&1 == 0 {
			want.Suspects = nil
		}
		if parts&2 == 0 {
			want.States = nil
		}
		if parts&4 == 0 {
			want.Traffic = nil
		}
		document := wholeCall(want)(nil)
		if !compare(t, calls, document, lax) {
			t.Error("not read straight")
		}
		_, c := xmlrpc.ReadCall(document, lax)
		if diff := same(want, wholeArguments.read(reader{&c, knownNames})); diff != "" {
			t.Errorf("parts %03b: %s", parts, diff)
		}
		if want.Suspects == nil || want.States != nil {
			continue
		}
		var lists toldLists
		lists.keep(want.Suspects.Vector)
		document = markedCall(want, lists.marks[0])(nil)
		if !compare(t, calls, document, lax) {
			t.Error("not read straight")
		}
		_, c = xmlrpc.ReadCall(document, lax)
		got, err := lists.whole(markedArguments.read(reader{&c, knownNames}))
		if diff := same(want, got); err != nil || diff != "" {
			t.Errorf("parts %03b, marked: %v %s", parts, err, diff)
		}
	}
}

// TestListsAreToldOnce: the list of a vector goes to the monitor when it has changed, or when the
// monitor does not have it any more.
func TestListsAreToldOnce(t *testing.T) {
	monitor, called := "", func() map[string]int { return nil }
	r := &recorder{}
	restart := func() {
		to, calls := counting(t, MonitorMethods(r))
		monitor, called = string(to), calls
	}
	restart()
	_, c := serve(t, xmlrpc.Methods{})
	var memory Told
	all100 := reportOf(100)
	fewer := reportOf(100)
	fewer.Suspects.Vector = fewer.Suspects.Vector[1:]
	other := reportOf(100)
	other.Suspects.Vector = slices.Clone(other.Suspects.Vector)
	other.Suspects.Vector[99].Address = "z:1"
	none := reportOf(100)
	none.Suspects = nil
	for _, r := range []*machine.Report{&all100, &fewer, &other} {
		r.States = nil
	}
	for _, step := range []struct {
		what          string
		report        machine.Report
		whole, marked int // calls
		restart       bool
	}{
		{"the first", all100, 1, 0, false},
		{"the same", all100, 0, 1, false},
		{"one less", fewer, 1, 0, false},
		{"again", fewer, 0, 1, false},
		{"with states", reportOf(100), 1, 0, false},
		{"without a vector", none, 1, 0, false},
		{"again after that", all100, 0, 1, false},
		{"another name", other, 1, 0, false},
		{"another monitor", other, 1, 0, true},
		{"again there", other, 0, 1, false},
	} {
		if step.restart {
			restart()
		}
		before := called()
		if err := memory.Report(t.Context(), Monitor{c, monitor}, step.report); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		after := called()
		whole, marked := after["reportTerse"]-before["reportTerse"], after["reportMarkedTerse"]-before["reportMarkedTerse"]
		if whole != step.whole || marked != step.marked {
			t.Errorf("%s: %d calls with the list and %d with its mark, want %d and %d", step.what, whole, marked, step.whole, step.marked)
		}
		if v := step.report.Suspects; v != nil && same(v.Vector, r.vector) != "" {
			t.Errorf("%s: %s", step.what, same(v.Vector, r.vector))
		}
	}
}

// TestAListThatIsForgotten is told again in the same exchange.
func TestAListThatIsForgotten(t *testing.T) {
	r := &recorder{}
	to, called := counting(t, MonitorMethods(r))
	_, c := serve(t, xmlrpc.Methods{})
	m := Monitor{c, string(to)}
	small := reportOf(100)
	small.States = nil
	var first Told
	report := func() {
		t.Helper()
		if err := first.Report(t.Context(), m, small); err != nil || same(small.Suspects.Vector, r.vector) != "" {
			t.Fatal(err, same(small.Suspects.Vector, r.vector))
		}
	}
	report()
	// Each of these takes some 2 MB of the 4 that the monitor keeps.
	for i := range 3 {
		big := machine.Report{Node: "n:2", Suspects: &machine.Suspects{Node: "n:2"}}
		for j := range 9000 {
			a := gossip.Address(fmt.Sprintf("%s%d-%05d:1", strings.Repeat("x", 200), i, j))
			big.Suspects.Vector = append(big.Suspects.Vector, gossip.Suspicion{Address: a})
		}
		if err := new(Told).Report(t.Context(), m, big); err != nil {
			t.Fatal(err)
		}
	}
	report()
	report()
	if diff := same(map[string]int{"reportTerse": 5, "reportMarkedTerse": 2}, called()); diff != "" {
		t.Error(diff)
	}
}

// TestListsAreBounded: what the monitor keeps of them takes 4 MiB at most.
func TestListsAreBounded(t *testing.T) {
	var lists toldLists
	for i := range 500 {
		v := make(gossip.FaultVector, 1000)
		for j := range v {
			v[j].Address = gossip.Address(fmt.Sprintf("node%d-%d:5000", i, j))
		}
		lists.keep(v)
		lists.keep(v)
		held := 0
		for _, l := range lists.known {
			held += listBytes(l)
		}
		if held > toldBytes || held != lists.bytes || len(lists.marks) != len(lists.known) {
			t.Fatalf("%d lists: %d bytes held, %d counted, %d marks of %d", i+1, held, lists.bytes, len(lists.marks), len(lists.known))
		}
	}
	if len(lists.marks) < 100 {
		t.Errorf("%d lists are kept", len(lists.marks))
	}
	huge := gossip.FaultVector{{Address: gossip.Address(strings.Repeat("x", toldBytes))}}
	if lists.keep(huge); len(lists.marks) < 100 {
		t.Error("one that is too large has displaced the others")
	}
}

// TestWhoKnowsNoReports answers with a fault once; from then on nothing is sent.
func TestWhoKnowsNoReports(t *testing.T) {
	methods := MonitorMethods(&recorder{})
	delete(methods, "reportTerse")
	delete(methods, "reportMarkedTerse")
	to, called := counting(t, methods)
	_, c := serve(t, xmlrpc.Methods{})
	var all Told
	r := reportOf(100)
	r.States = nil
	all.keep(string(to), r.Suspects.Vector, markOfList(r.Suspects.Vector)) // another was there before
	for range 3 {
		err := all.Report(t.Context(), Monitor{c, string(to)}, r)
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || !strings.Contains(fault.Text, "not supported") {
			t.Fatalf("%v, want a fault", err)
		}
	}
	if diff := same(map[string]int{"reportTerse": 1, "reportMarkedTerse": 1}, called()); diff != "" {
		t.Error(diff)
	}
}

// TestBadReports: what is wrong is said, and what is allowed.
func TestBadReports(t *testing.T) {
	known := gossip.FaultVector{{Address: "a:1"}, {Address: "b:1"}}
	good := map[string][3]string{
		"reportTerse":       {"a:1 0\nb:1 1\n", "a:1 1 2 3 4 Normal\n", "5 6 7"},
		"reportMarkedTerse": {markOfList(known), "01", "5 0 -1"},
	}
	for _, test := range []struct {
		method   string
		argument int
		text     string
		want     string
	}{
		{"reportTerse", 0, "a:1 2\n", "fault vector, line 1"},
		{"reportTerse", 1, "a:1 1 2 3 4", "states, line 1"},
		{"reportTerse", 2, "5 6", `counts is string "5 6", want GENERATION MESSAGES BYTES`},
		{"reportTerse", 2, "5 6 7 8", "counts"},
		{"reportTerse", 2, "5 6 -2", "counts"},
		{"reportTerse", 2, "5 6 9007199254740993", "counts"},
		{"reportTerse", 2, "5 2147483648 7", "counts"},
		{"reportTerse", 2, "x 6 7", "counts"},
		{"reportMarkedTerse", 0, "abc", `mark is string "abc", want 32 hexadecimal digits`},
		{"reportMarkedTerse", 0, strings.Repeat("0", 32), "no list with this mark has been told lately"},
		{"reportMarkedTerse", 1, "0", "1 cells for a list of 2 nodes"},
		{"reportMarkedTerse", 1, "011", "3 cells for a list of 2 nodes"},
		{"reportMarkedTerse", 1, "", `cells is string "", want 0 or 1 for each node`},
		{"reportMarkedTerse", 1, "02", `cells is string "02", want 0 or 1 for each node`},
		{"reportMarkedTerse", 2, "", "counts"},
	} {
		texts := good[test.method]
		var lists toldLists
		lists.keep(known)
		for range 2 {
			args := []xmlrpc.Value{xmlrpc.StringValue("n:1")}
			for _, text := range texts {
				args = append(args, xmlrpc.StringValue(text))
			}
			document := xmlrpc.AppendCall(nil, test.method, args...)
			straight := compare(t, calls, document, lax)
			read, err := calls[test.method].general(document, lax)
			if straight != (err == nil) {
				t.Errorf("%s%.60q: read straight: %v, and %v", test.method, texts, straight, err)
			}
			if m, marked := read.(marked); marked && err == nil {
				_, err = lists.whole(m)
			}
			if bad := texts != good[test.method]; bad != (err != nil) || bad && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s%.60q: %v, want %s", test.method, texts, err, test.want)
			}
			texts[test.argument] = test.text
		}
	}
	for i, want := range []string{"address", "vector", "states", "counts"} {
		args := []xmlrpc.Value{xmlrpc.StringValue("n:1"), xmlrpc.StringValue(""), xmlrpc.StringValue(""), xmlrpc.StringValue("0 0 0")}
		args[i] = xmlrpc.IntValue(1)
		if _, err := wholeArguments.decode(args); !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), want+" is int 1, want a string") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := markedArguments.decode(nil); err == nil || !strings.Contains(err.Error(), "reportMarkedTerse takes 4 arguments") {
		t.Error(err)
	}
}

// TestReportsWeighAsSaid: what a report becomes takes no more memory than the server has set
// aside for it.
func TestReportsWeighAsSaid(t *testing.T) {
	r := machine.Report{Node: "n:1", Suspects: &machine.Suspects{}}
	states := machine.States{}
	for i := range 1000 {
		r.Suspects.Vector = append(r.Suspects.Vector, gossip.Suspicion{Address: gossip.Address(fmt.Sprintf("%d:1", 1000+i))})
		states.Map = append(states.Map, gossip.EndpointState{Address: gossip.Address(fmt.Sprintf("%d:1", i%10)), Updated: time.UnixMicro(0)})
	}
	withStates := r
	withStates.States = &states
	methods := MonitorMethods(&recorder{})
	for _, test := range []struct {
		method   string
		document []byte
	}{
		{"reportTerse", wholeCall(r)(nil)},
		{"reportTerse", wholeCall(withStates)(nil)},
		{"reportMarkedTerse", markedCall(r, markOfList(r.Suspects.Vector))(nil)},
	} {
		m := methods[test.method]
		b := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, c := xmlrpc.ReadCall(test.document, lax)
				do := m.Read(&c)
				if do == nil {
					b.Fatal("not read straight")
				}
				if _, err := do(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		if most := m.Weight * int64(len(test.document)); b.N == 0 || b.AllocedBytesPerOp() > most {
			t.Errorf("%s: %d bytes to read %d, want at most %d", test.method, b.AllocedBytesPerOp(), len(test.document), most)
		}
	}
}
