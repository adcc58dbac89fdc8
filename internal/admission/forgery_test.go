package admission

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/host"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// counter is a machine that counts what reaches it and knows nothing.
type counter struct{ calls atomic.Int32 }

func (c *counter) Step(_ time.Time, ev machine.Event) []machine.Effect {
	if _, ok := ev.(machine.Called); ok {
		c.calls.Add(1)
		return []machine.Effect{machine.Reply{}}
	}
	return nil
}

func (c *counter) Deadline() (time.Time, bool) { return time.Time{}, false }

// anything is a node, a monitor and a provider in one, as far as they are told things.
type anything struct {
	wire.MonitorHandler
	host *host.Host
}

func (a anything) tell(ctx context.Context, r machine.Request) error {
	_, err := a.host.Call(ctx, r)
	return err
}

func (a anything) Receive(ctx context.Context, from gossip.Address, m gossip.Message) error {
	return a.tell(ctx, machine.Message{From: from, Message: m})
}

func (a anything) Register(ctx context.Context, node gossip.Address) error {
	return a.tell(ctx, machine.Register{Node: node})
}

func (a anything) Heartbeat(ctx context.Context, node gossip.Address) error {
	return a.tell(ctx, machine.Heartbeat{Node: node})
}

func (a anything) ReceiveStates(ctx context.Context, node gossip.Address, m gossip.StateMap, n int32) error {
	return a.tell(ctx, machine.States{Node: node, Map: m, Messages: n})
}

func (a anything) UpdateSuspects(ctx context.Context, node gossip.Address, v gossip.FaultVector, g int32) error {
	return a.tell(ctx, machine.Suspects{Node: node, Vector: v, Generation: g})
}

func (a anything) ReportTraffic(ctx context.Context, node gossip.Address, bytes int64) error {
	return a.tell(ctx, machine.Traffic{Node: node, Bytes: bytes})
}

func (a anything) Report(ctx context.Context, r machine.Report) error { return a.tell(ctx, r) }

func (a anything) Join(ctx context.Context, node gossip.Address) (gossip.ProtocolNumber, error) {
	return 1, a.tell(ctx, machine.Join{Node: node})
}

func (a anything) Members(context.Context) ([]gossip.Address, error) { return nil, nil }

func (a anything) Protocol(context.Context) (gossip.ProtocolNumber, error) { return 1, nil }

// served is a process behind a gate, on loopback.
type served struct {
	calls  *atomic.Int32
	lines  func() []string
	server [2]gossip.Address // as a node and monitor, and as a provider
}

func serve(t *testing.T, gate *Gate) served {
	t.Helper()
	log, lines := logged()
	gate.log, gate.refusals = log, newRefusals(log, time.Now)
	m := &counter{}
	h := host.New(m, host.Options{Logger: slog.New(slog.DiscardHandler), Admit: gate.Admit})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 3)
	go func() { ended <- h.Run(ctx) }()
	s := served{calls: &m.calls, lines: lines}
	nodeAndMonitor := wire.MonitorMethods(anything{host: h})
	for name, method := range wire.NodeMethods(anything{host: h}) {
		nodeAndMonitor[name] = method
	}
	for i, methods := range []xmlrpc.Methods{nodeAndMonitor, wire.ProviderMethods(anything{host: h})} {
		server, err := xmlrpc.NewServer(methods, gate.Server(xmlrpc.DefaultServerOptions()))
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.server[i] = gossip.Address(l.Addr().String())
		go func() { ended <- server.Serve(ctx, gate.Listen(l)) }()
	}
	t.Cleanup(func() {
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// send makes a call from an address of loopback.
func (s served) send(t *testing.T, from string, r machine.Request) error {
	t.Helper()
	options := xmlrpc.DefaultClientOptions()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	options.Dial = d.DialContext
	client, err := xmlrpc.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	to := s.server[0]
	if _, joins := r.(machine.Join); joins {
		to = s.server[1]
	}
	_, err = wire.Do(t.Context(), client, to, r)
	return err
}

// claims are all calls in node's name.
func claims(node gossip.Address) map[string]machine.Request {
	news := gossip.Digest{{Address: "third:5000", Generation: 1, Heartbeat: 7}}
	states := gossip.StateMap{}
	return map[string]machine.Request{
		"syn":          machine.Message{From: node, Message: gossip.Syn{ClusterID: gossip.ClusterID, Digest: news}},
		"ack":          machine.Message{From: node, Message: gossip.Ack{States: states}},
		"ack2":         machine.Message{From: node, Message: gossip.Ack2{States: states}},
		"gossip":       machine.Message{From: node, Message: gossip.Gossip{Digest: news}},
		"empty gossip": machine.Message{From: node, Message: gossip.Gossip{}},
		"registration": machine.Register{Node: node},
		"heartbeat":    machine.Heartbeat{Node: node},
		"states":       machine.States{Node: node, Map: states, Messages: 1},
		"row":          machine.Suspects{Node: node, Vector: gossip.FaultVector{{Address: "third:5000", Suspected: true}}, Generation: 1},
		"traffic":      machine.Traffic{Node: node, Bytes: 1 << 40},
		"report":       machine.Report{Node: node, Traffic: &machine.Traffic{Node: node, Bytes: 1 << 40}},
		"join":         machine.Join{Node: node},
	}
}

// TestNobodySpeaksForAnother: of the two callers one is the node, the other claims to
// be. The node's word of a third is taken.
func TestNobodySpeaksForAnother(t *testing.T) {
	gate, err := New(Settings{Verify: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{hosts: map[string]string{"node1": "127.0.0.1 127.0.0.3"}}
	gate.names = newNames(z.lookup, time.Now)
	s := serve(t, gate)
	for _, node := range []gossip.Address{"node1:5000", "127.0.0.1:5000"} {
		for name, r := range claims(node) {
			before := s.calls.Load()
			if err := s.send(t, "127.0.0.2", r); err == nil || !strings.Contains(err.Error(), "speaks for "+string(node)) {
				t.Errorf("%s for %s: error %v, want a refusal", name, node, err)
			}
			if s.calls.Load() != before {
				t.Errorf("%s for %s reached the machine", name, node)
			}
			if err := s.send(t, "127.0.0.1", r); err != nil {
				t.Errorf("%s by %s itself: %v", name, node, err)
			}
			if s.calls.Load() != before+1 {
				t.Errorf("%s by %s itself did not reach the machine", name, node)
			}
		}
	}
	if err := s.send(t, "127.0.0.3", machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Errorf("from the node's other address: %v", err)
	}
	if err := s.send(t, "127.0.0.2", machine.Protocol{}); err != nil && strings.Contains(err.Error(), "refused") {
		t.Errorf("a question was refused: %v", err)
	}
	if got := s.lines(); len(got) != 1 || !strings.HasPrefix(got[0], "caller=127.0.0.2 ") {
		t.Errorf("22 forgeries within a minute are logged as %q, want one line", got)
	}
}

func TestWithoutSettingsAllMaySpeak(t *testing.T) {
	gate, err := New(Settings{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, gate)
	for name, r := range claims("node1:5000") {
		if err := s.send(t, "127.0.0.2", r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *Gate
	if err := none.Admit(t.Context(), machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Errorf("without a gate: %v", err)
	}
}

// TestAResolverThatFailsIsSaidOnce, beside the refusals themselves.
func TestAResolverThatFailsIsSaidOnce(t *testing.T) {
	gate, err := New(Settings{Verify: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{down: true}
	gate.names = newNames(z.lookup, time.Now)
	s := serve(t, gate)
	for _, from := range []string{"127.0.0.1", "127.0.0.2", "127.0.0.1"} {
		if err := s.send(t, from, machine.Heartbeat{Node: "node1:5000"}); err == nil {
			t.Errorf("from %s: let in", from)
		}
	}
	all := strings.Join(s.lines(), "\n")
	if strings.Count(all, "caller=") != 2 || len(s.lines()) != 3 {
		t.Errorf("logged\n%s\nwant a line for each caller and one for the resolver", all)
	}
}

// A call that did not come over a connection with an address is nobody's.
func TestACallerWithoutAddressSpeaksForNobody(t *testing.T) {
	gate, err := New(Settings{Verify: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range []gossip.Address{"127.0.0.1:5000", "localhost:5000"} {
		if err := gate.Admit(t.Context(), machine.Heartbeat{Node: node}); err == nil {
			t.Errorf("%s: let in", node)
		}
	}
	here := xmlrpc.WithCaller(t.Context(), xmlrpc.Caller{Addr: netip.MustParseAddr("127.0.0.1")})
	if err := gate.Admit(here, machine.Heartbeat{Node: "localhost:5000"}); err != nil {
		t.Errorf("localhost at 127.0.0.1, by this machine's resolver: %v", err)
	}
}

func TestOnlyAllowedNetworksMayConnect(t *testing.T) {
	gate, err := New(Settings{Allow: "127.0.0.2,10.0.0.0/8"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, gate)
	if err := s.send(t, "127.0.0.2", machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Errorf("allowed: %v", err)
	}
	for range 3 {
		if err := s.send(t, "127.0.0.1", machine.Heartbeat{Node: "node1:5000"}); err == nil {
			t.Error("a caller outside of --allow was answered")
		}
	}
	if got := s.lines(); s.calls.Load() != 1 || len(got) != 1 || got[0] != `caller=127.0.0.1 why="not in --allow"` {
		t.Errorf("%d calls, logged %q", s.calls.Load(), got)
	}
	if _, err := New(Settings{Allow: "10.0.0.0/99"}, nil); err == nil || !strings.Contains(err.Error(), `--allow: "10.0.0.0/99"`) {
		t.Errorf("error %v does not name the flag and the value", err)
	}
}
