package wire

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// MonitorHandler is what a monitor does and knows; the methods mean what
// Monitor's do. Results returns the plain text of results.txt. It is called from
// many goroutines.
type MonitorHandler interface {
	Register(ctx context.Context, a gossip.Address) error
	Heartbeat(ctx context.Context, a gossip.Address) error
	ReceiveStates(ctx context.Context, a gossip.Address, states gossip.StateMap, count int32) error
	UpdateSuspects(ctx context.Context, a gossip.Address, v gossip.FaultVector, generation int32) error
	ReportTraffic(ctx context.Context, a gossip.Address, bytes int64) error
	Mapping(ctx context.Context) (map[gossip.Address]int, error)
	SuspectMatrix(ctx context.Context) ([][]int, error)
	FaultVector(ctx context.Context) ([]int, error)
	AliveDead(ctx context.Context) (live, dead []gossip.Address, err error)
	Results(ctx context.Context) (string, error)
}

// MonitorMethods are a monitor's methods: those of nodes, those that the web app
// asks, and the extension.
func MonitorMethods(h MonitorHandler) xmlrpc.Methods {
	states := receiveStates(h)
	methods := xmlrpc.Methods{
		setMapping:          told(setMapping, h.Register),
		setheartbeatTime:    told(setheartbeatTime, h.Heartbeat),
		sendEpStateMap:      states,
		receiveStateMap:     states,
		updateSuspectMatrix: updateSuspects(h),
		reportTraffic:       traffic(h),
		getMapping:          asked(getMapping, h.Mapping, encodeMapping),
		getSuspectMatrix:    asked(getSuspectMatrix, h.SuspectMatrix, encodeMatrix),
		getFaultVector:      asked(getFaultVector, h.FaultVector, encodeCells),
		readFile:            asked(readFile, h.Results, encodeResults),
		showAliveDeadNode: asked(showAliveDeadNode, func(ctx context.Context) (n nodes, err error) {
			n.live, n.dead, err = h.AliveDead(ctx)
			return n, err
		}, encodeNodes),
	}
	if s, ok := h.(StatusHandler); ok {
		methods[getStatus] = asked(getStatus, s.Status, encodeStatus)
	}
	return methods
}

// told makes the method of a call that has an address, and whose answer is nil.
func told(method string, do func(context.Context, gossip.Address) error) xmlrpc.Method {
	return func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
		a, err := onlyAddress(method, args)
		if err != nil {
			return xmlrpc.Value{}, err
		}
		return xmlrpc.NilValue(), do(ctx, a)
	}
}

// asked makes the method of a call without arguments.
func asked[T any](method string, ask func(context.Context) (T, error), encode func(T) xmlrpc.Value) xmlrpc.Method {
	return func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
		if err := count(method, args); err != nil {
			return xmlrpc.Value{}, err
		}
		t, err := ask(ctx)
		if err != nil {
			return xmlrpc.Value{}, err
		}
		return encode(t), nil
	}
}

func receiveStates(h MonitorHandler) xmlrpc.Method {
	return func(ctx context.Context, args []xmlrpc.Value) (v xmlrpc.Value, err error) {
		if err := count(sendEpStateMap, args, "address", "states", "message count"); err != nil {
			return v, err
		}
		a, err := decodeAddress("address", args[0])
		if err != nil {
			return v, err
		}
		states, err := decodeStates(args[1])
		if err != nil {
			return v, err
		}
		messages, err := decodeInt("message count", args[2])
		if err != nil {
			return v, err
		}
		return v, h.ReceiveStates(ctx, a, states, messages)
	}
}

func updateSuspects(h MonitorHandler) xmlrpc.Method {
	return func(ctx context.Context, args []xmlrpc.Value) (v xmlrpc.Value, err error) {
		if err := count(updateSuspectMatrix, args, "address", "fault vector", "generation"); err != nil {
			return v, err
		}
		a, err := decodeAddress("address", args[0])
		if err != nil {
			return v, err
		}
		vector, err := decodeVector("fault vector", args[1])
		if err != nil {
			return v, err
		}
		generation, err := decodeInt("generation", args[2])
		if err != nil {
			return v, err
		}
		return v, h.UpdateSuspects(ctx, a, vector, generation)
	}
}

func traffic(h MonitorHandler) xmlrpc.Method {
	return func(ctx context.Context, args []xmlrpc.Value) (v xmlrpc.Value, err error) {
		if err := count(reportTraffic, args, "address", "bytes"); err != nil {
			return v, err
		}
		a, err := decodeAddress("address", args[0])
		if err != nil {
			return v, err
		}
		bytes, err := decodeBytes("bytes", args[1])
		if err != nil {
			return v, err
		}
		return v, h.ReportTraffic(ctx, a, bytes)
	}
}

// decodeBytes takes a double, or an int: up to 2^53 a double counts exactly.
func decodeBytes(what string, v xmlrpc.Value) (int64, error) {
	const most = 1 << 53
	switch {
	case v.Kind == xmlrpc.Double && v.Float >= 0 && v.Float <= most && v.Float == math.Trunc(v.Float):
		return int64(v.Float), nil
	case v.Kind == xmlrpc.Int && v.Int >= 0 && v.Int <= most:
		return v.Int, nil
	}
	return 0, wrong(what, v, "a whole double from 0 to 2^53")
}

// encodeMapping writes in join order, as the original's dict does.
func encodeMapping(mapping map[gossip.Address]int) xmlrpc.Value {
	members := make([]xmlrpc.Member, 0, len(mapping))
	for a, index := range mapping {
		members = append(members, xmlrpc.Member{Name: string(a), Value: xmlrpc.IntValue(index)})
	}
	slices.SortFunc(members, func(a, b xmlrpc.Member) int {
		if c := cmp.Compare(a.Value.Int, b.Value.Int); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return xmlrpc.StructValue(members...)
}

// encodeMatrix writes [[]] for an empty matrix, as the original.
func encodeMatrix(matrix [][]int) xmlrpc.Value {
	if len(matrix) == 0 {
		return xmlrpc.ArrayValue(xmlrpc.ArrayValue())
	}
	rows := make([]xmlrpc.Value, len(matrix))
	for i, row := range matrix {
		rows[i] = encodeCells(row)
	}
	return xmlrpc.ArrayValue(rows...)
}

type nodes struct{ live, dead []gossip.Address }

func encodeNodes(n nodes) xmlrpc.Value {
	return xmlrpc.StructValue(
		xmlrpc.Member{Name: liveNodes, Value: encodeAddresses(n.live)},
		xmlrpc.Member{Name: deadNodes, Value: encodeAddresses(n.dead)},
	)
}

// encodeResults has <br> for newlines: the web app shows the text as HTML.
func encodeResults(text string) xmlrpc.Value {
	return xmlrpc.StringValue(strings.ReplaceAll(text, "\n", "<br>"))
}
