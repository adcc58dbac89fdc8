package wire

import (
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

func encodeVector(v gossip.FaultVector) xmlrpc.Value {
	members := make([]xmlrpc.Member, len(v))
	for i, s := range v {
		cell := 0
		if s.Suspected {
			cell = 1
		}
		members[i] = xmlrpc.Member{Name: string(s.Address), Value: xmlrpc.IntValue(cell)}
	}
	return xmlrpc.StructValue(members...)
}

// decodeVector keeps the last of several cells for one address, as Python's dict
// does.
func decodeVector(what string, v xmlrpc.Value) (gossip.FaultVector, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(what, v, "a struct of 0 and 1")
	}
	cells := make([]gossip.Suspicion, len(v.Members))
	for i, m := range v.Members {
		a, err := parseAddress(what, m.Name)
		if err != nil {
			return nil, err
		}
		suspected, err := decodeCell(what+"["+m.Name+"]", m.Value)
		if err != nil {
			return nil, err
		}
		cells[len(cells)-1-i] = gossip.Suspicion{Address: a, Suspected: suspected == 1} // NewFaultVector keeps the first
	}
	return gossip.NewFaultVector(cells), nil
}

func decodeCell(what string, v xmlrpc.Value) (int, error) {
	if v.Kind != xmlrpc.Int || v.Int != 0 && v.Int != 1 {
		return 0, wrong(what, v, "int 0 or 1")
	}
	return int(v.Int), nil
}

func decodeCells(what string, v xmlrpc.Value) ([]int, error) {
	if v.Kind != xmlrpc.Array {
		return nil, wrong(what, v, "an array of 0 and 1")
	}
	cells := make([]int, len(v.Items))
	for i, item := range v.Items {
		var err error
		if cells[i], err = decodeCell(what, item); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

func encodeCells(cells []int) xmlrpc.Value {
	items := make([]xmlrpc.Value, len(cells))
	for i, c := range cells {
		items[i] = xmlrpc.IntValue(c)
	}
	return xmlrpc.ArrayValue(items...)
}
