package wire

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// Status is all that a page wants to show of a monitor at one instant.
type Status struct {
	Nodes   []NodeStatus  // in join order
	Matrix  []gossip.Bits // row: observer, bit: observed, both in join order
	Running string        // title of the running case; empty: none
	For     time.Duration
	Waiting string   // what the running case still needs
	Events  []string // the latest, oldest first
	Deaf    string   // how little the monitor hears; empty: enough to judge
	// Unwritten says which results could not be written yet, and why; empty: none.
	Unwritten string
}

// NodeStatus is one node of a Status.
type NodeStatus struct {
	Address      gossip.Address
	Failed       bool          // the verdict
	Eligible     bool          // its opinion counts
	HeartbeatAge time.Duration // below 0: there was none
	Incarnation  int           // from 1
	Suspecting   int           // eligible other observers that suspect it
	Observers    int           // eligible other observers
}

// StatusHandler is a [MonitorHandler] that also offers the extension getStatus.
type StatusHandler interface {
	Status(ctx context.Context) (Status, error)
}

// Status asks for everything at once. It is an extension: an original monitor
// answers with a fault.
func (m Monitor) Status(ctx context.Context) (Status, error) {
	v, err := m.Client.Call(ctx, m.HostPort, getStatus)
	if err != nil {
		return Status{}, err
	}
	s, err := decodeStatus(v)
	if err != nil {
		return Status{}, badAnswer(getStatus, m.HostPort, err)
	}
	return s, nil
}

// statusForm and nodeForm are getStatus's answer as kolo reads it. Times are
// seconds.
type statusForm struct {
	Nodes   []nodeForm `xmlrpc:"nodes"`
	Running string     `xmlrpc:"running"`
	For     float64    `xmlrpc:"for"`
	Waiting string     `xmlrpc:"waiting"`
	Events  []string   `xmlrpc:"events"`
	Deaf    string     `xmlrpc:"deaf"`

	Unwritten string `xmlrpc:"unwritten"`
}

type nodeForm struct {
	Address      string  `xmlrpc:"address"`
	Failed       bool    `xmlrpc:"failed"`
	Eligible     bool    `xmlrpc:"eligible"`
	HeartbeatAge float64 `xmlrpc:"heartbeatAge"`
	Incarnation  int     `xmlrpc:"incarnation"`
	Suspecting   int     `xmlrpc:"suspecting"`
	Observers    int     `xmlrpc:"observers"`
}

// statusMatrix is one run of bytes, a bit for each pair: row after row, each of whole bytes
// (2 MiB for 4,096 nodes).
const statusMatrix = "matrix"

func encodeStatus(s Status) xmlrpc.Value {
	nodes := make([]xmlrpc.Value, len(s.Nodes))
	for i, n := range s.Nodes {
		nodes[i] = xmlrpc.StructValue(
			xmlrpc.Member{Name: "address", Value: encodeAddress(n.Address)},
			xmlrpc.Member{Name: "failed", Value: xmlrpc.BoolValue(n.Failed)},
			xmlrpc.Member{Name: "eligible", Value: xmlrpc.BoolValue(n.Eligible)},
			xmlrpc.Member{Name: "heartbeatAge", Value: xmlrpc.DoubleValue(n.HeartbeatAge.Seconds())},
			xmlrpc.Member{Name: "incarnation", Value: xmlrpc.IntValue(n.Incarnation)},
			xmlrpc.Member{Name: "suspecting", Value: xmlrpc.IntValue(n.Suspecting)},
			xmlrpc.Member{Name: "observers", Value: xmlrpc.IntValue(n.Observers)},
		)
	}
	events := make([]xmlrpc.Value, len(s.Events))
	for i, e := range s.Events {
		events[i] = xmlrpc.StringValue(e)
	}
	return xmlrpc.StructValue(
		xmlrpc.Member{Name: "nodes", Value: xmlrpc.ArrayValue(nodes...)},
		xmlrpc.Member{Name: statusMatrix, Value: xmlrpc.Base64Value(slices.Concat(s.Matrix...))},
		xmlrpc.Member{Name: "running", Value: xmlrpc.StringValue(s.Running)},
		xmlrpc.Member{Name: "for", Value: xmlrpc.DoubleValue(s.For.Seconds())},
		xmlrpc.Member{Name: "waiting", Value: xmlrpc.StringValue(s.Waiting)},
		xmlrpc.Member{Name: "events", Value: xmlrpc.ArrayValue(events...)},
		xmlrpc.Member{Name: "deaf", Value: xmlrpc.StringValue(s.Deaf)},
		xmlrpc.Member{Name: "unwritten", Value: xmlrpc.StringValue(s.Unwritten)},
	)
}

func decodeStatus(v xmlrpc.Value) (Status, error) {
	matrix, ok := v.Member(statusMatrix)
	if !ok || matrix.Kind != xmlrpc.Base64 {
		return Status{}, wrong("status", v, "a struct with a base64 member "+statusMatrix)
	}
	rest := xmlrpc.Value{Kind: xmlrpc.Struct} // which kolo takes
	for _, m := range v.Members {
		if m.Name != statusMatrix {
			rest.Members = append(rest.Members, m)
		}
	}
	var form statusForm
	if err := rest.Decode(&form); err != nil {
		return Status{}, err
	}
	s := Status{Running: form.Running, For: seconds(form.For), Waiting: form.Waiting, Events: form.Events, Deaf: form.Deaf, Unwritten: form.Unwritten}
	for _, n := range form.Nodes {
		a, err := parseAddress("nodes", n.Address)
		if err != nil {
			return Status{}, err
		}
		s.Nodes = append(s.Nodes, NodeStatus{
			Address: a, Failed: n.Failed, Eligible: n.Eligible, HeartbeatAge: seconds(n.HeartbeatAge),
			Incarnation: n.Incarnation, Suspecting: n.Suspecting, Observers: n.Observers,
		})
	}
	if len(matrix.Bytes) == 0 {
		return s, nil
	}
	row := len(gossip.NewBits(len(s.Nodes)))
	if len(matrix.Bytes) != row*len(s.Nodes) {
		return Status{}, fmt.Errorf("%s has %d bytes, want %d for %d nodes", statusMatrix, len(matrix.Bytes), row*len(s.Nodes), len(s.Nodes))
	}
	for bits := range slices.Chunk(matrix.Bytes, row) {
		s.Matrix = append(s.Matrix, bits)
	}
	return s, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
