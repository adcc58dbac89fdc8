package wire

import (
	"context"
	"fmt"
	"math"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// Monitor calls a monitor. It is safe for many goroutines.
type Monitor struct {
	Client   *xmlrpc.Client
	HostPort string
}

func (m Monitor) tell(ctx context.Context, method string, args ...xmlrpc.Value) error {
	_, err := m.Client.Call(ctx, m.HostPort, method, args...)
	return err
}

// Register makes a known to the monitor, or begins a new incarnation of it.
func (m Monitor) Register(ctx context.Context, a gossip.Address) error {
	return m.tell(ctx, setMapping, encodeAddress(a))
}

// Heartbeat says that a lives.
func (m Monitor) Heartbeat(ctx context.Context, a gossip.Address) error {
	return m.tell(ctx, setheartbeatTime, encodeAddress(a))
}

// SendStates reports what a knows of all endpoints, and its running message
// count, which must fit 32 bits.
func (m Monitor) SendStates(ctx context.Context, a gossip.Address, states gossip.StateMap, count int) error {
	if count < math.MinInt32 || count > math.MaxInt32 {
		return fmt.Errorf("call %s on %s: %w: message count %d, want an int of 32 bits", sendEpStateMap, m.HostPort, ErrValue, count)
	}
	return m.tell(ctx, sendEpStateMap, encodeAddress(a), encodeStates(states), xmlrpc.IntValue(count))
}

// UpdateSuspects reports a's fault vector. An original answers with a fault when
// any address in it is unknown to it.
func (m Monitor) UpdateSuspects(ctx context.Context, a gossip.Address, v gossip.FaultVector, generation int32) error {
	return m.tell(ctx, updateSuspectMatrix, encodeAddress(a), encodeVector(v), encodeInt(generation))
}

// ReportTraffic reports the bytes of all calls that a has made, as a double: they
// outgrow 32 bits. It is an extension: an original answers with a fault.
func (m Monitor) ReportTraffic(ctx context.Context, a gossip.Address, bytes int64) error {
	return m.tell(ctx, reportTraffic, encodeAddress(a), xmlrpc.DoubleValue(float64(bytes)))
}

// SuspectMatrix is the monitor's matrix: a row for each observer, a column for
// each observed node, both in join order, 1 for a suspicion. It is nil when
// nobody has joined.
func (m Monitor) SuspectMatrix(ctx context.Context) ([][]int, error) {
	v, err := m.Client.Call(ctx, m.HostPort, getSuspectMatrix)
	if err != nil {
		return nil, err
	}
	matrix, err := decodeMatrix("matrix", v)
	if err != nil {
		return nil, badAnswer(getSuspectMatrix, m.HostPort, err)
	}
	return matrix, nil
}

// decodeMatrix reads the value itself, where the other answers go by kolo: a
// matrix has n*n cells, and kolo takes a microsecond and more for each.
func decodeMatrix(what string, v xmlrpc.Value) ([][]int, error) {
	if v.Kind != xmlrpc.Array {
		return nil, wrong(what, v, "an array of arrays of 0 and 1")
	}
	if len(v.Items) == 1 && v.Items[0].Kind == xmlrpc.Array && len(v.Items[0].Items) == 0 {
		return nil, nil // the original's empty matrix: [[]]
	}
	matrix := make([][]int, len(v.Items))
	for i, row := range v.Items {
		var err error
		if matrix[i], err = decodeCells(fmt.Sprintf("%s[%d]", what, i), row); err != nil {
			return nil, err
		}
	}
	return matrix, nil
}

// FaultVector is the monitor's verdict on each node in join order, 1 for failed.
func (m Monitor) FaultVector(ctx context.Context) ([]int, error) {
	v, err := m.Client.Call(ctx, m.HostPort, getFaultVector)
	if err != nil {
		return nil, err
	}
	vector, err := decodeCells("vector", v)
	if err != nil {
		return nil, badAnswer(getFaultVector, m.HostPort, err)
	}
	return vector, nil
}

// AliveDead lists the nodes by the monitor's verdict, each in join order.
func (m Monitor) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	v, err := m.Client.Call(ctx, m.HostPort, showAliveDeadNode)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []string{liveNodes, deadNodes} { // kolo leaves out in silence what is missing
		if _, err := part("nodes", v, name); err != nil {
			return nil, nil, badAnswer(showAliveDeadNode, m.HostPort, err)
		}
	}
	var lists struct {
		Live []string `xmlrpc:"live"`
		Dead []string `xmlrpc:"dead"`
	}
	if err := v.Decode(&lists); err != nil {
		return nil, nil, badAnswer(showAliveDeadNode, m.HostPort, err)
	}
	if live, err = parseAddresses(liveNodes, lists.Live); err != nil {
		return nil, nil, badAnswer(showAliveDeadNode, m.HostPort, err)
	}
	if dead, err = parseAddresses(deadNodes, lists.Dead); err != nil {
		return nil, nil, badAnswer(showAliveDeadNode, m.HostPort, err)
	}
	return live, dead, nil
}

// Results is the text of results.txt as the monitor sends it, with <br> for each
// newline. An original answers with a fault when there is no file yet.
func (m Monitor) Results(ctx context.Context) (string, error) {
	v, err := m.Client.Call(ctx, m.HostPort, readFile)
	if err != nil {
		return "", err
	}
	var text string
	if err := v.Decode(&text); err != nil {
		return "", badAnswer(readFile, m.HostPort, err)
	}
	return text, nil
}

// Mapping tells each node's index in the join order.
func (m Monitor) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	v, err := m.Client.Call(ctx, m.HostPort, getMapping)
	if err != nil {
		return nil, err
	}
	var byText map[string]int32
	if err := v.Decode(&byText); err != nil {
		return nil, badAnswer(getMapping, m.HostPort, err)
	}
	mapping := make(map[gossip.Address]int, len(byText))
	for text, index := range byText {
		a, err := parseAddress("mapping", text)
		if err != nil {
			return nil, badAnswer(getMapping, m.HostPort, err)
		}
		mapping[a] = int(index)
	}
	return mapping, nil
}
