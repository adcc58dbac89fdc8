package xmlrpc_test

import (
	"math"
	"strings"

	_ "gossiprpc/internal/property"
	"gossiprpc/internal/xmlrpc"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// same compares values as the wire does: nil and empty slices are one.
func same(a, b any) string {
	return cmp.Diff(a, b, cmpopts.EquateEmpty(), cmpopts.EquateNaNs())
}

// xmlText draws texts that XML can hold, with a liking for what needs escaping.
func xmlText() *rapid.Generator[string] {
	awkward := rapid.SampledFrom(
		[]string{
			"",
			" ",
			"\n",
			"\t",
			"\r",
			"\r\n",
			"<",
			">",
			"&",
			"]]>",
			"&amp;",
			"<!--",
			"\"",
			"'",
			"node1:5000",
			"ü",
			"€",
			"𝄞",
			"\uFFFD",
		},
	)
	runes := rapid.StringOf(rapid.Rune().Filter(func(r rune) bool {
		return (r >= 0x20 || r == '\n' || r == '\t') && r != 0xFFFE && r != 0xFFFF && (r < 0xD800 || r >= 0xE000)
	}))
	return rapid.Custom(func(t *rapid.T) string {
		return awkward.Draw(t, "a") + runes.Draw(t, "b") + awkward.Draw(t, "c")
	})
}

func values(depth int) *rapid.Generator[xmlrpc.Value] {
	return rapid.Custom(func(t *rapid.T) xmlrpc.Value {
		kinds := 9
		if depth == 0 {
			kinds = 7
		}
		switch xmlrpc.Kind(rapid.IntRange(0, kinds-1).Draw(t, "kind")) {
		case xmlrpc.Int:
			return xmlrpc.Value{Kind: xmlrpc.Int, Int: rapid.Int64().Draw(t, "int")}
		case xmlrpc.Bool:
			return xmlrpc.BoolValue(rapid.Bool().Draw(t, "bool"))
		case xmlrpc.Double:
			return xmlrpc.DoubleValue(
				rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Inf(1), math.Inf(-1), math.NaN(), 1e16, 1e15, 1e-4, 1e-5, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64})).
					Draw(t, "double"),
			)
		case xmlrpc.String:
			return xmlrpc.StringValue(xmlText().Draw(t, "string"))
		case xmlrpc.DateTime:
			return xmlrpc.DateTimeValue(
				strings.TrimSpace(rapid.StringMatching(`[0-9]{8}T[0-9]{2}:[0-9]{2}:[0-9]{2}`).Draw(t, "dateTime")),
			)
		case xmlrpc.Base64:
			return xmlrpc.Base64Value(rapid.SliceOf(rapid.Byte()).Draw(t, "base64"))
		case xmlrpc.Array:
			return xmlrpc.ArrayValue(rapid.SliceOfN(values(depth-1), 0, 4).Draw(t, "items")...)
		case xmlrpc.Struct:
			names := rapid.SliceOfNDistinct(xmlText(), 0, 4, rapid.ID).Draw(t, "names")
			members := make([]xmlrpc.Member, len(names))
			for i, name := range names {
				members[i] = xmlrpc.Member{Name: name, Value: values(depth-1).Draw(t, "member")}
			}
			return xmlrpc.StructValue(members...)
		default:
			return xmlrpc.NilValue()
		}
	})
}
