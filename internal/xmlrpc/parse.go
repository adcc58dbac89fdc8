package xmlrpc

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseCall reads a methodCall document. It keeps nothing of body. Errors are
// *SyntaxError or wrap ErrLimit.
func ParseCall(body []byte, l Limits) (method string, args []Value, err error) {
	s := newScanner(body, l)
	if err := s.prolog(); err != nil {
		return "", nil, err
	}
	call, err := s.root("methodCall")
	if err != nil {
		return "", nil, err
	}
	name, err := s.open("methodName")
	if err != nil {
		return "", nil, err
	}
	at := s.pos
	if method, err = s.text(name); err != nil {
		return "", nil, err
	}
	if len(method) > maxMethodName {
		return "", nil, s.failAt(at, "a method name of %d bytes, want at most %d", len(method), maxMethodName)
	}
	params, more, err := s.child(call)
	if err != nil {
		return "", nil, err
	}
	if more { // Python writes params always, kolo not for a call without arguments
		if string(params.local) != "params" {
			return "", nil, s.fail("%s where <params> belongs", params)
		}
		if args, err = s.params(params); err != nil {
			return "", nil, err
		}
		if err := s.close(call); err != nil {
			return "", nil, err
		}
	}
	return method, args, s.eof()
}

// ParseAnswer reads a methodResponse document. A fault comes back as *Fault
// error; other errors are *SyntaxError or wrap ErrLimit. It keeps nothing of body.
func ParseAnswer(body []byte, l Limits) (Value, error) {
	s := newScanner(body, l)
	if err := s.prolog(); err != nil {
		return Value{}, err
	}
	answer, err := s.root("methodResponse")
	if err != nil {
		return Value{}, err
	}
	s.space()
	at := s.pos
	t, more, err := s.child(answer)
	if err != nil {
		return Value{}, err
	}
	var v Value
	var fault bool
	switch {
	case !more:
		return Value{}, s.failAt(at, "an answer without value and fault")
	case string(t.local) == "params":
		args, err := s.params(t)
		if err != nil {
			return Value{}, err
		}
		if len(args) != 1 {
			return Value{}, s.failAt(at, "an answer with %d values, want 1", len(args))
		}
		v = args[0]
	case string(t.local) == "fault":
		fault = true
		if v, err = s.only(t); err != nil {
			return Value{}, err
		}
	default:
		return Value{}, s.failAt(at, "%s where <params> or <fault> belongs", t)
	}
	if err := s.close(answer); err != nil {
		return Value{}, err
	}
	if err := s.eof(); err != nil {
		return Value{}, err
	}
	if fault {
		return Value{}, s.fault(v, at)
	}
	return v, nil
}

func newScanner(body []byte, l Limits) *scanner {
	return &scanner{doc: body, limits: l, stack: make([]Member, 0, 32)}
}

func (s *scanner) root(name string) (tag, error) {
	if s.pos == 0 && len(s.doc) > 0 && isSpace(s.doc[0]) && bytes.HasPrefix(bytes.TrimSpace(s.doc), []byte("<?")) {
		return tag{}, s.fail("white space before the XML declaration")
	}
	t, err := s.open(name)
	if err == nil && t.empty {
		err = s.fail("<%s/> is empty", name)
	}
	return t, err
}

func (s *scanner) eof() error {
	s.space()
	if s.pos == len(s.doc) {
		return nil
	}
	if _, err := s.tag(); err != nil { // names "<!" where it is that
		return err
	}
	return s.fail("more after the document's end")
}

// child reads either a start tag inside parent (more is true) or parent's end.
func (s *scanner) child(parent tag) (t tag, more bool, err error) {
	if parent.empty {
		return t, false, nil
	}
	s.space()
	at := s.pos
	if t, err = s.tag(); err != nil {
		return t, false, err
	}
	if !t.closing {
		return t, true, nil
	}
	if !bytes.Equal(t.full, parent.full) {
		return t, false, s.failAt(at, "%s where </%s> belongs", t, shorten(parent.full))
	}
	return t, false, nil
}

func (s *scanner) params(parent tag) ([]Value, error) {
	mark := len(s.stack)
	for {
		at := s.pos
		t, more, err := s.child(parent)
		if err != nil {
			return nil, err
		}
		if !more {
			return s.popItems(mark), nil
		}
		if string(t.local) != "param" {
			return nil, s.failAt(at, "%s where <param> belongs", t)
		}
		v, err := s.only(t)
		if err != nil {
			return nil, err
		}
		s.stack = append(s.stack, Member{Value: v})
	}
}

// only reads the one value inside parent, and parent's end.
func (s *scanner) only(parent tag) (Value, error) {
	if parent.empty {
		return Value{}, s.fail("%s holds no value", parent)
	}
	t, err := s.open("value")
	if err != nil {
		return Value{}, err
	}
	v, err := s.value(t, 0)
	if err != nil {
		return Value{}, err
	}
	return v, s.close(parent)
}

// value reads what stands between start tag t of a value and its end tag.
func (s *scanner) value(t tag, depth int) (Value, error) {
	if s.elements++; s.elements > s.limits.MaxElements {
		return Value{}, fmt.Errorf("more than %d values: %w", s.limits.MaxElements, ErrLimit)
	}
	if t.empty {
		return StringValue(""), nil
	}
	at := s.pos
	text, coded, err := s.raw()
	if err != nil {
		return Value{}, err
	}
	next := s.pos
	typ, err := s.tag()
	if err != nil {
		return Value{}, err
	}
	if typ.closing { // a value without a type is a string, white space and all
		if !bytes.Equal(typ.full, t.full) {
			return Value{}, s.failAt(next, "%s where </value> belongs", typ)
		}
		if coded {
			if text, err = s.decode(at, text); err != nil {
				return Value{}, err
			}
		}
		return StringValue(string(text)), nil
	}
	for i, c := range text {
		if !isSpace(c) {
			return Value{}, s.failAt(at+i, "text %q beside %s", shorten(text[i:]), typ)
		}
	}
	v, err := s.typed(typ, next, depth)
	if err != nil {
		return Value{}, err
	}
	return v, s.close(t)
}

func (s *scanner) typed(t tag, at, depth int) (Value, error) {
	switch string(t.local) {
	case "array", "struct":
		if depth >= s.limits.MaxDepth {
			return Value{}, fmt.Errorf("arrays and structs more than %d deep: %w", s.limits.MaxDepth, ErrLimit)
		}
		if t.local[0] == 'a' {
			return s.array(t, depth+1)
		}
		return s.structure(t, depth+1)
	case "string":
		text, err := s.text(t)
		return StringValue(text), err
	}
	kind, bits := scalar(t.local)
	if kind == Array {
		return Value{}, s.failAt(at, "type %s is not known", t)
	}
	text, err := s.textBytes(t)
	if err != nil {
		return Value{}, err
	}
	text = bytes.Trim(text, " \t\r\n")
	switch kind {
	case Int:
		if n, ok := smallInt(text); ok && bits >= 32 {
			return Value{Kind: Int, Int: n}, nil
		}
		n, err := strconv.ParseInt(string(text), 10, bits)
		if err != nil {
			return Value{}, s.failAt(at, "%q is no whole number of %d bits", shorten(text), bits)
		}
		return Value{Kind: Int, Int: n}, nil
	case Bool:
		if len(text) != 1 || text[0] != '0' && text[0] != '1' {
			return Value{}, s.failAt(at, "boolean %q, want 0 or 1", shorten(text))
		}
		return BoolValue(text[0] == '1'), nil
	case Double:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || strings.ContainsAny(string(text), "xXpP_") {
			return Value{}, s.failAt(at, "%q is no double", shorten(text))
		}
		return DoubleValue(f), nil
	case Base64:
		return s.base64(text, at)
	case DateTime:
		return DateTimeValue(string(text)), nil
	default:
		if len(text) > 0 {
			return Value{}, s.failAt(at, "text %q in nil", shorten(text))
		}
		return NilValue(), nil
	}
}

// scalar names the kind behind a type's tag, and for numbers the bits it may
// have. Array stands for a type that is not known. An <int> may have 64 bits, as
// in Python, so that whoever wants 32 can say which argument was too large.
func scalar(name []byte) (Kind, int) {
	switch string(name) {
	case "int", "i4", "i8":
		return Int, 64
	case "i1":
		return Int, 8
	case "i2":
		return Int, 16
	case "boolean":
		return Bool, 0
	case "double", "float":
		return Double, 0
	case "base64":
		return Base64, 0
	case "dateTime.iso8601":
		return DateTime, 0
	case "nil":
		return Nil, 0
	}
	return Array, 0
}

// smallInt reads up to 18 plain digits, which nearly every number is.
func smallInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func (s *scanner) base64(text []byte, at int) (Value, error) {
	packed := make([]byte, 0, len(text))
	for _, c := range text {
		if !isSpace(c) {
			packed = append(packed, c)
		}
	}
	n, err := base64.StdEncoding.Decode(packed, packed)
	if err != nil {
		return Value{}, s.failAt(at, "bad base64")
	}
	return Base64Value(packed[:n]), nil
}

func (s *scanner) array(t tag, depth int) (Value, error) {
	at := s.pos
	data, more, err := s.child(t)
	if err != nil || !more {
		return ArrayValue(), err
	}
	if string(data.local) != "data" {
		return Value{}, s.failAt(at, "%s where <data> belongs", data)
	}
	mark := len(s.stack)
	for {
		at := s.pos
		item, more, err := s.child(data)
		if err != nil {
			return Value{}, err
		}
		if !more {
			return ArrayValue(s.popItems(mark)...), s.close(t)
		}
		if string(item.local) != "value" {
			return Value{}, s.failAt(at, "%s where <value> belongs", item)
		}
		v, err := s.value(item, depth)
		if err != nil {
			return Value{}, err
		}
		s.stack = append(s.stack, Member{Value: v})
	}
}

func (s *scanner) structure(t tag, depth int) (Value, error) {
	mark := len(s.stack)
	for {
		at := s.pos
		member, more, err := s.child(t)
		if err != nil {
			return Value{}, err
		}
		if !more {
			return StructValue(s.popMembers(mark)...), nil
		}
		if string(member.local) != "member" || member.empty {
			return Value{}, s.failAt(at, "%s where <member> belongs", member)
		}
		nameTag, err := s.open("name")
		if err != nil {
			return Value{}, err
		}
		name, err := s.textBytes(nameTag)
		if err != nil {
			return Value{}, err
		}
		m := Member{Name: s.intern(name)}
		value, err := s.open("value")
		if err != nil {
			return Value{}, err
		}
		if m.Value, err = s.value(value, depth); err != nil {
			return Value{}, err
		}
		if err := s.close(member); err != nil {
			return Value{}, err
		}
		s.stack = append(s.stack, m)
	}
}

func (s *scanner) popItems(mark int) []Value {
	top := s.stack[mark:]
	if len(top) == 0 {
		return nil
	}
	items := make([]Value, len(top))
	for i := range top {
		items[i] = top[i].Value
	}
	s.drop(mark)
	return items
}

func (s *scanner) popMembers(mark int) []Member {
	top := s.stack[mark:]
	if len(top) == 0 {
		return nil
	}
	members := make([]Member, len(top))
	copy(members, top)
	s.drop(mark)
	return members
}

// drop shortens the stack. What lies above is overwritten before it is read.
func (s *scanner) drop(mark int) { s.stack = s.stack[:mark] }

// intern gives equal names one string.
func (s *scanner) intern(name []byte) string {
	if len(name) == 0 || len(name) > 32 {
		return string(name)
	}
	slot := &s.names[(len(name)*7+int(name[0])+int(name[len(name)-1])*3)%len(s.names)]
	if *slot != string(name) {
		*slot = string(name)
	}
	return *slot
}

func (s *scanner) fault(v Value, at int) error {
	code, ok := v.Member("faultCode")
	text, also := v.Member("faultString")
	if !ok || !also || code.Kind != Int || text.Kind != String || code.Int < math.MinInt32 || code.Int > math.MaxInt32 {
		return s.failAt(at, "a fault without an int faultCode and a string faultString")
	}
	return &Fault{Code: int(code.Int), Text: text.Str}
}
