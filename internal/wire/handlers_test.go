package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// recorder is a node, a monitor and a provider that keep what they are told and
// answer what the test put in.
type recorder struct {
	mu   sync.Mutex
	told []string

	from    gossip.Address
	message gossip.Message
	states  gossip.StateMap
	vector  gossip.FaultVector

	err        error
	protocol   gossip.ProtocolNumber
	members    []gossip.Address
	mapping    map[gossip.Address]int
	matrix     [][]int
	faults     []int
	live, dead []gossip.Address
	results    string
}

func (r *recorder) note(format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
	return r.err
}

func (r *recorder) Receive(_ context.Context, from gossip.Address, m gossip.Message) error {
	r.from, r.message = from, m
	return r.note("%s from %s", m.Kind(), from)
}

func (r *recorder) ReceiveStates(_ context.Context, a gossip.Address, states gossip.StateMap, count int32) error {
	r.states = states
	return r.note("states of %s, %d messages", a, count)
}

func (r *recorder) UpdateSuspects(_ context.Context, a gossip.Address, v gossip.FaultVector, generation int32) error {
	r.vector = v
	return r.note("suspects of %s, generation %d", a, generation)
}

func (r *recorder) Register(_ context.Context, a gossip.Address) error {
	return r.note("register %s", a)
}

func (r *recorder) Heartbeat(_ context.Context, a gossip.Address) error {
	return r.note("heartbeat %s", a)
}

func (r *recorder) ReportTraffic(_ context.Context, a gossip.Address, bytes int64) error {
	return r.note("traffic of %s: %d", a, bytes)
}

// Report notes the parts.
func (r *recorder) Report(ctx context.Context, all machine.Report) error {
	err := r.note("report of %s", all.Node)
	if s := all.Suspects; s != nil {
		err = errors.Join(err, r.UpdateSuspects(ctx, s.Node, s.Vector, s.Generation))
	}
	if s := all.States; s != nil {
		err = errors.Join(err, r.ReceiveStates(ctx, s.Node, s.Map, s.Messages))
	}
	if s := all.Traffic; s != nil {
		err = errors.Join(err, r.ReportTraffic(ctx, s.Node, s.Bytes))
	}
	return err
}

func (r *recorder) Mapping(context.Context) (map[gossip.Address]int, error) { return r.mapping, r.err }

func (r *recorder) SuspectMatrix(context.Context) ([][]int, error) { return r.matrix, r.err }

func (r *recorder) FaultVector(context.Context) ([]int, error) { return r.faults, r.err }

func (r *recorder) AliveDead(context.Context) (live, dead []gossip.Address, err error) {
	return r.live, r.dead, r.err
}
func (r *recorder) Results(context.Context) (string, error) { return r.results, r.err }
func (r *recorder) Join(_ context.Context, a gossip.Address) (gossip.ProtocolNumber, error) {
	return r.protocol, r.note("join %s", a)
}
func (r *recorder) Members(context.Context) ([]gossip.Address, error) { return r.members, r.err }
func (r *recorder) Protocol(context.Context) (gossip.ProtocolNumber, error) {
	return r.protocol, r.err
}

// serve runs the methods on loopback for the test's time.
func serve(t *testing.T, m xmlrpc.Methods) (hostport string, c *xmlrpc.Client) {
	t.Helper()
	o := xmlrpc.DefaultServerOptions()
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := xmlrpc.NewServer(m, o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if c, err = xmlrpc.NewClient(xmlrpc.DefaultClientOptions()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		c.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), c
}

// answering is a method that answers whatever v holds when it is called.
func answering(v *xmlrpc.Value) xmlrpc.Method {
	return xmlrpc.Method{Call: func(context.Context, []xmlrpc.Value) (xmlrpc.Value, error) { return *v, nil }}
}

// TestBodyLimits: what tells of nodes may be as large as any call, the rest is small.
func TestBodyLimits(t *testing.T) {
	for method, want := range map[string]int64{
		acceptSyn: 0, acceptAck: 0, acceptAck2: 0, receiveGossip: 0, sendEpStateMap: 0, receiveStateMap: 0,
		updateSuspectMatrix: 0, setheartbeatTime: 8 << 10, setMapping: 8 << 10, "unknown": 8 << 10,
	} {
		if got := BodyLimit(method); got != want {
			t.Errorf("%s may have %d bytes, want %d", method, got, want)
		}
	}
}

// TestReadingASmallCallIsCheap: room is made for as many entries as the document can
// have, not for as many as are allowed.
func TestReadingASmallCallIsCheap(t *testing.T) {
	digest := gossip.NewDigest([]gossip.DigestEntry{{Address: "a:1", AppVersion: 1, Generation: 1, Heartbeat: 1}})
	for _, f := range []form{plain, terse} {
		document := f.appendMessage(nil, "b:1", gossip.Gossip{Digest: digest})
		r := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, c := xmlrpc.ReadCall(document, xmlrpc.DefaultLimits())
				if m := f.gossip().read(reader{&c, nil}); m.Message == nil || !c.EndCall() {
					b.Fatal("not read straight")
				}
			}
		})
		if most := int64(4 * len(document)); r.N == 0 || r.AllocedBytesPerOp() > most {
			t.Errorf("%d bytes to read a call of %d, want at most %d", r.AllocedBytesPerOp(), len(document), most)
		}
	}
}
