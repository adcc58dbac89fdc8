package wire

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of TestTimesThatAZoneLeavesOut

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"

	"github.com/google/go-cmp/cmp"
	kolo "github.com/kolo/xmlrpc"
	"pgregory.net/rapid"
)

// What is read straight is held against the general parser, the functions decode..., and
// kolo behind those of answers: what the one takes, the others take too, and alike.

// shape reads the arguments of a call, or an answer, both ways.
type shape struct {
	straight func(document []byte, l xmlrpc.Limits) (any, bool)
	general  func(document []byte, l xmlrpc.Limits) (any, error)
}

func ofCall[T any](name string, a arguments[T]) shape {
	return shape{
		straight: func(document []byte, l xmlrpc.Limits) (any, bool) {
			method, c := xmlrpc.ReadCall(document, l)
			if string(method) != name {
				return nil, false
			}
			t := a.read(reader{&c, knownNames})
			return t, c.EndCall()
		},
		general: func(document []byte, l xmlrpc.Limits) (any, error) {
			method, args, err := xmlrpc.ParseCall(document, l)
			if err != nil {
				return nil, err
			}
			if method != name {
				return nil, fmt.Errorf("method %q", method)
			}
			return a.decode(args)
		},
	}
}

func ofAnswer[T any](a answer[T]) shape {
	return shape{
		straight: func(document []byte, l xmlrpc.Limits) (any, bool) {
			c := xmlrpc.ReadAnswer(document, l)
			t := a.read(reader{Canonical: &c})
			return t, c.EndAnswer()
		},
		general: func(document []byte, l xmlrpc.Limits) (any, error) {
			v, err := xmlrpc.ParseAnswer(document, l)
			if err != nil {
				return nil, err
			}
			return a.decode(v)
		},
	}
}

var calls = func() map[string]shape {
	all := map[string]shape{
		setMapping:       ofCall(setMapping, onlyAddress(setMapping)),
		setheartbeatTime: ofCall(setheartbeatTime, onlyAddress(setheartbeatTime)),

		reportAll + terse.suffix:    ofCall(reportAll+terse.suffix, wholeArguments),
		reportMarked + terse.suffix: ofCall(reportMarked+terse.suffix, markedArguments),
	}
	for _, f := range []form{plain, terse} {
		all[acceptSyn+f.suffix] = ofCall(acceptSyn+f.suffix, f.syn())
		all[acceptAck+f.suffix] = ofCall(acceptAck+f.suffix, f.ack())
		all[acceptAck2+f.suffix] = ofCall(acceptAck2+f.suffix, f.ack2())
		all[receiveGossip+f.suffix] = ofCall(receiveGossip+f.suffix, f.gossip())
		all[sendEpStateMap+f.suffix] = ofCall(sendEpStateMap+f.suffix, f.stateReport())
		all[updateSuspectMatrix+f.suffix] = ofCall(updateSuspectMatrix+f.suffix, f.suspectReport())
	}
	return all
}()

var answers = map[string]shape{
	"provider." + setMapping:       ofAnswer(protocolAnswer),
	"provider." + getMapping:       ofAnswer(membersAnswer),
	"monitor." + getMapping:        ofAnswer(mappingAnswer),
	"monitor." + getSuspectMatrix:  ofAnswer(matrixAnswer),
	"monitor." + getFaultVector:    ofAnswer(cellsAnswer),
	"monitor." + showAliveDeadNode: ofAnswer(nodesAnswer),
	"monitor." + readFile:          ofAnswer(textAnswer),
}

// compare reads a document both ways in all shapes, and says whether it was read
// straight in one.
func compare(t interface{ Fatalf(string, ...any) }, shapes map[string]shape, document []byte, l xmlrpc.Limits) bool {
	taken := false
	for name, s := range shapes {
		straight, ok := s.straight(document, l)
		if !ok {
			continue
		}
		taken = true
		general, err := s.general(document, l)
		if err != nil {
			t.Fatalf("%s: read straight as %.500s, and refused: %v\n%.5000s", name, fmt.Sprint(straight), err, document)
		}
		if diff := cmp.Diff(general, straight, cmp.AllowUnexported(nodes{}, marked{})); diff != "" {
			t.Fatalf("%s: read straight is another: %.2000s\n%.5000s", name, diff, document)
		}
	}
	return taken
}

// lax are limits that a document must have been made for to exceed them.
var lax = xmlrpc.DefaultLimits()

// TestCapturesAreReadStraight: what an original sends needs no general parser.
func TestCapturesAreReadStraight(t *testing.T) {
	empty := map[string]bool{"getMapping": true, "getSuspectMatrix": true, "showAliveDeadNode": true}
	for _, kind := range []struct {
		suffix string
		shapes map[string]shape
	}{{".call.xml", calls}, {".answer.xml", answers}} {
		files, err := filepath.Glob("testdata/*" + kind.suffix)
		if err != nil || len(files) == 0 {
			t.Fatal("no captures: ", err)
		}
		for _, file := range files {
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(document, []byte("<nil/>")) {
				continue // the client compares these as a whole
			}
			name, _, _ := strings.Cut(strings.SplitN(filepath.Base(file), ".", 2)[1], ".")
			if kind.suffix == ".call.xml" && empty[name] {
				continue
			}
			if !compare(t, kind.shapes, document, lax) {
				t.Errorf("%s is not read straight", file)
			}
		}
	}
}

func requests() *rapid.Generator[machine.Request] {
	return rapid.Custom(func(t *rapid.T) machine.Request {
		a := addresses().Draw(t, "address")
		switch rapid.IntRange(0, 3).Draw(t, "request") {
		case 0:
			return machine.Heartbeat{Node: a}
		case 1:
			return machine.States{Node: a, Map: stateMaps().Draw(t, "states"), Messages: rapid.Int32().Draw(t, "messages")}
		case 2:
			return machine.Suspects{Node: a, Vector: vectors().Draw(t, "vector"), Generation: rapid.Int32().Draw(t, "generation")}
		default:
			return machine.Message{From: a, Message: messages().Draw(t, "message")}
		}
	})
}

// written is what is sent for r in a form.
func written(f form, r machine.Request) []byte {
	switch r := r.(type) {
	case machine.Message:
		return f.appendMessage(nil, r.From, r.Message)
	case machine.States:
		return f.statesCall(r.Node, r.Map, r.Messages)(nil)
	case machine.Suspects:
		return f.suspectsCall(r.Node, r.Vector, r.Generation)(nil)
	case machine.Heartbeat:
		return addressCall(setheartbeatTime, r.Node)(nil)
	}
	panic(fmt.Sprintf("not written: %T", r))
}

// TestWrittenStraight: the bytes are those of the general writer, they are read straight,
// and mean to kolo what they were.
func TestWrittenStraight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, f := requests().Draw(t, "request"), rapid.SampledFrom([]form{plain, terse}).Draw(t, "form")
		document := written(f, r)
		method, args := encodeCall(f, r)
		if diff := cmp.Diff(string(xmlrpc.AppendCall(nil, method, args...)), string(document)); diff != "" {
			t.Fatal(diff)
		}
		if !compare(t, calls, document, lax) && !strings.Contains(string(document), "&lt;") {
			t.Fatalf("not read straight:\n%s", document)
		}
		if m, ok := r.(machine.Message); ok && f.suffix == "" {
			if g, ok := m.Message.(gossip.Gossip); ok {
				koloReads(t, document, g.Digest)
			}
		}
	})
}

func koloReads(t *rapid.T, document []byte, want gossip.Digest) {
	var entries map[string][]int32
	if err := kolo.Response(document).Unmarshal(&entries); err != nil {
		t.Fatal(err)
	}
	var got []gossip.DigestEntry
	for a, e := range entries {
		got = append(got, gossip.DigestEntry{Address: gossip.Address(a), AppVersion: e[0], Generation: e[1], Heartbeat: e[2]})
	}
	if diff := same(want, gossip.NewDigest(got)); diff != "" {
		t.Fatalf("kolo reads another: %s", diff)
	}
}

// samples are documents of all shapes, each small, and of those that readers must agree
// about: names twice and out of order, numbers and times at their limits.
func samples() (calls, answers [][]byte) {
	states := gossip.StateMap{
		{Address: "a:1", Status: "Normal", Updated: time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.Local)},
		{Address: "b:65535", AppVersion: 1, Generation: -1 << 31, Heartbeat: 1<<31 - 1, Status: "a>b", Updated: time.Unix(0, 0)},
	}
	digest := gossip.Digest{{Address: "a:1", AppVersion: 1, Generation: 10, Heartbeat: -5}, {Address: "b_b.c-d:50", Generation: 7}}
	twice := append(gossip.Digest{{Address: "b_b.c-d:50", Generation: 9}}, digest...)
	vector := gossip.FaultVector{{Address: "b:1", Suspected: true}, {Address: "a:1"}, {Address: "b:1"}}
	for _, r := range []machine.Request{
		machine.Heartbeat{Node: "node1:5000"},
		machine.States{Node: "a:1", Map: append(states, states[0]), Messages: 7},
		machine.Suspects{Node: "a:1", Vector: vector, Generation: 3},
		machine.Message{From: "a:1", Message: gossip.Syn{ClusterID: 1, Digest: twice}},
		machine.Message{From: "a:1", Message: gossip.Ack{Wanted: []gossip.Address{"x:1", "a:2", "x:1"}, States: states[:1]}},
		machine.Message{From: "a:1", Message: gossip.Ack2{}},
		machine.Message{From: "a:1", Message: gossip.Gossip{Digest: digest}},
	} {
		calls = append(calls, written(plain, r), written(terse, r))
	}
	for _, value := range [][]byte{
		appendAddresses(nil, []gossip.Address{"b:1", "a:1"}),
		appendMapping(nil, map[gossip.Address]int{"b:1": 0, "a:1": 1}),
		appendMatrix(nil, [][]int{{0, 1}, {1, 0}}),
		appendMatrix(nil, nil),
		appendCells(nil, []int{0, 1, 1}),
		appendNodes(nil, nodes{live: []gossip.Address{"a:1"}}),
		appendResults(nil, "case 1\n took 3.5 s & more <done>"),
		appendText(nil, " plain\ttext "),
		appendInt(nil, 4),
	} {
		answers = append(answers, []byte(xmlrpc.AnswerStart+string(value)+xmlrpc.AnswerEnd))
	}
	return calls, answers
}

// pieces are what spoil puts in.
var pieces = []string{
	"", " ", "\n", "\r", "\t", "0", "1", "9", "-", "+", "00", "2147483648", "-2147483648", "99999999999", ".", ":", "&amp;",
	"&", "<", ">", "]]>", "]", "ü", "\x00", "\xff", "<nil/>", "</value>", "<value>", "<int>", "i4", "i8", "string", "double",
	"a:1", "heartBeat", "Normal", xmlrpc.ArrayEnd, xmlrpc.StructEnd, xmlrpc.MemberEnd, xmlrpc.IntStart + "1" + xmlrpc.IntEnd,
	"13", "24", "60", "30", "00:00:00.000000", "<!-- -->", "<?xml version='1.0'?>", " encoding='iso-8859-1'",
}

// spoil changes a document at one place or a few.
func spoil(r *rand.Rand, document []byte) []byte {
	document = bytes.Clone(document)
	for range 1 + r.IntN(6)/5 {
		at := r.IntN(len(document) + 1)
		end := min(at+[]int{0, 1, 2, 10, 40}[r.IntN(5)], len(document))
		put := []byte(pieces[r.IntN(len(pieces))])
		if r.IntN(4) == 0 { // a part of the document itself
			from := r.IntN(len(document) + 1)
			put = document[from:min(from+r.IntN(200), len(document))]
		}
		if lines := bytes.SplitAfter(document, []byte("\n")); r.IntN(3) == 0 { // whole lines
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
			document = bytes.Join(lines, nil)
			continue
		}
		document = slices.Concat(document[:at], put, document[end:])
	}
	return document
}

// drawn are limits that are mostly far away.
func drawn(r *rand.Rand) xmlrpc.Limits {
	if r.IntN(3) > 0 {
		return lax
	}
	return xmlrpc.Limits{MaxDepth: 1 + r.IntN(4), MaxElements: 1 + r.IntN(40)}
}

// TestSpoiltDocuments is the quick form of the fuzz targets below.
func TestSpoiltDocuments(t *testing.T) {
	ofCalls, ofAnswers := samples()
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 0))
	taken, all := 0, 0
	for range 200 {
		for _, document := range ofCalls {
			all++
			if compare(t, calls, spoil(r, document), drawn(r)) {
				taken++
			}
		}
		for _, document := range ofAnswers {
			all++
			if compare(t, answers, spoil(r, document), drawn(r)) {
				taken++
			}
		}
	}
	if taken < all/50 {
		t.Errorf("of %d documents %d were read straight: nothing was compared", all, taken)
	}
}

// odd is what stands in a document for a number or a text where readers could disagree.
var odd = []string{
	"", "-", "+1", "1", "9", "-0", "007", "1 ", "2147483647", "2147483648", "-2147483648", "-2147483649", "99999999999", "1.0",
	"a:1", "zz:1", "a:0", "a:01", "a:65536", "a", ":1", "ä:1", strings.Repeat("n", 253) + ":1", strings.Repeat("n", 254) + ":1",
	"Normal", "a\nb", "a\tb", "a]b", "a&lt;b", strings.Repeat("s", 64), strings.Repeat("s", 65), "heartBeat", "generation",
	"2024-02-30 10:00:00.000000", "2024-13-01 10:00:00.000000", "2024-00-01 10:00:00.000000", "2024-01-00 10:00:00.000000",
	"2024-01-01 24:00:00.000000", "2024-01-01 10:60:00.000000", "2024-01-01 10:00:60.000000", "2024-01-01 10:00:00,000000",
	"2024-01-01 10:00:00.00000x", "2024-01-01 10:00:00", "2024-01-01 10:00:00.1", "0000-01-01 00:00:00.000001",
}

// TestOddParts puts each odd part in each place where one can stand.
func TestOddParts(t *testing.T) {
	ofCalls, ofAnswers := samples()
	parts := []*regexp.Regexp{
		regexp.MustCompile(`<(int|string|name)>[^<]*`),
		regexp.MustCompile(`(<string>|[ \n])[^< \n]*`), // of lines, in terse form
	}
	for _, kind := range []struct {
		shapes    map[string]shape
		documents [][]byte
	}{{calls, ofCalls}, {answers, ofAnswers}} {
		for _, document := range kind.documents {
			for _, part := range parts {
				for _, at := range part.FindAllIndex(document, -1) {
					start := at[0] + bytes.IndexAny(document[at[0]:at[1]], "> \n") + 1
					for _, text := range odd {
						compare(t, kind.shapes, slices.Concat(document[:start], []byte(text), document[at[1]:]), lax)
					}
				}
			}
		}
	}
}

func FuzzCalls(f *testing.F) {
	documents, _ := samples()
	fuzz(f, calls, documents)
}

func FuzzAnswers(f *testing.F) {
	_, documents := samples()
	fuzz(f, answers, documents)
}

func fuzz(f *testing.F, shapes map[string]shape, documents [][]byte) {
	for _, document := range documents {
		f.Add(document, uint8(16), uint16(1000))
		f.Add(document, uint8(2), uint16(8))
	}
	f.Fuzz(func(t *testing.T, document []byte, depth uint8, elements uint16) {
		compare(t, shapes, document, xmlrpc.Limits{MaxDepth: int(depth), MaxElements: int(elements)})
	})
}

// TestServersAnswerAlike: whether or not methods read straight, a server says and does
// the same about good and spoilt calls.
func TestServersAnswerAlike(t *testing.T) {
	documents, _ := samples()
	limited := xmlrpc.DefaultServerOptions()
	limited.Logger = slog.New(slog.DiscardHandler)
	limited.MaxElements = 40
	type side struct {
		told   *recorder
		server *xmlrpc.Server
	}
	var sides [2]side
	for i := range sides {
		told := &recorder{}
		methods := MonitorMethods(told)
		for name, m := range NodeMethods(told) {
			methods[name] = m
		}
		for name, m := range methods {
			if i == 1 {
				methods[name] = xmlrpc.Method{Call: m.Call}
			}
		}
		server, err := xmlrpc.NewServer(methods, limited)
		if err != nil {
			t.Fatal(err)
		}
		sides[i] = side{told, server}
	}
	const seed = 2
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 500 {
		document := documents[i%len(documents)]
		if i >= len(documents) {
			document = spoil(r, document)
		}
		var said [2]string
		for i, s := range sides {
			request := httptest.NewRequest(http.MethodPost, "/RPC2", bytes.NewReader(document))
			request.Header.Set("Content-Type", "text/xml")
			w := httptest.NewRecorder()
			s.server.ServeHTTP(w, request)
			said[i] = fmt.Sprint(w.Code, w.Header(), w.Body)
		}
		if diff := cmp.Diff(said[1], said[0]); diff != "" {
			t.Fatalf("%s\n%s", diff, document)
		}
	}
	if diff := cmp.Diff(sides[1].told.told, sides[0].told.told); diff != "" || len(sides[0].told.told) < 10 {
		t.Errorf("told %d times: %s", len(sides[0].told.told), diff)
	}
}

// TestTimesThatAZoneLeavesOut: at midnight or for a whole day, and times that it has twice.
func TestTimesThatAZoneLeavesOut(t *testing.T) {
	defer func(l *time.Location) { time.Local = l }(time.Local)
	for zone, text := range map[string]string{
		"America/Sao_Paulo": "2018-11-04 00:30:00.000000",
		"Pacific/Apia":      "2011-12-30 12:00:00.000000",
		"Europe/Berlin":     "2024-03-31 02:30:00.000000",
		"America/New_York":  "2024-11-03 01:30:00.000001",
		"UTC":               "0000-01-01 00:00:00.000000",
	} {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		time.Local = l
		want, err := decodeTime("time", text)
		if err != nil {
			t.Fatal(err)
		}
		c := xmlrpc.ReadAnswer([]byte(xmlrpc.AnswerStart+xmlrpc.TextStart+text+xmlrpc.TextEnd+xmlrpc.AnswerEnd), lax)
		r := reader{Canonical: &c}
		if got := r.time(r.Text()); c.EndAnswer() && got != want {
			t.Errorf("%s in %s: read straight as %v, else as %v", text, zone, got, want)
		}
	}
}

// TestAsManyEntriesAsAreAllowed, and one more.
func TestAsManyEntriesAsAreAllowed(t *testing.T) {
	var v gossip.FaultVector
	for i := range maxEntries + 1 {
		v = append(v, gossip.Suspicion{Address: gossip.Address(fmt.Sprintf("n%d:1", i))})
	}
	for n, want := range map[int]bool{maxEntries: true, maxEntries + 1: false} {
		for _, f := range []form{plain, terse} {
			if taken := compare(t, calls, f.suspectsCall("a:1", v[:n], 1)(nil), lax); taken != want {
				t.Errorf("%d entries are read straight: %t", n, taken)
			}
		}
	}
}

// TestEntryAllocations: names that have come before cost nothing, so that what is
// allocated for a digest does not depend on how many entries it has.
func TestEntryAllocations(t *testing.T) {
	perCall := func(f form, entries int) float64 {
		var d gossip.Digest
		for i := range entries {
			d = append(d, gossip.DigestEntry{Address: gossip.Address(fmt.Sprintf("gossiprpc_node_%04d:5000", i)), Heartbeat: 7})
		}
		document := f.appendMessage(nil, "node1:5000", gossip.Gossip{Digest: d})
		m := NodeMethods(&recorder{})[receiveGossip+f.suffix]
		return testing.AllocsPerRun(20, func() {
			_, c := xmlrpc.ReadCall(document, lax)
			if m.Read(&c) == nil {
				t.Fatal("not read straight")
			}
		})
	}
	for _, f := range []form{plain, terse} {
		if few, many := perCall(f, 1), perCall(f, 65); many > few+16 { // a pair that shares a slot costs four
			t.Errorf("%q: %.0f allocations for 1 entry, %.0f for 65", f.suffix, few, many)
		}
	}
}
