package xmlrpc_test

import (
	"strings"
	"testing"
	"time"

	"gossiprpc/internal/xmlrpc"
)

func TestDecode(t *testing.T) {
	type lists struct {
		Live  []string `xmlrpc:"live"`
		Dead  []string `xmlrpc:"dead"`
		Count int      `xmlrpc:"count"`
	}
	texts := func(s ...string) xmlrpc.Value {
		v := xmlrpc.ArrayValue()
		for _, text := range s {
			v.Items = append(v.Items, xmlrpc.StringValue(text))
		}
		return v
	}
	got := lists{Dead: []string{"old"}, Count: 7}
	err := xmlrpc.StructValue(xmlrpc.Member{Name: "live", Value: texts("a", "", "<c>")}, xmlrpc.Member{Name: "more", Value: xmlrpc.IntValue(1)}, xmlrpc.Member{Name: "dead", Value: texts()}).
		Decode(&got)
	if want := (lists{Live: []string{"a", "", "<c>"}}); err != nil || same(want, got) != "" {
		t.Errorf("%v%s", err, same(want, got))
	}
	text := "old"
	if err := xmlrpc.StringValue("").Decode(&text); err != nil || text != "" {
		t.Errorf("%q, %v", text, err)
	}
	var index map[string]int32
	if err := xmlrpc.StructValue(xmlrpc.Member{Name: "a&b", Value: xmlrpc.IntValue(3)}).Decode(&index); err != nil ||
		index["a&b"] != 3 {
		t.Errorf("%v, %v", index, err)
	}
	var at time.Time
	if err := xmlrpc.DateTimeValue("20210506T10:00:00").Decode(&at); err != nil || at.Year() != 2021 {
		t.Errorf("%v, %v", at, err)
	}
}

// Each of these kolo would take in silence, or panic on.
func TestDecodeRefuses(t *testing.T) {
	type name string
	type self struct{ Next []self }
	var (
		number   int32
		text     string
		list     []string
		anything any
		pointer  *int
		named    map[name]int
		nested   struct{ X []any }
	)
	one := xmlrpc.IntValue(1)
	for _, c := range []struct {
		v      xmlrpc.Value
		target any
		want   string
	}{
		{xmlrpc.NilValue(), &number, "nil"},
		{xmlrpc.ArrayValue(xmlrpc.NilValue()), &list, "nil"},
		{xmlrpc.StructValue(xmlrpc.Member{Name: "a"}), &map[string]int{}, "nil"},
		{xmlrpc.IntValue(1 << 32), &number, "out of range"},
		{one, &text, "type mismatch"},
		{one, &list, "type mismatch"},
		{xmlrpc.StringValue("1"), &number, "type mismatch"},
		{xmlrpc.ArrayValue(one), &list, "type mismatch"},
		{one, &anything, "cannot be filled"},
		{one, &pointer, "cannot be filled"},
		{one, &named, "other keys than string"},
		{one, &nested, "cannot be filled"},
		{one, &self{}, "refers to itself"},
		{one, number, "want a pointer"},
		{one, (*int)(nil), "want a pointer"},
		{one, nil, "want a pointer"},
	} {
		if err := c.v.Decode(c.target); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v into %T: %v, want %q", c.v, c.target, err, c.want)
		}
	}
}
