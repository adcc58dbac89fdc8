package service

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	n1 = gossip.Address("n1:5000")
	n2 = gossip.Address("n2:5000")
	n3 = gossip.Address("n3:5000")
)

// rig is a monitor at work, with its keyboard and its screen.
type rig struct {
	*Service
	lines  chan string
	screen *screen
	folder string
	stop   func() // waits for the end of Run
}

// screen collects what a monitor prints.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed and replaced at each write
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(p)
}

func (s *screen) read() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.more
}

// await waits until the screen holds want.
func (r rig) await(t *testing.T, want string) string {
	t.Helper()
	for timeout := time.After(time.Minute); ; {
		text, more := r.screen.read()
		if strings.Contains(text, want) {
			return text
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("no %q in %q", want, text)
		}
	}
}

// start runs a monitor until the test's end.
func start(t *testing.T, change func(*Options)) rig {
	t.Helper()
	r := rig{lines: make(chan string), screen: &screen{more: make(chan struct{})}, folder: t.TempDir()}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	must(t, err)
	o := Options{Config: core.DefaultConfig(), Client: client, Out: r.screen, Logger: slog.New(slog.DiscardHandler)}
	o.Directory, o.Results = r.folder, filepath.Join(r.folder, "results.txt")
	if change != nil {
		change(&o)
	}
	r.Service, err = New(o)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	all.Go(func() { r.Console(ctx, r.lines) })
	r.stop = func() {
		cancel()
		all.Wait()
		client.Close()
	}
	t.Cleanup(r.stop)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func vector(suspected ...gossip.Address) gossip.FaultVector {
	var v []gossip.Suspicion
	for _, a := range []gossip.Address{n1, n2, n3} {
		on := false
		for _, s := range suspected {
			on = on || s == a
		}
		v = append(v, gossip.Suspicion{Address: a, Suspected: on})
	}
	return gossip.NewFaultVector(v)
}

// report has n1 and n2 beat and report.
func report(t *testing.T, s *Service, v gossip.FaultVector) {
	t.Helper()
	for _, a := range []gossip.Address{n1, n2} {
		must(t, s.Heartbeat(t.Context(), a))
		must(t, s.UpdateSuspects(t.Context(), a, v, 1))
	}
}

func joined(t *testing.T, s *Service) {
	t.Helper()
	for _, a := range []gossip.Address{n1, n2, n3} {
		must(t, s.Register(t.Context(), a))
		must(t, s.Heartbeat(t.Context(), a))
		own := gossip.EndpointState{Address: a, Generation: 1, Heartbeat: 1, Status: gossip.StatusNormal}
		must(t, s.ReceiveStates(t.Context(), a, gossip.StateMap{own}, 0))
		must(t, s.ReportTraffic(t.Context(), a, 0))
	}
}

// virtual lets a second pass; every caller is in a synctest bubble.
func virtual() { <-time.After(time.Second) }

func TestCaseFromMenuToFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(o *Options) { o.Protocol = "scrr" })
		joined(t, r.Service)
		r.lines <- "1"
		for range 8 {
			virtual()
			report(t, r.Service, vector())
		}
		own := gossip.EndpointState{Address: n1, Generation: 1, Heartbeat: 8}
		must(t, r.ReceiveStates(t.Context(), n1, gossip.StateMap{own}, 12))
		must(t, r.ReportTraffic(t.Context(), n1, 345))
		virtual()
		report(t, r.Service, vector(n3))
		status, err := r.Status(t.Context())
		if err != nil || status.Running != "Test Case for Single Node failure" || status.For != 9*time.Second {
			t.Errorf("%+v, %v", status, err)
		}
		// At 11 s, T_fail after the first was named by another, by the passing of time alone.
		got := r.await(t, "False Failure")
		want := "Run time for detection:  11.0\nTotal Messages exchanged for consensus:  12\nFalse Failure"
		if !strings.Contains(got, want) {
			t.Errorf("screen %q, want %q", got, want)
		}
		text, err := r.Results(t.Context())
		want = "Run time for detection: 11.0\nTotal Messages exchanged for consensus: 12\n"
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("results.txt holds %q, %v, want %q", text, err, want)
		}
		line, err := os.ReadFile(filepath.Join(r.folder, "results.jsonl"))
		must(t, err)
		var object map[string]any
		err = json.Unmarshal(line, &object)
		if err != nil || object["seconds"] != 11.0 || object["protocol"] != "scrr" || object["bytes"] != 345.0 {
			t.Errorf("results.jsonl holds %s (%v)", line, err)
		}
		if status, err := r.Status(t.Context()); err != nil || status.Running != "" {
			t.Errorf("still running: %+v, %v", status, err)
		}
	})
}

// TestResultsThatCannotBeWrittenAreKept: they are told, and written when they can be.
func TestResultsThatCannotBeWrittenAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(o *Options) { o.Results = filepath.Join(o.Directory, "missing", "results.txt") })
		joined(t, r.Service)
		r.lines <- "1"
		for range 10 {
			virtual()
			report(t, r.Service, vector(n3))
		}
		got := r.await(t, "this result is not written yet, trying again: ")
		for _, want := range []string{"results.txt: no such file", "results.jsonl: no such file"} {
			if !strings.Contains(got, want) {
				t.Errorf("screen %q lacks %q", got, want)
			}
		}
		status, err := r.Status(t.Context())
		if err != nil || !strings.Contains(status.Unwritten, "results.txt: 1 not written yet") ||
			!strings.Contains(status.Unwritten, "results.jsonl: 1 not written yet") {
			t.Errorf("status says %q, %v", status.Unwritten, err)
		}
		must(t, os.Mkdir(filepath.Join(r.folder, "missing"), 0o700))
		for range 20 {
			virtual()
		}
		for _, name := range []string{"results.txt", "results.jsonl"} {
			r.await(t, name+": written, nothing waits any more")
			text, err := os.ReadFile(filepath.Join(r.folder, "missing", name))
			if err != nil || strings.Count(strings.ToLower(string(text)), "single node failure") != 1 {
				t.Errorf("%s: %q, %v, want one result", name, text, err)
			}
		}
		if status, err := r.Status(t.Context()); err != nil || status.Unwritten != "" {
			t.Errorf("in the end status says %q, %v", status.Unwritten, err)
		}
	})
}

// TestOnlyTheEndOfLongResultsIsSent, and only of a regular file.
func TestOnlyTheEndOfLongResultsIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		path := filepath.Join(r.folder, "results.txt")
		line := strings.Repeat("x", 999) + "\n"
		must(t, os.WriteFile(path, []byte(strings.Repeat(line, 2000)+"the last\n"), 0o600))
		text, err := r.Results(t.Context())
		must(t, err)
		first, rest, _ := strings.Cut(text, "\n")
		if first != "(the first 952000 bytes of the file are left out)" || len(rest) != 1_048_009 ||
			!strings.HasSuffix(rest, "x\nthe last\n") {
			t.Errorf("%d bytes of results, which begin %q", len(rest), first)
		}
		must(t, os.Remove(path))
		must(t, os.Symlink("/dev/zero", path))
		if _, err := r.Results(t.Context()); err == nil || !strings.Contains(err.Error(), "is a device, want a regular file") {
			t.Errorf("of an endless file: %v", err)
		}
	})
}

// TestAResultIsOnTheDiskWhenTheMonitorEnds, although it waits for a provider that
// takes a second to give up.
func TestAResultIsOnTheDiskWhenTheMonitorEnds(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = silent.Close() }()
	r := start(t, func(o *Options) {
		o.Provider = gossip.Address(silent.Addr().String())
		o.Timing = o.Timing.Scaled(50)
	})
	joined(t, r.Service)
	r.lines <- "1"
	r.await(t, "running")
	for running := true; running; {
		report(t, r.Service, vector(n3))
		status, err := r.Status(t.Context())
		must(t, err)
		running = status.Running != ""
	}
	r.stop()
	if text, err := r.Results(t.Context()); err != nil || !strings.Contains(text, "Consensus Achieved") {
		t.Errorf("results %q, %v", text, err)
	}
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		joined(t, r.Service)
		must(t, r.Register(t.Context(), "n4:5000"))
		r.lines <- "2"
		for range 3 {
			virtual()
			report(t, r.Service, vector(n3))
		}
		must(t, r.UpdateSuspects(t.Context(), n1, vector(), 0))
		synctest.Wait()
		got, err := r.Status(t.Context())
		must(t, err)
		if got.Running != "Test Case for Simultaneous Failure" || got.For != 3*time.Second {
			t.Errorf("case: %+v", got)
		}
		if !strings.HasPrefix(got.Waiting, "0 of 2") {
			t.Errorf("waiting: %q", got.Waiting)
		}
		want := wire.NodeStatus{
			Address: n3, Eligible: true, HeartbeatAge: 3 * time.Second, Incarnation: 1, Suspecting: 1, Observers: 2,
		}
		if d := cmp.Diff(want, got.Nodes[2]); d != "" {
			t.Error(d)
		}
		if age := got.Nodes[3].HeartbeatAge; age >= 0 {
			t.Errorf("n4 has no heartbeat, and its age is %v", age)
		}
		if !cmp.Equal(got.Matrix[1], gossip.Bits{0b100}) || !cmp.Equal(got.Matrix[0], gossip.Bits{0}) {
			t.Errorf("matrix %v", got.Matrix)
		}
		last := got.Events[len(got.Events)-1]
		if !strings.HasSuffix(last, "n1:5000 clears n3:5000: a false suspicion") {
			t.Errorf("last event %q", last)
		}
	})
}

func TestRefusals(t *testing.T) {
	r := start(t, func(o *Options) { o.MaxNodes = 1 })
	must(t, r.Register(t.Context(), n1))
	must(t, r.Register(t.Context(), n1))
	for want, err := range map[string]error{
		"too many nodes: n2:5000 is one more than 1":   r.Heartbeat(t.Context(), n2),
		"message count -1 of n1:5000, want 0 or more":  r.ReceiveStates(t.Context(), n1, nil, -1),
		"traffic of n1:5000: -1 bytes, want 0 or more": r.ReportTraffic(t.Context(), n1, -1),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	var fault *xmlrpc.Fault
	_, err := r.Results(t.Context())
	if !errors.As(err, &fault) || !strings.HasPrefix(fault.Text, "<class 'FileNotFoundError'>:") {
		t.Errorf("no results yet: %v", err)
	}
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "interval") {
		t.Errorf("no settings: %v", err)
	}
}

func TestStopped(t *testing.T) {
	r := start(t, nil)
	r.lines <- "stop"
	for {
		_, err := r.FaultVector(t.Context())
		if errors.Is(err, host.ErrEnded) {
			break
		}
		must(t, err)
	}
	if err := r.Register(t.Context(), n1); !errors.Is(err, host.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Options{Config: core.DefaultConfig(), Out: r.screen, Logger: slog.New(slog.DiscardHandler)}
	s, err := New(o)
	must(t, err)
	must(t, s.Run(ctx)) // ends at once
}

func TestCollect(t *testing.T) {
	r := start(t, nil)
	must(t, r.Register(t.Context(), n2))
	must(t, r.Register(t.Context(), n1))
	r.lines <- "collect"
	r.await(t, "states.json and ip_mapping.json written\n")
	for name, want := range map[string]string{"ip_mapping.json": `{"n2:5000":0,"n1:5000":1}`, "states.json": "{}"} {
		if got, err := os.ReadFile(filepath.Join(r.folder, name)); err != nil || string(got) != want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, want)
		}
	}
	must(t, os.RemoveAll(r.folder))
	r.lines <- "collect"
	r.await(t, "ip_mapping.json: no such file or directory\n")
}

// TestOverSockets has eight nodes talk at once to a real server.
func TestOverSockets(t *testing.T) {
	s := start(t, func(o *Options) { o.Timing = o.Timing.Scaled(20) })
	server, err := xmlrpc.NewServer(wire.MonitorMethods(s.Service), xmlrpc.DefaultServerOptions())
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	defer func() {
		cancel()
		must(t, <-served)
	}()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	must(t, err)
	defer client.Close()
	m := wire.Monitor{Client: client, HostPort: l.Addr().String()}

	if got, err := m.SuspectMatrix(t.Context()); err != nil || len(got) > 1 {
		t.Errorf("empty matrix: %v, %v", got, err)
	}
	var fault *xmlrpc.Fault
	if _, err := m.Results(t.Context()); !errors.As(err, &fault) || fault.Code != 1 {
		t.Errorf("readFile without a file: %v", err)
	}
	names := []gossip.Address{"a:1", "b:1", "c:1", "d:1", "e:1", "f:1", "g:1", "h:1"}
	var all sync.WaitGroup
	for _, a := range names {
		all.Go(func() {
			var v []gossip.Suspicion
			for _, b := range names {
				v = append(v, gossip.Suspicion{Address: b, Suspected: b == "h:1" && a != b})
			}
			own := gossip.EndpointState{Address: a, Generation: 1, Status: "Normal", Updated: time.Now()}
			for _, err := range []error{
				m.Register(t.Context(), a), m.Heartbeat(t.Context(), a),
				m.SendStates(t.Context(), a, gossip.StateMap{own}, 4),
				m.ReportTraffic(t.Context(), a, 100),
			} {
				if err != nil {
					t.Errorf("%s: %v", a, err)
				}
			}
			// A stranger in the vector is no fault: an original reporter would die of one.
			v = append(v, gossip.Suspicion{Address: "zz:9"})
			if err := m.UpdateSuspects(t.Context(), a, gossip.NewFaultVector(v), 7); err != nil {
				t.Errorf("%s: %v", a, err)
			}
		})
	}
	all.Wait()
	var live, dead []gossip.Address
	for timeout := time.Now().Add(time.Minute); len(dead) == 0; { // now that all are known
		if time.Now().After(timeout) {
			t.Fatal("nobody is declared failed")
		}
		for _, a := range names[:7] {
			must(t, m.Heartbeat(t.Context(), a))
			must(t, m.UpdateSuspects(t.Context(), a, gossip.FaultVector{{Address: "h:1", Suspected: true}}, 7))
		}
		live, dead, err = m.AliveDead(t.Context())
		must(t, err)
	}
	if len(live) != 7 || !cmp.Equal(dead, []gossip.Address{"h:1"}) {
		t.Errorf("live %v, dead %v", live, dead)
	}
	mapping, err := m.Mapping(t.Context())
	if err != nil || len(mapping) != 8 {
		t.Errorf("mapping %v, %v", mapping, err)
	}
	faults, err := m.FaultVector(t.Context())
	if err != nil || faults[mapping["h:1"]] != 1 {
		t.Errorf("fault vector %v, %v", faults, err)
	}
	matrix, err := m.SuspectMatrix(t.Context())
	a, h := mapping["a:1"], mapping["h:1"]
	if err != nil || len(matrix) != 8 || matrix[a][h] != 1 || matrix[h][a] != 0 {
		t.Errorf("matrix %v, %v", matrix, err)
	}
	must(t, os.WriteFile(s.results, []byte("one\ntwo\n"), 0o600))
	if got, err := m.Results(t.Context()); err != nil || got != "one<br>two<br>" {
		t.Errorf("results %q, %v", got, err)
	}
}
