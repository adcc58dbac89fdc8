package wire

import (
	"math"
	"testing"

	"gossiprpc/internal/xmlrpc"
)

// TestBytesLimits: counts of bytes are whole numbers that a double holds exactly.
func TestBytesLimits(t *testing.T) {
	const most = 1 << 53
	for _, n := range []int64{0, 1, most - 1, most} {
		for _, v := range []xmlrpc.Value{{Kind: xmlrpc.Int, Int: n}, {Kind: xmlrpc.Double, Float: float64(n)}} {
			if got, err := decodeBytes("bytes", v); err != nil || got != n {
				t.Errorf("%+v is read as %d, %v", v, got, err)
			}
		}
	}
	for _, v := range []xmlrpc.Value{
		{Kind: xmlrpc.Int, Int: -1},
		{Kind: xmlrpc.Int, Int: most + 1},
		{Kind: xmlrpc.String},
		{Kind: xmlrpc.Double, Float: -1},
		{Kind: xmlrpc.Double, Float: most + 2},
		{Kind: xmlrpc.Double, Float: 0.5},
		{Kind: xmlrpc.Double, Float: math.NaN()},
		{Kind: xmlrpc.Double, Float: math.Inf(1)},
	} {
		if got, err := decodeBytes("bytes", v); err == nil {
			t.Errorf("%+v is read as %d", v, got)
		}
	}
}
