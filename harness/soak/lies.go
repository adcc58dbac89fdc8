package soak

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"gossiprpc/harness"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// lie is one thing that the liar does. All but forgeries are done in the liar's own name,
// or in nobody's.
type lie struct {
	name string
	// forged: it speaks for another, and must be refused by a fault.
	forged bool
	// to is whom it is told: a node, monitor or provider; empty: any of them.
	to  string
	say func(ctx context.Context, l *liar, to string) error
}

// anyNode stands for one of the nodes.
const anyNode = "node"

// lies are what is drawn from. Each is one call, or a few at once; the figures are those
// of SECURITY.md, beyond its limits where it has one.
var lies = []lie{
	{
		"a row in an observer's name, all suspected", true, harness.Monitor,
		func(ctx context.Context, l *liar, to string) error {
			var row gossip.FaultVector
			for _, a := range l.addresses() {
				row = append(row, gossip.Suspicion{Address: a, Suspected: true})
			}
			return l.call(ctx, to, machine.Suspects{Node: l.victim(), Vector: row, Generation: 1})
		},
	},
	{"a heartbeat in a node's name", true, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Heartbeat{Node: l.victim()})
	}},
	{"a registration in a node's name", true, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Register{Node: l.victim()})
	}},
	{"a state map in a node's name", true, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.States{Node: l.victim(), Messages: math.MaxInt32})
	}},
	{"empty gossip in a node's name", true, anyNode, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Message{From: l.victim(), Message: gossip.Gossip{}})
	}},
	{"a SYN in a node's name", true, anyNode, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Message{From: l.victim(), Message: gossip.Syn{ClusterID: gossip.ClusterID}})
	}},
	{"a node's joining in its name", true, harness.Provider, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Join{Node: l.victim()})
	}},
	{"a SYN of a host that then says nothing", false, anyNode, func(ctx context.Context, l *liar, to string) error {
		syn := gossip.Syn{ClusterID: gossip.ClusterID, Digest: l.news()}
		return l.call(ctx, to, machine.Message{From: l.silent(), Message: syn})
	}},
	{"gossip that all nodes are far ahead", false, anyNode, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Message{From: l.silent(), Message: gossip.Gossip{Digest: l.news()}})
	}},
	{"invented names at the provider", false, harness.Provider, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Join{Node: l.ghost()})
	}},
	{"invented names at the monitor", false, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		return l.call(ctx, to, machine.Register{Node: l.ghost()})
	}},
	{"a ghost that says nothing", false, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		return l.vote(ctx, to, nil)
	}},
	{"a ghost that says that all live", false, harness.Monitor, func(ctx context.Context, l *liar, to string) error {
		var row gossip.FaultVector
		for _, a := range l.addresses() {
			row = append(row, gossip.Suspicion{Address: a})
		}
		return l.vote(ctx, to, row)
	}},
	{"a status of 15 MB, gzipped", false, anyNode, func(ctx context.Context, l *liar, to string) error {
		return l.post(ctx, to, l.hugeStatus)
	}},
	{"261,000 numbers, eight times at once", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.together(8, func() error { return l.post(ctx, to, l.manyValues) })
	}},
	{"an unknown method of a megabyte", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.post(ctx, to, l.hugeMethod)
	}},
	{"what is no XML-RPC", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.post(ctx, to, document{text: []byte("<methodCall><methodName>acceptSyn</methodName><params>")})
	}},
	{"what a form of a web page sends", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.post(ctx, to, document{text: l.hugeMethod.text[:64], form: true})
	}},
	{"32 headers that do not end", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.hold(ctx, to, 32, headBegun+"X: ")
	}},
	{"32 bodies that do not end", false, "", func(ctx context.Context, l *liar, to string) error {
		return l.hold(ctx, to, 32, headBegun+"Content-Type: text/xml\r\nContent-Length: 15000000\r\n\r\n<")
	}},
}

// headBegun is how a call's header begins.
const headBegun = "POST /RPC2 HTTP/1.1\r\nHost: a\r\n"

// document is what is posted.
type document struct {
	text   []byte
	packed bool // by gzip
	form   bool // as a web page would send it
}

func (l *liar) prepare() error {
	huge := xmlrpc.StringValue(strings.Repeat("s", 15*mb))
	many := make([]xmlrpc.Value, 261_000)
	for i := range many {
		many[i] = xmlrpc.IntValue(1)
	}
	own := xmlrpc.StringValue(string(l.silent()))
	member := func(name string, v xmlrpc.Value) xmlrpc.Value {
		return xmlrpc.StructValue(xmlrpc.Member{Name: name, Value: v})
	}
	states := member(string(l.silent()), member("appState", member("App_status", huge)))
	var err error
	if l.hugeStatus, err = packed(xmlrpc.AppendCall(nil, "acceptAck", xmlrpc.ArrayValue(), states, own)); err != nil {
		return err
	}
	if l.manyValues, err = packed(xmlrpc.AppendCall(nil, "acceptSyn", xmlrpc.ArrayValue(many...), own)); err != nil {
		return err
	}
	l.hugeMethod = document{text: []byte("<methodCall><methodName>" + strings.Repeat(">", mb))}
	return nil
}

func packed(text []byte) (document, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return document{}, err
	}
	if err := z.Close(); err != nil {
		return document{}, err
	}
	return document{text: b.Bytes(), packed: true}, nil
}

// call makes a call to the process of a name.
func (l *liar) call(ctx context.Context, to string, r machine.Request) error {
	_, err := wire.Do(ctx, l.client, gossip.Address(l.of.HostPort(to)), r)
	return err
}

// vote has a name that no node hears beat and report.
func (l *liar) vote(ctx context.Context, to string, row gossip.FaultVector) error {
	ghost := l.ghost()
	if err := l.call(ctx, to, machine.Heartbeat{Node: ghost}); err != nil {
		return err
	}
	return l.call(ctx, to, machine.Suspects{Node: ghost, Vector: row, Generation: 1})
}

// post sends a document. Whatever the answer is, it is one.
func (l *liar) post(ctx context.Context, to string, d document) error {
	at := "http://" + l.of.HostPort(to) + "/RPC2"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(d.text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "text/xml")
	if d.form {
		r.Header.Set("Content-Type", "text/plain")
		r.Header.Set("Origin", "http://elsewhere.example")
	}
	if d.packed {
		r.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := l.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// together does the same several times at once, and returns the last error.
func (l *liar) together(n int, do func() error) error {
	ended := make(chan error, n)
	for range n {
		go func() { ended <- do() }()
	}
	var last error
	for range n {
		if err := <-ended; err != nil {
			last = err
		}
	}
	return last
}

// holdFor is how long connections are held open: about as long as a server lets them.
const holdFor = 4 * time.Second

// hold opens connections, says how a call begins, and nothing more.
func (l *liar) hold(ctx context.Context, to string, n int, beginning string) error {
	return l.together(n, func() error {
		c, err := l.dialer.DialContext(ctx, "tcp", l.of.HostPort(to))
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(holdFor)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, beginning); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, c)
		if e, ok := err.(net.Error); ok && e.Timeout() { //nolint:errorlint // as the connection returns it
			return nil // it would have held on
		}
		return err
	})
}

// ghost is one of the names that the liar invents, all of its own host, so that it may
// speak for them.
func (l *liar) ghost() gossip.Address {
	return gossip.Address(fmt.Sprintf("%s:%d", liarHost, 1000+l.random.IntN(ghosts)))
}

// ghosts is how many names it invents: not so many that the memory that they may take
// tells nothing.
const ghosts = 200

// victim is a node of the cluster.
func (l *liar) victim() gossip.Address { return l.addresses()[l.random.IntN(len(l.nodes))] }

func (l *liar) addresses() []gossip.Address {
	var all []gossip.Address
	for _, name := range l.nodes {
		all = append(all, gossip.Address(l.of.HostPort(name)))
	}
	return all
}

// news is a digest that has all nodes, and some invented, far ahead.
func (l *liar) news() gossip.Digest {
	d := gossip.Digest{{Address: l.ghost(), Generation: int32(time.Now().Unix()), Heartbeat: 1 << 20}}
	for _, a := range l.addresses() {
		d = append(d, gossip.DigestEntry{Address: a, Generation: int32(time.Now().Unix()), Heartbeat: 1 << 20})
	}
	return d
}
