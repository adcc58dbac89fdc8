package agent_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"gossiprpc/gossipnode/agent"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// What originals do to their peers must not hurt a node: whatever a third does,
// two nodes go on trusting each other, and the monitor goes on hearing of it.

// pair is two nodes, a monitor as strict as the original, and a stranger that
// the nodes know and gossip to.
type pair struct {
	monitor  *monitorDouble
	a, b     running
	stranger gossip.Address
	client   *xmlrpc.Client
}

// newPair lets the stranger treat each connection in its own way. ctx ends with
// the test.
func newPair(t *testing.T, treat func(ctx context.Context, conn net.Conn)) *pair {
	t.Helper()
	m := newMonitorDouble()
	m.strict = true
	return newPairAt(t, m, serve(t, anyPort, wire.MonitorMethods(m)).address, treat)
}

func newPairAt(
	t *testing.T,
	m *monitorDouble,
	monitor gossip.Address,
	treat func(ctx context.Context, conn net.Conn),
) *pair {
	t.Helper()
	p := &pair{monitor: m}
	provider := serve(t, anyPort, wire.ProviderMethods(&providerDouble{})).address
	p.a = fastNode(t, "", monitor, provider)
	p.b = fastNode(t, p.a.address, monitor, provider)
	p.stranger = start(t, listen(t, anyPort), func(ctx context.Context, l net.Listener) error {
		var conns sync.WaitGroup
		defer conns.Wait()
		stop := context.AfterFunc(ctx, func() { l.Close() })
		defer stop()
		for {
			conn, err := l.Accept()
			if err != nil {
				return nil // closed
			}
			conns.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				treat(ctx, conn)
			})
		}
	}).address
	options := xmlrpc.DefaultClientOptions()
	var err error
	if p.client, err = xmlrpc.NewClient(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.Close)
	eventually(t, "the nodes to know each other", func() bool {
		return m.trusts(p.a.address, p.b.address)() && m.trusts(p.b.address, p.a.address)()
	})
	return p
}

func fastNode(t *testing.T, seed, monitor, provider gossip.Address) running {
	t.Helper()
	l := listen(t, anyPort)
	a, err := agent.New(config(l, seed, monitor, provider))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, l, a.Run)
}

// tell has the stranger send a message to both nodes.
func (p *pair) tell(t *testing.T, message gossip.Message) {
	t.Helper()
	for _, to := range []gossip.Address{p.a.address, p.b.address} {
		if err := wire.SendMessage(t.Context(), p.client, p.stranger, to, message); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *pair) beat(t *testing.T, generation, heartbeat int32) {
	t.Helper()
	p.tell(
		t,
		gossip.Gossip{
			Digest: gossip.Digest{{Address: p.stranger, AppVersion: 1, Generation: generation, Heartbeat: heartbeat}},
		},
	)
}

// steady lets twice T_fail pass, counted in heartbeats at the monitor, and
// fails when one of the pair suspects the other meanwhile. each is called at
// every heartbeat of a.
func (p *pair) steady(t *testing.T, each func(beat int)) {
	t.Helper()
	from, seen := 0, 0
	beats := p.monitor.read(func() bool { seen = p.monitor.heartbeats[p.a.address]; return true })
	beats()
	from = seen
	last := seen
	want := from + int(2*fast.Fail/fast.Heartbeat)
	eventually(t, "heartbeats to go on", func() bool {
		for _, pair := range [][2]gossip.Address{{p.a.address, p.b.address}, {p.b.address, p.a.address}} {
			if p.monitor.suspects(pair[0], pair[1])() {
				t.Fatalf("%s suspects %s", pair[0], pair[1])
			}
		}
		if beats(); each != nil && seen > last {
			last = seen
			each(seen - from)
		}
		return seen >= want
	})
}

// request reads a call and answers its method.
func request(conn net.Conn) string {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	method, _, err := xmlrpc.ParseCall(body, xmlrpc.DefaultLimits())
	if err != nil {
		return ""
	}
	return method
}

func answerWith(conn net.Conn, body string) {
	fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func TestStrangersThatAnswerBadly(t *testing.T) {
	for name, treat := range map[string]func(ctx context.Context, conn net.Conn){
		"never":                func(ctx context.Context, conn net.Conn) { request(conn); <-ctx.Done() },
		"hangs up at once":     func(context.Context, net.Conn) {},
		"hangs up when called": func(_ context.Context, conn net.Conn) { request(conn) },
		"hangs up in the answer": func(_ context.Context, conn net.Conn) {
			request(conn)
			fmt.Fprint(conn, "HTTP/1.0 200 OK\r\nContent-Length: 500\r\n\r\n<?xml version='1.0'?>\n<methodResp")
		},
		"slowly": func(ctx context.Context, conn net.Conn) {
			request(conn)
			select {
			case <-time.After(2 * fast.Gossip):
			case <-ctx.Done():
			}
			answerWith(conn, string(xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())))
		},
		"with a drip": func(ctx context.Context, conn net.Conn) {
			request(conn)
			for _, c := range []byte("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n") {
				select {
				case <-time.After(fast.Gossip / 10):
				case <-ctx.Done():
					return
				}
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
			}
		},
		"with a struct": func(_ context.Context, conn net.Conn) {
			request(conn)
			answerWith(conn, string(xmlrpc.AppendAnswer(nil, xmlrpc.StructValue(xmlrpc.Member{Name: "live", Value: xmlrpc.ArrayValue()}))))
		},
		"with a fault": func(_ context.Context, conn net.Conn) {
			request(conn)
			answerWith(conn, string(xmlrpc.AppendFault(nil, &xmlrpc.Fault{Code: 1, Text: "<class 'KeyError'>:'node1:5000'"})))
		},
		"with a page":  func(_ context.Context, conn net.Conn) { request(conn); answerWith(conn, "<html>No such page</html>") },
		"with nothing": func(_ context.Context, conn net.Conn) { request(conn); answerWith(conn, "") },
		"with noise":   func(_ context.Context, conn net.Conn) { request(conn); fmt.Fprint(conn, "\x00\x01\x02\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, treat)
			p.beat(t, 57_600, 7)
			p.steady(t, nil)
		})
	}
}

// A stranger that begins handshakes and stops in the middle of them: it never
// answers a SYN with an ACK, or an ACK with an ACK2. It is heard of all the same.
func TestHandshakesThatStop(t *testing.T) {
	t.Parallel()
	nothingMore := func(_ context.Context, conn net.Conn) {
		request(conn)
		answerWith(conn, string(xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())))
	}
	p := newPair(t, nothingMore)
	p.monitor.mu.Lock()
	p.monitor.known[p.stranger] = 2
	p.monitor.mu.Unlock()
	p.steady(t, func(beat int) {
		p.tell(
			t,
			gossip.Syn{
				ClusterID: gossip.ClusterID,
				Digest: gossip.Digest{
					{Address: p.stranger, AppVersion: 1, Generation: 57_600, Heartbeat: int32(beat)},
				},
			},
		)
		if beat > 10 && p.monitor.suspects(p.a.address, p.stranger)() {
			t.Fatal("it sends SYN all the time, and is suspected")
		}
	})
	eventually(t, "it is suspected once it says nothing", func() bool {
		return p.monitor.suspects(p.a.address, p.stranger)() && p.monitor.suspects(p.b.address, p.stranger)()
	})
}

// State maps that lack their sender, and have what nobody knows, the receiver
// with a strange version, and an empty status. The monitor knows none of it.
func TestStrangeStateMaps(t *testing.T) {
	t.Parallel()
	p := newPair(t, func(_ context.Context, conn net.Conn) {
		request(conn)
		answerWith(conn, string(xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())))
	})
	ghost := gossip.Address("127.0.0.1:9") // nobody listens there
	p.steady(t, func(beat int) {
		states := gossip.StateMap{
			{Address: ghost, AppVersion: -1, Generation: 0, Heartbeat: -5, Updated: time.Now().Add(time.Hour)},
			{
				Address:    p.a.address,
				AppVersion: 1,
				Generation: 82_800,
				Heartbeat:  int32(beat),
				Status:     "Left",
				Updated:    time.Now(),
			},
		}
		p.tell(t, gossip.Ack{Wanted: []gossip.Address{ghost, "nobody:1"}, States: states})
		p.tell(t, gossip.Ack2{States: states})
		p.tell(t, gossip.Ack2{})
		p.tell(t, gossip.Gossip{})
	})
	if p.monitor.read(func() bool { return p.monitor.refused == 0 })() {
		t.Error("the monitor never saw a name it does not know: the test shows nothing")
	}
}

// Originals' generations are the hour: at midnight they fall, and with a restart
// in the hour only the heartbeat does. Who is heard of lives.
func TestGenerationsThatGoBack(t *testing.T) {
	t.Parallel()
	p := newPair(t, func(_ context.Context, conn net.Conn) {
		request(conn)
		answerWith(conn, string(xmlrpc.AppendAnswer(nil, xmlrpc.NilValue())))
	})
	p.monitor.mu.Lock()
	p.monitor.known[p.stranger] = 2
	p.monitor.mu.Unlock()
	p.steady(t, func(beat int) {
		switch {
		case beat < 7:
			p.beat(t, 82_800, int32(1000+beat))
		case beat < 14:
			p.beat(t, 0, int32(beat-7)) // past midnight, restarted
		default:
			p.beat(t, 0, 0) // it does not even count
		}
		if p.monitor.suspects(p.a.address, p.stranger)() || p.monitor.suspects(p.b.address, p.stranger)() {
			t.Fatalf("suspected at beat %d", beat)
		}
	})
}

// A monitor that takes its time, drops every third connection and answers
// heartbeats with a string.
func TestTroublesomeMonitor(t *testing.T) {
	t.Parallel()
	m := newMonitorDouble()
	methods := wire.MonitorMethods(m)
	inner, err := xmlrpc.NewServer(methods, xmlrpc.DefaultServerOptions())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	calls := 0
	heartbeat := methods["setheartbeatTime"]
	methods["setheartbeatTime"] = xmlrpc.Method{Call: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
		_, err := heartbeat.Call(ctx, args)
		return xmlrpc.StringValue("thanks"), err
	}}
	monitor := start(t, listen(t, anyPort), func(ctx context.Context, l net.Listener) error {
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			calls++
			drop := calls%3 == 0
			mu.Unlock()
			if drop {
				panic(http.ErrAbortHandler)
			}
			select {
			case <-time.After(fast.Heartbeat):
			case <-r.Context().Done():
				return
			}
			inner.ServeHTTP(w, r)
		})}
		defer context.AfterFunc(ctx, func() { server.Close() })()
		_ = server.Serve(l)
		return nil
	})
	p := newPairAt(t, m, monitor.address, func(context.Context, net.Conn) {})
	p.steady(t, nil)
}
