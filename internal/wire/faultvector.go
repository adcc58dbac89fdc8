package wire

import (
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

func appendVector(dst []byte, v gossip.FaultVector) []byte {
	dst = append(dst, xmlrpc.StructStart...)
	start := len(dst)
	for i := range v {
		dst = appendName(dst, string(v[i].Address))
		if v[i].Suspected {
			dst = append(dst, xmlrpc.IntStart+"1"+xmlrpc.IntEnd+xmlrpc.MemberEnd...)
		} else {
			dst = append(dst, xmlrpc.IntStart+"0"+xmlrpc.IntEnd+xmlrpc.MemberEnd...)
		}
		dst = makeRoom(dst, start, i, len(v))
	}
	return append(dst, xmlrpc.StructEnd...)
}

func (r reader) vector() gossip.FaultVector {
	r.Struct()
	cells := make([]gossip.Suspicion, 0, r.atMost(memberFrame+intFrame))
	for a, more := r.entry(); more && !r.full(len(cells)); a, more = r.entry() {
		cells = append(cells, gossip.Suspicion{Address: a, Suspected: r.cell() == 1})
		r.EndMember()
	}
	return newVector(cells)
}

func (r reader) cell() int32 {
	cell := r.Int()
	if cell != 0 && cell != 1 {
		r.Refuse()
	}
	return cell
}

func newVector(cells []gossip.Suspicion) gossip.FaultVector {
	return gossip.NewFaultVector(lastFirst(cells, func(s *gossip.Suspicion) gossip.Address { return s.Address }))
}

// decodeVector keeps the last of several cells for one address, as Python's dict
// does.
func decodeVector(what string, v xmlrpc.Value) (gossip.FaultVector, error) {
	if v.Kind != xmlrpc.Struct {
		return nil, wrong(what, v, "a struct of 0 and 1")
	}
	if err := entries(what, v); err != nil {
		return nil, err
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
		cells[i] = gossip.Suspicion{Address: a, Suspected: suspected == 1}
	}
	return newVector(cells), nil
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

func appendCells(dst []byte, cells []int) []byte {
	dst = append(dst, xmlrpc.ArrayStart...)
	for _, cell := range cells {
		dst = appendInt(dst, int32(cell))
	}
	return append(dst, xmlrpc.ArrayEnd...)
}

// cells reads about as many cells as are expected.
func (r reader) cells(expected int) []int {
	r.Array()
	cells := make([]int, 0, min(expected, r.Rest()/intFrame))
	for r.InArray() {
		cells = append(cells, int(r.cell()))
	}
	return cells
}
