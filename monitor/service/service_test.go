package service

import (
	"context"
	"encoding/json"
	"errors"
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
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/monitor/testcase"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	n1 = gossip.Address("n1:5000")
	n2 = gossip.Address("n2:5000")
	n3 = gossip.Address("n3:5000")
)

type ended struct {
	result testcase.Result
	err    error
}

// start runs a service until the test's end; what it ends with comes by channel.
func start(t *testing.T, change func(*Options)) (*Service, <-chan ended) {
	t.Helper()
	results := make(chan ended, 8)
	o := DefaultOptions()
	o.Directory = t.TempDir()
	o.Results = filepath.Join(o.Directory, "results.txt")
	o.Ended = func(r testcase.Result, err error) { results <- ended{r, err} }
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return s, results
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

// second lets a second pass in which nodes beat and n1 and n2 report.
func second(t *testing.T, s *Service, v gossip.FaultVector, beating ...gossip.Address) {
	t.Helper()
	<-time.After(time.Second) // virtual: every caller is in a synctest bubble
	for _, a := range beating {
		must(t, s.Heartbeat(t.Context(), a))
	}
	for _, a := range []gossip.Address{n1, n2} {
		must(t, s.UpdateSuspects(t.Context(), a, v, 1))
	}
}

func joined(t *testing.T, s *Service) {
	t.Helper()
	for _, a := range []gossip.Address{n1, n2, n3} {
		must(t, s.Register(t.Context(), a))
		must(t, s.Heartbeat(t.Context(), a))
		must(t, s.ReceiveStates(t.Context(), a, gossip.StateMap{{Address: a, Generation: 1, Heartbeat: 1, Status: gossip.StatusNormal}}, 0))
		must(t, s.ReportTraffic(t.Context(), a, 0))
	}
}

func TestCaseFromMenuToFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		s, results := start(t, func(o *Options) {
			o.Protocol = func(context.Context) (Protocol, error) {
				<-answer // the case is over before the provider answers
				return Protocol{Name: "scrr", Bound: o.Setup.Bound}, nil
			}
		})
		joined(t, s)
		must(t, s.Begin(t.Context(), testcase.Single))
		if err := s.Begin(t.Context(), testcase.Revival); !errors.Is(err, ErrRunning) {
			t.Errorf("a second case: %v", err)
		}
		for range 8 {
			second(t, s, vector(), n1, n2)
		}
		must(t, s.ReceiveStates(t.Context(), n1, gossip.StateMap{{Address: n1, Generation: 1, Heartbeat: 8}}, 12))
		must(t, s.ReportTraffic(t.Context(), n1, 345))
		second(t, s, vector(n3), n1, n2) // 9 s: failed, its heartbeat 9 s old
		status, err := s.Running(t.Context())
		must(t, err)
		if want := "0 of 1 failed; n3:5000: failed, but its heartbeats go on"; status == nil || status.Waiting != want {
			t.Errorf("waiting: %+v, want %q", status, want)
		}
		synctest.Wait()
		close(answer)
		got := <-results // at 10 s, by the passing of time alone
		must(t, got.err)
		r := got.result
		if r.Seconds != 10 || !cmp.Equal(r.Victims, []gossip.Address{n3}) || r.Messages != 12 || r.Bytes == nil || *r.Bytes != 345 || r.Protocol == nil || *r.Protocol != "scrr" {
			t.Errorf("result %+v", r)
		}
		text, err := s.Results(t.Context())
		must(t, err)
		if text != r.File() {
			t.Errorf("results.txt holds %q, want %q", text, r.File())
		}
		line, err := os.ReadFile(jsonLines(s.options.Results))
		must(t, err)
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil || object["verdict_s"] != 9.0 || object["protocol"] != "scrr" {
			t.Errorf("results.jsonl holds %s (%v)", line, err)
		}
		if status, err := s.Running(t.Context()); err != nil || status != nil {
			t.Errorf("still running: %+v, %v", status, err)
		}
	})
}

func TestUnknownProtocolAndUnwritableResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, results := start(t, func(o *Options) {
			o.Results = filepath.Join(o.Directory, "missing", "results.txt")
			o.Protocol = func(context.Context) (Protocol, error) { return Protocol{}, errors.New("away") }
		})
		joined(t, s)
		for range 10 {
			second(t, s, vector(n3), n1, n2)
		}
		must(t, s.Begin(t.Context(), testcase.Single))
		got := <-results
		if got.err == nil || got.result.Protocol != nil {
			t.Errorf("err %v, protocol %v", got.err, got.result.Protocol)
		}
	})
}

func TestCancelForgetAndDispute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, results := start(t, nil)
		if _, err := s.Cancel(t.Context()); !errors.Is(err, ErrIdle) {
			t.Errorf("cancel of nothing: %v", err)
		}
		joined(t, s)
		must(t, s.Begin(t.Context(), testcase.Simultaneous))
		for range 12 {
			second(t, s, vector(n3), n1, n2)
		}
		c, err := s.Cancel(t.Context())
		if err != nil || c != testcase.Simultaneous {
			t.Errorf("cancel: %d, %v", c, err)
		}
		if _, err := s.Forget(t.Context(), "n9"); !errors.Is(err, ErrUnknown) {
			t.Errorf("forget of a stranger: %v", err)
		}
		a, err := s.Forget(t.Context(), "n3")
		if err != nil || a != n3 {
			t.Errorf("forget: %s, %v", a, err)
		}
		second(t, s, vector(n3), n1, n2)
		live, dead, err := s.AliveDead(t.Context())
		if err != nil || !cmp.Equal(live, []gossip.Address{n1, n2}) || len(dead) != 0 {
			t.Errorf("live %v, dead %v, %v", live, dead, err)
		}
		must(t, s.Register(t.Context(), "n1:5001"))
		if _, err := s.Forget(t.Context(), "n1"); !errors.Is(err, ErrUnknown) {
			t.Errorf("forget of an ambiguous name: %v", err)
		}
		select {
		case r := <-results:
			t.Errorf("a cancelled case ended: %+v", r)
		default:
		}
		// n3 is back and beats, and is declared failed all the same: with n2 gone for
		// good the case ends at the bound, T_fail here, after n2's verdict.
		must(t, s.Register(t.Context(), n3))
		must(t, s.Begin(t.Context(), testcase.Single))
		for range 40 {
			<-time.After(time.Second)
			must(t, s.Heartbeat(t.Context(), n1))
			must(t, s.Heartbeat(t.Context(), n3))
			must(t, s.UpdateSuspects(t.Context(), n1, vector(n2, n3), 0))
			must(t, s.UpdateSuspects(t.Context(), n3, vector(n2), 0))
		}
		r := (<-results).result
		if !cmp.Equal(r.Victims, []gossip.Address{n2}) || len(r.Disputed) != 1 || r.Disputed[0].Node != n3 || r.Seconds != 20 {
			t.Errorf("victims %v, disputed %v after %v s", r.Victims, r.Disputed, r.Seconds)
		}
	})
}

func TestSnapshotAndEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := start(t, func(o *Options) { o.MaxEvents = 5 })
		joined(t, s)
		must(t, s.Begin(t.Context(), testcase.Simultaneous))
		for range 3 {
			second(t, s, vector(n3), n1, n2)
		}
		must(t, s.UpdateSuspects(t.Context(), n1, vector(), 0))
		got, err := s.Snapshot(t.Context())
		must(t, err)
		if got.Case == nil || got.Case.Case != testcase.Simultaneous || len(got.Nodes) != 3 || len(got.Events) != 5 {
			t.Fatalf("%+v", got)
		}
		n := got.Nodes[2]
		if n.Address != n3 || n.HeartbeatAge != 3*time.Second || !cmp.Equal(n.Reason.Missing, []gossip.Address{n1}) || !cmp.Equal(n.Reason.Suspecting, []gossip.Address{n2}) {
			t.Errorf("n3: %+v", n)
		}
		if !cmp.Equal(got.Matrix, [][]bool{{false, false, false}, {false, false, true}, {false, false, false}}) {
			t.Errorf("matrix %v", got.Matrix)
		}
		last := got.Events[4]
		if want := "n3:5000: alive, cleared by n1:5000: a false failure"; last.Text != want {
			t.Errorf("last event %+v, want %q", last, want)
		}
		more, err := s.Events(t.Context(), last.Number-2)
		if err != nil || len(more) != 2 || more[1] != last {
			t.Errorf("events after %d: %v, %v", last.Number-2, more, err)
		}
		if none, err := s.Events(t.Context(), last.Number+7); err != nil || len(none) != 0 {
			t.Errorf("events to come: %v, %v", none, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	s, _ := start(t, func(o *Options) { o.MaxNodes = 1 })
	must(t, s.Register(t.Context(), n1))
	must(t, s.Register(t.Context(), n1))
	if err := s.Heartbeat(t.Context(), n2); !errors.Is(err, ErrFull) {
		t.Errorf("one node too many: %v", err)
	}
	if err := s.ReceiveStates(t.Context(), n1, nil, -1); err == nil {
		t.Error("a negative message count was taken")
	}
	if err := s.ReportTraffic(t.Context(), n1, -1); err == nil {
		t.Error("negative traffic was taken")
	}
	var fault *xmlrpc.Fault
	if _, err := s.Results(t.Context()); !errors.As(err, &fault) || !strings.HasPrefix(fault.Text, "<class 'FileNotFoundError'>:") {
		t.Errorf("no results yet: %v", err)
	}
	for name, change := range map[string]func(*Options){
		"fail": func(o *Options) { o.Setup.Fail = 0 }, "bound": func(o *Options) { o.Setup.Bound = nil },
		"results": func(o *Options) { o.Results = "" }, "max nodes": func(o *Options) { o.MaxNodes = 0 },
		"max events": func(o *Options) { o.MaxEvents = 0 }, "logger": func(o *Options) { o.Logger = nil },
	} {
		o := DefaultOptions()
		change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStopped(t *testing.T) {
	s, err := New(DefaultOptions())
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Register(ctx, n1); !errors.Is(err, context.Canceled) {
		t.Errorf("before Run, with a context that has ended: %v", err)
	}
	must(t, s.Run(ctx))
	if err := s.Register(t.Context(), n1); !errors.Is(err, ErrStopped) {
		t.Errorf("after Run: %v", err)
	}
}

func TestCollect(t *testing.T) {
	s, _ := start(t, nil)
	must(t, s.Register(t.Context(), n2))
	must(t, s.Register(t.Context(), n1))
	at := time.Date(2026, 11, 22, 16, 5, 40, 438639000, time.Local)
	must(t, s.ReceiveStates(t.Context(), n2, gossip.StateMap{{Address: n2, AppVersion: 1, Generation: 57600, Heartbeat: 14, Status: "Normal", Updated: at}}, 3))
	must(t, s.Collect(t.Context()))
	for name, want := range map[string]string{
		"ip_mapping.json": `{"n2:5000":0,"n1:5000":1}`,
		"states.json":     `{"n2:5000":{"n2:5000":{"heartBeat":{"heartBeatValue":14,"generation":57600},"appState":{"IP_Port":"n2:5000","App_version":1,"App_status":"Normal"},"last_updated_time":"2026-11-22 16:05:40.438639"}}}`,
	} {
		if got, err := os.ReadFile(filepath.Join(s.options.Directory, name)); err != nil || string(got) != want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, want)
		}
	}
	s.options.Directory = filepath.Join(s.options.Directory, "missing")
	if err := s.Collect(t.Context()); err == nil || strings.Count(err.Error(), "collect: ") != 2 {
		t.Errorf("unwritable: %v", err)
	}
}

// TestOverSockets has eight nodes talk at once to a real server.
func TestOverSockets(t *testing.T) {
	s, _ := start(t, nil)
	server, err := xmlrpc.NewServer(wire.MonitorMethods(s), xmlrpc.DefaultServerOptions())
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
			for _, err := range []error{
				m.Register(t.Context(), a), m.Heartbeat(t.Context(), a),
				m.SendStates(t.Context(), a, gossip.StateMap{{Address: a, Generation: 1, Status: "Normal", Updated: time.Now()}}, 4),
				m.ReportTraffic(t.Context(), a, 100),
			} {
				if err != nil {
					t.Errorf("%s: %v", a, err)
				}
			}
			// A stranger in the vector is no fault: an original reporter would die of one.
			if err := m.UpdateSuspects(t.Context(), a, gossip.NewFaultVector(append(v, gossip.Suspicion{Address: "zz:9"})), 7); err != nil {
				t.Errorf("%s: %v", a, err)
			}
		})
	}
	all.Wait()
	for _, a := range names { // now that all are known
		must(t, m.UpdateSuspects(t.Context(), a, gossip.FaultVector{{Address: "h:1", Suspected: a != "h:1"}}, 7))
	}
	live, dead, err := m.AliveDead(t.Context())
	if err != nil || len(live) != 7 || !cmp.Equal(dead, []gossip.Address{"h:1"}) {
		t.Errorf("live %v, dead %v, %v", live, dead, err)
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
	if err != nil || len(matrix) != 8 || matrix[mapping["a:1"]][mapping["h:1"]] != 1 || matrix[mapping["h:1"]][mapping["a:1"]] != 0 {
		t.Errorf("matrix %v, %v", matrix, err)
	}
	must(t, appendTo(s.options.Results, []byte("one\ntwo\n")))
	if got, err := m.Results(t.Context()); err != nil || got != "one<br>two<br>" {
		t.Errorf("results %q, %v", got, err)
	}
}
