package xmlrpc_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gossiprpc/internal/xmlrpc"
	"gossiprpc/internal/xmlrpc/xmlrpctest"
)

// The eight validator1 tests (validator.xmlrpc.com), served by us.
func validatorMethods() xmlrpc.Methods {
	type value = xmlrpc.Value
	sum := func(of value, names ...string) (n int) {
		for _, name := range names {
			v, _ := of.Member(name)
			n += int(v.Int)
		}
		return n
	}
	stooges := []string{"moe", "larry", "curly"}
	tests := map[string]func(args []value) value{
		"arrayOfStructsTest": func(args []value) value {
			n := 0
			for _, s := range args[0].Items {
				n += sum(s, "curly")
			}
			return xmlrpc.IntValue(n)
		},
		"countTheEntities": func(args []value) value {
			counted := xmlrpc.StructValue()
			for i, name := range strings.Fields("ctLeftAngleBrackets ctRightAngleBrackets ctAmpersands ctApostrophes ctQuotes") {
				counted.Members = append(
					counted.Members,
					xmlrpc.Member{Name: name, Value: xmlrpc.IntValue(strings.Count(args[0].Str, `<>&'"`[i:i+1]))},
				)
			}
			return counted
		},
		"easyStructTest": func(args []value) value { return xmlrpc.IntValue(sum(args[0], stooges...)) },
		"echoStructTest": func(args []value) value { return args[0] },
		"manyTypesTest":  func(args []value) value { return xmlrpc.ArrayValue(args...) },
		"moderateSizeArrayCheck": func(args []value) value {
			items := args[0].Items
			return xmlrpc.StringValue(items[0].Str + items[len(items)-1].Str)
		},
		"nestedStructTest": func(args []value) value {
			year, _ := args[0].Member("2000")
			month, _ := year.Member("04")
			day, _ := month.Member("01")
			return xmlrpc.IntValue(sum(day, stooges...))
		},
		"simpleStructReturnTest": func(args []value) value {
			times := xmlrpc.StructValue()
			for _, n := range []int{10, 100, 1000} {
				times.Members = append(
					times.Members,
					xmlrpc.Member{Name: fmt.Sprintf("times%d", n), Value: xmlrpc.IntValue(n * int(args[0].Int))},
				)
			}
			return times
		},
	}
	methods := xmlrpc.Methods{}
	for name, test := range tests {
		methods["validator1."+name] = xmlrpc.Method{Call: func(_ context.Context, args []value) (value, error) {
			return test(args), nil
		}}
	}
	return methods
}

type validatorCase struct {
	method string
	args   []xmlrpc.Value
	want   xmlrpc.Value
}

func validatorCases() []validatorCase {
	number := xmlrpc.IntValue
	text := xmlrpc.StringValue
	of := func(members ...any) xmlrpc.Value {
		s := xmlrpc.StructValue()
		for i := 0; i < len(members); i += 2 {
			s.Members = append(
				s.Members,
				xmlrpc.Member{Name: members[i].(string), Value: members[i+1].(xmlrpc.Value)},
			)
		}
		return s
	}
	stooges := func(moe, larry, curly int) xmlrpc.Value {
		return of("moe", number(moe), "larry", number(larry), "curly", number(curly))
	}
	array := xmlrpc.ArrayValue()
	for i := range 150 {
		array.Items = append(array.Items, text(fmt.Sprintf("Item %d & more <%d>", i, i)))
	}
	many := []xmlrpc.Value{
		number(-41), xmlrpc.BoolValue(true), text("Grüße, \U0001F40D\ttab\nline"), xmlrpc.DoubleValue(-12.5),
		xmlrpc.DateTimeValue("20210506T10:00:00"), xmlrpc.Base64Value([]byte("bytes")),
	}
	calendar := of(
		"1999", of("12", of("31", stooges(1, 1, 1))),
		"2000", of("03", of("01", stooges(5, 5, 5)), "04", of("01", stooges(7, -9, 44), "02", stooges(3, 3, 3))),
	)
	echoed := of("bob", number(5), "a <b> & 'c' \"d\"", stooges(1, 2, 3), "empty", of(), "none", xmlrpc.ArrayValue())
	return []validatorCase{
		{
			"arrayOfStructsTest",
			[]xmlrpc.Value{xmlrpc.ArrayValue(stooges(1, 2, 3), stooges(4, 5, -60), stooges(7, 8, 100))},
			number(43),
		},
		{
			"countTheEntities",
			[]xmlrpc.Value{text(`<<<a>>&amp;&'"'"'`)},
			of(
				"ctLeftAngleBrackets",
				number(3),
				"ctRightAngleBrackets",
				number(2),
				"ctAmpersands",
				number(2),
				"ctApostrophes",
				number(3),
				"ctQuotes",
				number(2),
			),
		},
		{"easyStructTest", []xmlrpc.Value{stooges(10, 20, -7)}, number(23)},
		{"echoStructTest", []xmlrpc.Value{echoed}, echoed},
		{"manyTypesTest", many, xmlrpc.ArrayValue(many...)},
		{"moderateSizeArrayCheck", []xmlrpc.Value{array}, text("Item 0 & more <0>Item 149 & more <149>")},
		{"nestedStructTest", []xmlrpc.Value{calendar}, number(42)},
		{
			"simpleStructReturnTest",
			[]xmlrpc.Value{number(-3)},
			of("times10", number(-30), "times100", number(-300), "times1000", number(-3000)),
		},
	}
}

// rubyBytes is what Ruby makes of bytes: it has no type of its own for those it
// has received, and hands them on as a string.
func rubyBytes(v xmlrpc.Value) xmlrpc.Value {
	if v.Kind == xmlrpc.Base64 {
		return xmlrpc.StringValue(string(v.Bytes))
	}
	for i := range v.Items {
		v.Items[i] = rubyBytes(v.Items[i])
	}
	return v
}

func TestValidator(t *testing.T) {
	hostport := serve(t, validatorMethods(), quiet())
	check := func(t *testing.T, call func(t *testing.T, c validatorCase) (xmlrpc.Value, error), as func(xmlrpc.Value) xmlrpc.Value) {
		t.Helper()
		for _, c := range validatorCases() {
			v, err := call(t, c)
			if err != nil {
				t.Errorf("%s: %v", c.method, err)
			} else if diff := same(sorted(as(c.want)), sorted(v)); diff != "" {
				t.Errorf("%s: %s", c.method, diff)
			}
		}
	}
	asIs := func(v xmlrpc.Value) xmlrpc.Value { return v }
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	we := func(server string) func(*testing.T, validatorCase) (xmlrpc.Value, error) {
		return func(t *testing.T, c validatorCase) (xmlrpc.Value, error) {
			return client.Call(t.Context(), server, "validator1."+c.method, c.args...)
		}
	}
	t.Run("we call us", func(t *testing.T) { check(t, we(hostport), asIs) })
	t.Run("Python calls us", func(t *testing.T) {
		python := xmlrpctest.NewReferee(t)
		check(t, func(t *testing.T, c validatorCase) (xmlrpc.Value, error) {
			return python.Call(t, "http://"+hostport, "validator1."+c.method, c.args...)
		}, asIs)
	})
	t.Run("we call Python", func(t *testing.T) { check(t, we(xmlrpctest.StartServer(t, "validator")), asIs) })
	t.Run("Ruby calls us", func(t *testing.T) {
		ruby := xmlrpctest.NewRuby(t, hostport)
		check(t, func(t *testing.T, c validatorCase) (xmlrpc.Value, error) {
			return ruby.Call(t, "validator1."+c.method, c.args...)
		}, rubyBytes)
	})
	t.Run("we call Ruby", func(t *testing.T) { check(t, we(xmlrpctest.StartRubyServer(t)), rubyBytes) })
}

// What Python's side does not show: Ruby's own forms, nil and faults.
func TestRuby(t *testing.T) {
	hostport := serve(t, methods(), quiet())
	ruby := xmlrpctest.NewRuby(t, hostport)
	values := []xmlrpc.Value{
		xmlrpc.NilValue(), xmlrpc.IntValue(-2147483648), xmlrpc.StringValue(""), xmlrpc.StringValue("<&>\"' ü \U0001F40D"),
		xmlrpc.ArrayValue(), xmlrpc.ArrayValue(xmlrpc.NilValue(), xmlrpc.ArrayValue()), xmlrpc.BoolValue(false), xmlrpc.DoubleValue(0.1),
		xmlrpc.StructValue(), xmlrpc.StringValue(strings.Repeat("long ü ", 1000)), // comes back gzipped
	}
	want := xmlrpc.ArrayValue(values...)
	if v, err := ruby.Call(t, "echo", values...); err != nil || same(want, v) != "" {
		t.Errorf("Ruby calls us: %v%s", err, same(want, v))
	}
	if _, err := ruby.Call(t, "nope"); err == nil ||
		err.Error() != `fault 1: <class 'Exception'>:method "nope" is not supported` {
		t.Errorf("Ruby calls us: %v", err)
	}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	server := xmlrpctest.StartRubyServer(t)
	if v, err := client.Call(t.Context(), server, "echo", values...); err != nil || same(want, v) != "" {
		t.Errorf("we call Ruby: %v%s", err, same(want, v))
	}
	if _, err := client.Call(t.Context(), server, "fail"); err == nil ||
		!strings.Contains(err.Error(), "fault 7: own <text>") {
		t.Errorf("we call Ruby: %v", err)
	}
}

// sorted puts structs' members in the order of their names.
func sorted(v xmlrpc.Value) xmlrpc.Value {
	v.Items = slices.Clone(v.Items)
	for i := range v.Items {
		v.Items[i] = sorted(v.Items[i])
	}
	v.Members = slices.Clone(v.Members)
	for i := range v.Members {
		v.Members[i].Value = sorted(v.Members[i].Value)
	}
	slices.SortFunc(v.Members, func(a, b xmlrpc.Member) int { return strings.Compare(a.Name, b.Name) })
	return v
}
