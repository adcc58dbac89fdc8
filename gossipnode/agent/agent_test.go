package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fast is a tenth of the original's intervals.
var fast = protocol.DefaultTiming().Scaled(10)

// patience is how long a condition may take on a slow machine.
const patience = 30 * time.Second

// monitorDouble remembers what nodes have told it. With strict set it answers
// faults for names it does not know, as the original does.
type monitorDouble struct {
	mu         sync.Mutex
	strict     bool
	known      map[gossip.Address]int
	registered map[gossip.Address]int // how often
	heartbeats map[gossip.Address]int
	vectors    map[gossip.Address]gossip.FaultVector
	states     map[gossip.Address]gossip.StateMap
	traffic    map[gossip.Address]int64
	refused    int
}

func newMonitorDouble() *monitorDouble {
	return &monitorDouble{
		known: map[gossip.Address]int{}, registered: map[gossip.Address]int{}, heartbeats: map[gossip.Address]int{},
		vectors: map[gossip.Address]gossip.FaultVector{}, states: map[gossip.Address]gossip.StateMap{},
		traffic: map[gossip.Address]int64{},
	}
}

var errUnknown = errors.New("KeyError")

func (m *monitorDouble) Register(_ context.Context, a gossip.Address) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[a] = len(m.known)
	m.registered[a]++
	return nil
}

func (m *monitorDouble) Heartbeat(_ context.Context, a gossip.Address) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.known[a]; m.strict && !ok {
		return errUnknown
	}
	m.heartbeats[a]++
	return nil
}

func (m *monitorDouble) ReceiveStates(_ context.Context, a gossip.Address, s gossip.StateMap, _ int32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[a] = s
	return nil
}

func (m *monitorDouble) UpdateSuspects(_ context.Context, a gossip.Address, v gossip.FaultVector, _ int32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range v {
		if _, ok := m.known[s.Address]; m.strict && !ok {
			m.refused++
			return errUnknown
		}
	}
	m.vectors[a] = v
	return nil
}

func (m *monitorDouble) ReportTraffic(_ context.Context, a gossip.Address, bytes int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.traffic[a] = bytes
	return nil
}

func (m *monitorDouble) Report(ctx context.Context, r machine.Report) error {
	err := m.Heartbeat(ctx, r.Node)
	if s := r.Suspects; s != nil {
		err = errors.Join(err, m.UpdateSuspects(ctx, s.Node, s.Vector, s.Generation))
	}
	if s := r.States; s != nil {
		err = errors.Join(err, m.ReceiveStates(ctx, s.Node, s.Map, s.Messages))
	}
	if s := r.Traffic; s != nil {
		err = errors.Join(err, m.ReportTraffic(ctx, s.Node, s.Bytes))
	}
	return err
}

func (m *monitorDouble) Mapping(context.Context) (map[gossip.Address]int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	mapping := map[gossip.Address]int{}
	for a, i := range m.known {
		mapping[a] = i
	}
	return mapping, nil
}

func (m *monitorDouble) SuspectMatrix(context.Context) ([][]int, error) { return nil, nil }
func (m *monitorDouble) FaultVector(context.Context) ([]int, error)     { return nil, nil }
func (m *monitorDouble) Results(context.Context) (string, error)        { return "", nil }
func (m *monitorDouble) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	return nil, nil, nil
}

// forget makes the monitor one that was just started.
func (m *monitorDouble) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = map[gossip.Address]int{}
}

func (m *monitorDouble) read(f func() bool) func() bool {
	return func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return f()
	}
}

func (m *monitorDouble) suspects(observer, peer gossip.Address) func() bool {
	return m.read(func() bool {
		suspected, _ := m.vectors[observer].Get(peer)
		return suspected
	})
}

func (m *monitorDouble) trusts(observer, peer gossip.Address) func() bool {
	return m.read(func() bool {
		suspected, known := m.vectors[observer].Get(peer)
		return known && !suspected
	})
}

// providerDouble hands out round robin and the join order.
type providerDouble struct {
	mu   sync.Mutex
	list []gossip.Address
}

func (p *providerDouble) Join(_ context.Context, a gossip.Address) (gossip.ProtocolNumber, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.list, a) {
		p.list = append(p.list, a)
	}
	return 2, nil
}

func (p *providerDouble) Members(context.Context) ([]gossip.Address, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.list), nil
}

func (p *providerDouble) Protocol(context.Context) (gossip.ProtocolNumber, error) { return 2, nil }

// running is something that runs until it is ended.
type running struct {
	address gossip.Address
	end     func()
}

func listen(t *testing.T, at string) net.Listener {
	t.Helper()
	var l net.Listener
	eventually(t, "listening on "+at, func() bool {
		var err error
		l, err = net.Listen("tcp", at)
		return err == nil
	})
	return l
}

func start(t *testing.T, l net.Listener, run func(ctx context.Context, l net.Listener) error) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, l) }()
	var once sync.Once
	end := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("%s: %v", l.Addr(), err)
			}
		})
	}
	t.Cleanup(end)
	return running{address: gossip.Address(l.Addr().String()), end: end}
}

func serve(t *testing.T, at string, methods xmlrpc.Methods) running {
	t.Helper()
	server, err := xmlrpc.NewServer(methods, xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	return start(t, listen(t, at), func(ctx context.Context, l net.Listener) error { return server.Serve(ctx, l) })
}

func node(t *testing.T, at string, seed gossip.Address, monitor, provider gossip.Address) running {
	t.Helper()
	l := listen(t, at)
	a, err := agent.New(config(l, seed, monitor, provider))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, a.Run)
}

// config is a node's that begins to gossip at once.
func config(l net.Listener, seed, monitor, provider gossip.Address) agent.Config {
	limits := xmlrpc.DefaultServerOptions()
	limits.Logger = slog.New(slog.DiscardHandler)
	return agent.Config{
		Config: process.Config{
			Self: gossip.Address(l.Addr().String()), Seed: seed, Monitor: monitor, Provider: provider,
			Connect: true, Timing: fast, Aligned: true,
		},
		Server: limits,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for ticker := time.NewTicker(5 * time.Millisecond); !condition(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

const anyPort = "127.0.0.1:0"

func TestNodesFindADeadPeerAndItsReturn(t *testing.T) {
	monitor := newMonitorDouble()
	m := serve(t, anyPort, wire.MonitorMethods(monitor))
	p := serve(t, anyPort, wire.ProviderMethods(&providerDouble{}))
	n1 := node(t, anyPort, "", m.address, p.address)
	n2 := node(t, anyPort, n1.address, m.address, p.address)
	n3 := node(t, anyPort, n1.address, m.address, p.address)
	eventually(t, "node1 trusts node3", monitor.trusts(n1.address, n3.address))
	eventually(t, "node2 trusts node3", monitor.trusts(n2.address, n3.address))
	n3.end()
	eventually(t, "node1 suspects node3", monitor.suspects(n1.address, n3.address))
	eventually(t, "node2 suspects node3", monitor.suspects(n2.address, n3.address))
	node(t, string(n3.address), n1.address, m.address, p.address)
	eventually(t, "node1 trusts node3 again", monitor.trusts(n1.address, n3.address))
	eventually(t, "node2 trusts node3 again", monitor.trusts(n2.address, n3.address))
	eventually(t, "traffic is reported", monitor.read(func() bool { return monitor.traffic[n1.address] > 0 }))
	if got := monitor.registered[n1.address]; got != 1 {
		t.Errorf("node1 registered %d times, want once", got)
	}
}

func TestNodeWaitsForMonitorAndProvider(t *testing.T) {
	monitorAt, providerAt := listen(t, anyPort), listen(t, anyPort)
	m, p := gossip.Address(monitorAt.Addr().String()), gossip.Address(providerAt.Addr().String())
	monitorAt.Close()
	providerAt.Close()
	n1 := node(t, anyPort, "", m, p)
	n2 := node(t, anyPort, n1.address, m, p)
	serve(t, string(p), wire.ProviderMethods(&providerDouble{}))
	monitor := newMonitorDouble()
	serve(t, string(m), wire.MonitorMethods(monitor))
	eventually(t, "node1 trusts node2", monitor.trusts(n1.address, n2.address))
	eventually(t, "node2 trusts node1", monitor.trusts(n2.address, n1.address))
}

// A monitor that was restarted knows nobody, and an original one refuses a
// vector with an unknown name. The node registers again and sends what the
// monitor knows.
func TestNodeRegistersAgainAtAMonitorThatForgot(t *testing.T) {
	monitor := newMonitorDouble()
	monitor.strict = true
	m := serve(t, anyPort, wire.MonitorMethods(monitor))
	p := serve(t, anyPort, wire.ProviderMethods(&providerDouble{}))
	n1 := node(t, anyPort, "", m.address, p.address)
	n2 := node(t, anyPort, n1.address, m.address, p.address)
	eventually(t, "both know each other", func() bool {
		return monitor.trusts(n1.address, n2.address)() && monitor.trusts(n2.address, n1.address)()
	})
	n2.end()
	monitor.forget()
	eventually(t, "node1 is registered again", monitor.read(func() bool { return monitor.registered[n1.address] == 2 }))
	eventually(t, "node1 leaves the unknown node2 out", monitor.read(func() bool {
		v := monitor.vectors[n1.address]
		_, named := v.Get(n2.address)
		return monitor.refused > 0 && len(v) == 1 && !named
	}))
}

// While the monitor is away gossip goes on; on its return it gets the latest.
func TestReportsSurviveTheMonitorsAbsence(t *testing.T) {
	monitor := newMonitorDouble()
	m := serve(t, anyPort, wire.MonitorMethods(monitor))
	p := serve(t, anyPort, wire.ProviderMethods(&providerDouble{}))
	n1 := node(t, anyPort, "", m.address, p.address)
	n2 := node(t, anyPort, n1.address, m.address, p.address)
	eventually(t, "node1 trusts node2", monitor.trusts(n1.address, n2.address))
	m.end()
	n2.end()
	serve(t, string(m.address), wire.MonitorMethods(monitor))
	eventually(t, "node1 suspects node2", monitor.suspects(n1.address, n2.address))
	if got := monitor.registered[n1.address]; got != 1 {
		t.Errorf("node1 registered %d times at a monitor that knew it, want once", got)
	}
}

// A node says what keeps it from being settled, from before the provider lets it in.
func TestNodeSaysWhatItAwaits(t *testing.T) {
	monitor := newMonitorDouble()
	m := serve(t, anyPort, wire.MonitorMethods(monitor))
	providerAt := listen(t, anyPort)
	p := gossip.Address(providerAt.Addr().String())
	providerAt.Close()
	n1 := node(t, anyPort, "", m.address, p)
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	says := func(of running, want string) func() bool {
		return func() bool {
			what, err := wire.Node{Client: client, HostPort: string(of.address)}.Awaits(t.Context())
			return err == nil && what == want
		}
	}
	eventually(t, "node1 waits for the provider", says(n1, "the provider has not let it in"))
	serve(t, string(p), wire.ProviderMethods(&providerDouble{}))
	eventually(t, "node1 has found nobody", says(n1, "it has found nobody"))
	n2 := node(t, anyPort, n1.address, m.address, p)
	eventually(t, "node1 is settled", says(n1, ""))
	eventually(t, "node2 is settled", says(n2, ""))
}

// counter counts the messages that it gets from each node.
type counter struct {
	mu   sync.Mutex
	from map[gossip.Address]int
}

func (c *counter) Receive(_ context.Context, from gossip.Address, _ gossip.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from[from]++
	return nil
}

func (c *counter) got(from gossip.Address) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.from[from]
}

// A name that is not answered, such as that of a container that has gone, keeps a node's
// rounds from nobody else.
func TestASlowNameHoldsUpNobodyElse(t *testing.T) {
	m := serve(t, anyPort, wire.MonitorMethods(newMonitorDouble()))
	p := serve(t, anyPort, wire.ProviderMethods(&providerDouble{}))
	peer := &counter{from: map[gossip.Address]int{}}
	n2 := serve(t, anyPort, wire.NodeMethods(peer))
	dns := xmlrpctest.NewDNS(t)
	dns.Hold("gone.test")
	l := listen(t, anyPort)
	c := config(l, "", m.address, p.address)
	c.Dial = dns.Dial
	a, err := agent.New(c)
	if err != nil {
		t.Fatal(err)
	}
	n1 := start(t, l, a.Run)
	_, port, err := net.SplitHostPort(string(n2.address))
	if err != nil {
		t.Fatal(err)
	}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for _, name := range []string{"here.test", "gone.test"} {
		from := gossip.Address(net.JoinHostPort(name, port))
		hello := gossip.Syn{ClusterID: gossip.ClusterID, Digest: gossip.Digest{{Address: from, AppVersion: 1}}}
		eventually(t, "node1 listens to "+name, func() bool {
			return wire.SendMessage(t.Context(), client, from, n1.address, hello) == nil
		})
	}
	eventually(t, "the name is looked up", func() bool { return dns.Asked("gone.test") > 0 })
	before := peer.got(n1.address)
	eventually(t, "rounds go on", func() bool { return peer.got(n1.address) > before+3 })
}
