package xmlrpctest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"

	"gossiprpc/internal/xmlrpc"
)

// Referee is a Python process that reads, writes and calls. It is safe for many
// goroutines, one question at a time.
type Referee struct{ peer *peer }

// NewReferee starts one for the test tb. Without python3 the test is skipped, or
// fails where the environment variable CI is set.
func NewReferee(tb testing.TB) *Referee {
	in, out := python(tb, refereeScript)
	return &Referee{&peer{in: in, out: out}}
}

type refereeAnswer struct {
	Method string   `json:"method"`
	Values []tagged `json:"values"`
	Doc    []byte   `json:"doc"`
	Fault  *struct {
		Code int    `json:"code"`
		Text string `json:"text"`
	} `json:"fault"`
	Error string `json:"error"`
}

func (a refereeAnswer) err() error {
	switch {
	case a.Fault != nil:
		return &xmlrpc.Fault{Code: a.Fault.Code, Text: a.Fault.Text}
	case a.Error != "":
		return errors.New(a.Error)
	}
	return nil
}

func (a refereeAnswer) values() []xmlrpc.Value {
	values := make([]xmlrpc.Value, len(a.Values))
	for i := range a.Values {
		values[i] = a.Values[i].Value
	}
	return values
}

// Load is xmlrpc.client.loads: a call's method and arguments, or an answer's
// value, or a *xmlrpc.Fault.
func (r *Referee) Load(tb testing.TB, doc []byte) (method string, values []xmlrpc.Value, err error) {
	tb.Helper()
	var a refereeAnswer
	r.peer.ask(tb, map[string]any{"do": "load", "doc": doc}, &a)
	return a.Method, a.values(), a.err()
}

// Dump is xmlrpc.client.dumps: a call's document, or an answer's if method is "".
func (r *Referee) Dump(tb testing.TB, method string, values ...xmlrpc.Value) ([]byte, error) {
	tb.Helper()
	var a refereeAnswer
	r.peer.ask(tb, map[string]any{"do": "dump", "method": method, "values": tag(values)}, &a)
	return a.Doc, a.err()
}

// Call is ServerProxy(url).method(*args). One proxy is kept for each url. An
// error that is no *xmlrpc.Fault has the Python exception's name and text, or
// "ProtocolError STATUS".
func (r *Referee) Call(tb testing.TB, url, method string, args ...xmlrpc.Value) (xmlrpc.Value, error) {
	tb.Helper()
	var a refereeAnswer
	r.peer.ask(tb, map[string]any{"do": "call", "url": url, "method": method, "values": tag(args)}, &a)
	if err := a.err(); err != nil {
		return xmlrpc.Value{}, err
	}
	return a.Values[0].Value, nil
}

// tagged is a value as JSON: its kind, then what it holds.
type tagged struct{ xmlrpc.Value }

func tag(values []xmlrpc.Value) []tagged {
	out := make([]tagged, len(values))
	for i, v := range values {
		out[i] = tagged{v}
	}
	return out
}

func (t tagged) MarshalJSON() ([]byte, error) {
	switch t.Kind {
	case xmlrpc.Int:
		return json.Marshal([]any{"int", strconv.FormatInt(t.Int, 10)})
	case xmlrpc.Bool:
		return json.Marshal([]any{"boolean", t.Int != 0})
	case xmlrpc.Double:
		return json.Marshal([]any{"double", strconv.FormatFloat(t.Float, 'g', -1, 64)})
	case xmlrpc.String, xmlrpc.DateTime:
		return json.Marshal([]any{t.Kind.String(), t.Str})
	case xmlrpc.Base64:
		return json.Marshal([]any{"base64", append([]byte{}, t.Bytes...)})
	case xmlrpc.Array:
		return json.Marshal([]any{"array", tag(t.Items)})
	case xmlrpc.Struct:
		members := make([]any, len(t.Members))
		for i, m := range t.Members {
			members[i] = []any{m.Name, tagged{m.Value}}
		}
		return json.Marshal([]any{"struct", members})
	default:
		return json.Marshal([]any{"nil"})
	}
}

func (t *tagged) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) == 0 {
		return errors.New("no kind")
	}
	var kind, text string
	if err := json.Unmarshal(parts[0], &kind); err != nil {
		return err
	}
	if kind == "nil" {
		t.Value = xmlrpc.NilValue()
		return nil
	}
	held := parts[1]
	switch kind {
	case "int", "double", "string", "dateTime":
		if err := json.Unmarshal(held, &text); err != nil {
			return err
		}
	}
	var err error
	switch kind {
	case "int":
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		t.Value = xmlrpc.Value{Kind: xmlrpc.Int, Int: n}
	case "double":
		var f float64
		if f, err = strconv.ParseFloat(text, 64); math.IsInf(f, 0) {
			err = nil
		}
		t.Value = xmlrpc.DoubleValue(f)
	case "string":
		t.Value = xmlrpc.StringValue(text)
	case "dateTime":
		t.Value = xmlrpc.DateTimeValue(text)
	case "boolean":
		var v bool
		err = json.Unmarshal(held, &v)
		t.Value = xmlrpc.BoolValue(v)
	case "base64":
		var v []byte
		err = json.Unmarshal(held, &v)
		t.Value = xmlrpc.Base64Value(v)
	case "array":
		var items []tagged
		err = json.Unmarshal(held, &items)
		t.Value = xmlrpc.ArrayValue()
		for _, item := range items {
			t.Items = append(t.Items, item.Value)
		}
	case "struct":
		return t.unmarshalStruct(held)
	default:
		return fmt.Errorf("kind %q", kind)
	}
	return err
}

func (t *tagged) unmarshalStruct(b []byte) error {
	var members [][2]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	t.Value = xmlrpc.StructValue()
	for _, m := range members {
		var name string
		var v tagged
		if err := json.Unmarshal(m[0], &name); err != nil {
			return err
		}
		if err := json.Unmarshal(m[1], &v); err != nil {
			return err
		}
		t.Members = append(t.Members, xmlrpc.Member{Name: name, Value: v.Value})
	}
	return nil
}
