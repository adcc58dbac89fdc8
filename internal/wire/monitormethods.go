package wire

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
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
	Report(ctx context.Context, r machine.Report) error
	Mapping(ctx context.Context) (map[gossip.Address]int, error)
	SuspectMatrix(ctx context.Context) ([][]int, error)
	FaultVector(ctx context.Context) ([]int, error)
	AliveDead(ctx context.Context) (live, dead []gossip.Address, err error)
	Results(ctx context.Context) (string, error)
}

// Revised is a [MonitorHandler] that tells when what it knows of nodes, suspicions
// and verdicts has changed: answers are made anew only then.
type Revised interface {
	Revision(ctx context.Context) (uint64, error)
}

// MaxMatrix is how many nodes a matrix may have that is sent: it has 490,000 values
// then, and 13 MB.
const MaxMatrix = 700

// MonitorMethods are a monitor's methods: those of nodes, those that the web app
// asks, and the extensions.
func MonitorMethods(h MonitorHandler) xmlrpc.Methods {
	var revision func(context.Context) (uint64, error)
	if v, ok := h.(Revised); ok {
		revision = v.Revision
	}
	methods := xmlrpc.Methods{
		setMapping:       method(onlyAddress(setMapping), taken(h.Register)),
		setheartbeatTime: method(onlyAddress(setheartbeatTime), taken(h.Heartbeat)),
		reportTraffic:    traffic(h),
		getMapping:       xmlrpc.Share(asked(getMapping, h.Mapping, appendMapping), revision),
		getSuspectMatrix: xmlrpc.Share(asked(getSuspectMatrix, h.SuspectMatrix, appendMatrix), revision),
		getFaultVector:   xmlrpc.Share(asked(getFaultVector, h.FaultVector, appendCells), revision),
		readFile:         xmlrpc.Share(asked(readFile, h.Results, appendResults), nil),
		showAliveDeadNode: xmlrpc.Share(asked(showAliveDeadNode, func(ctx context.Context) (n nodes, err error) {
			n.live, n.dead, err = h.AliveDead(ctx)
			return n, err
		}, appendNodes), revision),
	}
	for _, f := range []form{plain, terse} {
		methods[sendEpStateMap+f.suffix] = method(f.stateReport(), taken(func(ctx context.Context, s machine.States) error {
			return h.ReceiveStates(ctx, s.Node, s.Map, s.Messages)
		}))
		methods[updateSuspectMatrix+f.suffix] = method(f.suspectReport(), taken(func(ctx context.Context, s machine.Suspects) error {
			return h.UpdateSuspects(ctx, s.Node, s.Vector, s.Generation)
		}))
	}
	lists := &toldLists{}
	methods[reportAll+terse.suffix] = method(wholeArguments, taken(func(ctx context.Context, r machine.Report) error {
		if r.Suspects != nil {
			lists.keep(r.Suspects.Vector)
		}
		return h.Report(ctx, r)
	}))
	methods[reportMarked+terse.suffix] = method(markedArguments, taken(func(ctx context.Context, m marked) error {
		r, err := lists.whole(m)
		if err != nil {
			return err
		}
		return h.Report(ctx, r)
	}))
	methods[receiveStateMap] = methods[sendEpStateMap]
	if s, ok := h.(StatusHandler); ok {
		methods[getStatus] = xmlrpc.Share(askedValue(getStatus, s.Status, encodeStatus), nil)
	}
	return methods
}

// asked makes the method of a call without arguments, whose answer's value is written
// by write.
func asked[T any](method string, ask func(context.Context) (T, error), write func([]byte, T) []byte) xmlrpc.Method {
	return askedValue(method, ask, func(t T) xmlrpc.Value {
		document := write([]byte(xmlrpc.AnswerStart), t)
		return xmlrpc.Written(append(document, xmlrpc.AnswerEnd...))
	})
}

func askedValue[T any](method string, ask func(context.Context) (T, error), encode func(T) xmlrpc.Value) xmlrpc.Method {
	return xmlrpc.Method{Call: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
		if err := count(method, args); err != nil {
			return xmlrpc.Value{}, err
		}
		t, err := ask(ctx)
		if err != nil {
			return xmlrpc.Value{}, err
		}
		return encode(t), nil
	}}
}

// onlyAddress is how a call's only argument, an address, is read.
func onlyAddress(method string) arguments[gossip.Address] {
	return arguments[gossip.Address]{read: reader.addressArgument, decode: func(args []xmlrpc.Value) (gossip.Address, error) {
		if err := count(method, args, "address"); err != nil {
			return "", err
		}
		return decodeAddress("address", args[0])
	}}
}

func (f form) stateReport() arguments[machine.States] {
	return report(f, sendEpStateMap, statesArgument, "message count", f.states,
		func(node gossip.Address, all gossip.StateMap, messages int32) machine.States {
			return machine.States{Node: node, Map: all, Messages: messages}
		})
}

func (f form) suspectReport() arguments[machine.Suspects] {
	return report(f, updateSuspectMatrix, "fault vector", "generation", f.vector,
		func(node gossip.Address, all gossip.FaultVector, generation int32) machine.Suspects {
			return machine.Suspects{Node: node, Vector: all, Generation: generation}
		})
}

// report is how a call of a node's address, of entries, and of a number is read.
func report[All, T any](
	f form, method, what, number string, k kind[All], of func(gossip.Address, All, int32) T,
) arguments[T] {
	return arguments[T]{
		read: func(r reader) T {
			node := r.addressArgument()
			r.Param()
			all := k.read(r)
			r.EndParam()
			return of(node, all, r.intArgument())
		},
		decode: func(args []xmlrpc.Value) (t T, err error) {
			if err = count(method+f.suffix, args, "address", what, number); err != nil {
				return t, err
			}
			node, err := decodeAddress("address", args[0])
			if err != nil {
				return t, err
			}
			all, err := k.decode(what, args[1])
			if err != nil {
				return t, err
			}
			n, err := decodeInt(number, args[2])
			if err != nil {
				return t, err
			}
			return of(node, all, n), nil
		},
		weight: f.weight,
	}
}

func traffic(h MonitorHandler) xmlrpc.Method {
	return xmlrpc.Method{Call: func(ctx context.Context, args []xmlrpc.Value) (v xmlrpc.Value, err error) {
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
	}}
}

const maxBytes = 1 << 53

// decodeBytes takes a double, or an int: up to 2^53 a double counts exactly.
func decodeBytes(what string, v xmlrpc.Value) (int64, error) {
	switch {
	case v.Kind == xmlrpc.Double && v.Float >= 0 && v.Float <= maxBytes && v.Float == math.Trunc(v.Float):
		return int64(v.Float), nil
	case v.Kind == xmlrpc.Int && v.Int >= 0 && v.Int <= maxBytes:
		return v.Int, nil
	}
	return 0, wrong(what, v, "a whole double from 0 to 2^53")
}

// appendMapping writes in join order, as the original's dict does.
func appendMapping(dst []byte, mapping map[gossip.Address]int) []byte {
	dst = append(dst, xmlrpc.StructStart...)
	for _, a := range joinOrder(mapping) {
		dst = appendName(dst, string(a))
		dst = appendInt(dst, int32(mapping[a]))
		dst = append(dst, xmlrpc.MemberEnd...)
	}
	return append(dst, xmlrpc.StructEnd...)
}

// joinOrder is a mapping as a list.
func joinOrder(mapping map[gossip.Address]int) []gossip.Address {
	return slices.SortedFunc(maps.Keys(mapping), func(a, b gossip.Address) int {
		return cmp.Or(cmp.Compare(mapping[a], mapping[b]), cmp.Compare(a, b))
	})
}

// appendMatrix writes [[]] for an empty matrix, as the original.
func appendMatrix(dst []byte, matrix [][]int) []byte {
	dst = append(dst, xmlrpc.ArrayStart...)
	if len(matrix) == 0 {
		dst = appendCells(dst, nil)
	}
	for _, row := range matrix {
		dst = appendCells(dst, row)
	}
	return append(dst, xmlrpc.ArrayEnd...)
}

type nodes struct{ live, dead []gossip.Address }

func appendNodes(dst []byte, n nodes) []byte {
	dst = append(dst, xmlrpc.StructStart+xmlrpc.MemberStart+liveNodes+xmlrpc.NameEnd...)
	dst = appendAddresses(dst, n.live)
	dst = append(dst, xmlrpc.MemberEnd+xmlrpc.MemberStart+deadNodes+xmlrpc.NameEnd...)
	dst = appendAddresses(dst, n.dead)
	return append(dst, xmlrpc.MemberEnd+xmlrpc.StructEnd...)
}

// appendResults writes <br> for newlines: the web app shows the text as HTML.
func appendResults(dst []byte, text string) []byte {
	return appendText(dst, strings.ReplaceAll(text, "\n", "<br>"))
}
