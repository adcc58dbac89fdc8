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

func (m Monitor) tell(ctx context.Context, method string, write func([]byte) []byte) error {
	return m.Client.Tell(ctx, m.HostPort, method, write)
}

// Register makes a known to the monitor, or begins a new incarnation of it.
func (m Monitor) Register(ctx context.Context, a gossip.Address) error {
	return m.tell(ctx, setMapping, addressCall(setMapping, a))
}

// Heartbeat says that a lives.
func (m Monitor) Heartbeat(ctx context.Context, a gossip.Address) error {
	return m.tell(ctx, setheartbeatTime, addressCall(setheartbeatTime, a))
}

// SendStates reports what a knows of all endpoints, and its running message
// count, which must fit 32 bits.
func (m Monitor) SendStates(ctx context.Context, a gossip.Address, states gossip.StateMap, count int) error {
	if count < math.MinInt32 || count > math.MaxInt32 {
		return fmt.Errorf("call %s on %s: %w: message count %d, want an int of 32 bits", sendEpStateMap, m.HostPort, ErrValue, count)
	}
	return tell(ctx, m.Client, m.HostPort, sendEpStateMap, len(states), func(f form) func([]byte) []byte {
		return f.statesCall(a, states, int32(count))
	})
}

func (f form) statesCall(a gossip.Address, states gossip.StateMap, count int32) func([]byte) []byte {
	return reportCall(sendEpStateMap+f.suffix, a, count, func(dst []byte) []byte { return f.states.append(dst, states) })
}

// reportCall writes a call of a node's address, of what it reports, and of a number.
func reportCall(method string, a gossip.Address, number int32, report func([]byte) []byte) func([]byte) []byte {
	return func(dst []byte) []byte {
		dst = appendCallStart(dst, method)
		dst = appendAddressArgument(dst, a)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = report(dst)
		dst = append(dst, xmlrpc.ParamEnd...)
		dst = appendIntArgument(dst, number)
		return append(dst, xmlrpc.CallEnd...)
	}
}

// UpdateSuspects reports a's fault vector. An original answers with a fault when
// any address in it is unknown to it.
func (m Monitor) UpdateSuspects(ctx context.Context, a gossip.Address, v gossip.FaultVector, generation int32) error {
	return tell(ctx, m.Client, m.HostPort, updateSuspectMatrix, len(v), func(f form) func([]byte) []byte {
		return f.suspectsCall(a, v, generation)
	})
}

func (f form) suspectsCall(a gossip.Address, v gossip.FaultVector, generation int32) func([]byte) []byte {
	return reportCall(updateSuspectMatrix+f.suffix, a, generation, func(dst []byte) []byte { return f.vector.append(dst, v) })
}

// ReportTraffic reports the bytes of all calls that a has made, as a double: they
// outgrow 32 bits. It is an extension: an original answers with a fault.
func (m Monitor) ReportTraffic(ctx context.Context, a gossip.Address, bytes int64) error {
	return m.tell(ctx, reportTraffic, func(dst []byte) []byte {
		return xmlrpc.AppendCall(dst, reportTraffic, encodeAddress(a), xmlrpc.DoubleValue(float64(bytes)))
	})
}

// SuspectMatrix is the monitor's matrix: a row for each observer, a column for
// each observed node, both in join order, 1 for a suspicion. It is nil when
// nobody has joined.
func (m Monitor) SuspectMatrix(ctx context.Context) ([][]int, error) {
	return ask(ctx, m.Client, m.HostPort, getSuspectMatrix, bareCall(getSuspectMatrix), matrixAnswer)
}

var matrixAnswer = answer[[][]int]{reader.matrix, func(v xmlrpc.Value) ([][]int, error) {
	return decodeMatrix("matrix", v)
}}

func (r reader) matrix() [][]int {
	r.Array()
	matrix := [][]int{}
	nodes := 0
	for r.InArray() {
		row := r.cells(nodes)
		nodes = len(row)
		matrix = append(matrix, row)
	}
	if len(matrix) == 1 && len(matrix[0]) == 0 {
		return nil // the original's empty matrix: [[]]
	}
	return matrix
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
	return ask(ctx, m.Client, m.HostPort, getFaultVector, bareCall(getFaultVector), cellsAnswer)
}

var cellsAnswer = answer[[]int]{
	read:   func(r reader) []int { return r.cells(r.Rest()) },
	decode: func(v xmlrpc.Value) ([]int, error) { return decodeCells("vector", v) },
}

// AliveDead lists the nodes by the monitor's verdict, each in join order.
func (m Monitor) AliveDead(ctx context.Context) (live, dead []gossip.Address, err error) {
	n, err := ask(ctx, m.Client, m.HostPort, showAliveDeadNode, bareCall(showAliveDeadNode), nodesAnswer)
	return n.live, n.dead, err
}

var nodesAnswer = answer[nodes]{reader.nodes, decodeNodes}

func (r reader) nodes() (n nodes) {
	r.Struct()
	r.Member(liveNodes)
	n.live = r.addresses()
	r.EndMember()
	r.Member(deadNodes)
	n.dead = r.addresses()
	r.EndMember()
	r.EndStruct()
	return n
}

func decodeNodes(v xmlrpc.Value) (n nodes, err error) {
	for _, name := range []string{liveNodes, deadNodes} { // kolo leaves out in silence what is missing
		if _, err := part("nodes", v, name); err != nil {
			return nodes{}, err
		}
	}
	var lists struct {
		Live []string `xmlrpc:"live"`
		Dead []string `xmlrpc:"dead"`
	}
	if err := v.Decode(&lists); err != nil {
		return nodes{}, err
	}
	if n.live, err = parseAddresses(liveNodes, lists.Live); err != nil {
		return nodes{}, err
	}
	if n.dead, err = parseAddresses(deadNodes, lists.Dead); err != nil {
		return nodes{}, err
	}
	return n, nil
}

// Results is the text of results.txt as the monitor sends it, with <br> for each
// newline. An original answers with a fault when there is no file yet.
func (m Monitor) Results(ctx context.Context) (string, error) {
	return ask(ctx, m.Client, m.HostPort, readFile, bareCall(readFile), textAnswer)
}

var textAnswer = answer[string]{
	read: func(r reader) string { return string(r.Text()) },
	decode: func(v xmlrpc.Value) (text string, err error) {
		err = v.Decode(&text)
		return text, err
	},
}

// Mapping tells each node's index in the join order.
func (m Monitor) Mapping(ctx context.Context) (map[gossip.Address]int, error) {
	return ask(ctx, m.Client, m.HostPort, getMapping, bareCall(getMapping), mappingAnswer)
}

var mappingAnswer = answer[map[gossip.Address]int]{reader.mapping, decodeMapping}

func (r reader) mapping() map[gossip.Address]int {
	mapping := map[gossip.Address]int{}
	r.Struct()
	for a, more := r.entry(); more; a, more = r.entry() {
		mapping[a] = int(r.Int())
		r.EndMember()
	}
	return mapping
}

func decodeMapping(v xmlrpc.Value) (map[gossip.Address]int, error) {
	var byText map[string]int32
	if err := v.Decode(&byText); err != nil {
		return nil, err
	}
	mapping := make(map[gossip.Address]int, len(byText))
	for text, index := range byText {
		a, err := parseAddress("mapping", text)
		if err != nil {
			return nil, err
		}
		mapping[a] = int(index)
	}
	return mapping, nil
}
