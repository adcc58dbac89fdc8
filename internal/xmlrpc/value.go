package xmlrpc

// Kind says which of XML-RPC's types a Value holds.
type Kind uint8

// The kinds. Nil is the zero Value's kind.
const (
	Nil Kind = iota
	Int
	Bool
	Double
	String
	DateTime
	Base64
	Array
	Struct

	cells    // written as an Array of Ints: one byte of Bytes for each
	prepared // a whole answer: Bytes is its document, and that of an only item its packed form
)

var kindNames = [...]string{"nil", "int", "boolean", "double", "string", "dateTime", "base64", "array", "struct"}

// String is the kind's name as error texts use it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is one XML-RPC value. Only the fields of its Kind mean anything. A Value
// is read-only once handed over and may then be shared between goroutines.
type Value struct {
	Kind    Kind
	Int     int64    // Int; Bool as 0 or 1
	Float   float64  // Double
	Str     string   // String; DateTime as the text that was sent
	Bytes   []byte   // Base64, decoded
	Items   []Value  // Array
	Members []Member // Struct, in the order sent
}

// Member is one named value of a struct.
type Member struct {
	Name  string
	Value Value
}

// NilValue is XML-RPC's nil extension, Python's None.
func NilValue() Value { return Value{} }

// IntValue is written as <int>, or as <i8> outside 32 bits.
func IntValue(i int) Value { return Value{Kind: Int, Int: int64(i)} }

// BoolValue is a boolean.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Int: 1}
	}
	return Value{Kind: Bool}
}

// DoubleValue is a double.
func DoubleValue(f float64) Value { return Value{Kind: Double, Float: f} }

// StringValue is a string. Characters that XML cannot hold are written as U+FFFD.
func StringValue(s string) Value { return Value{Kind: String, Str: s} }

// DateTimeValue is a dateTime.iso8601 with the given text, which is not checked.
func DateTimeValue(text string) Value { return Value{Kind: DateTime, Str: text} }

// Base64Value is a run of bytes.
func Base64Value(b []byte) Value { return Value{Kind: Base64, Bytes: b} }

// ArrayValue is an array. It keeps the slice.
func ArrayValue(items ...Value) Value { return Value{Kind: Array, Items: items} }

// CellsValue is an array of ints from 0 to 255 at a byte each, for answers that have
// very many. It keeps the slice.
func CellsValue(ints []byte) Value { return Value{Kind: cells, Bytes: ints} }

// Written is a whole answer's document, of one value: what AppendAnswer makes. It keeps
// the slice. No array or struct can hold it.
func Written(answer []byte) Value { return Value{Kind: prepared, Bytes: answer} }

// StructValue is a struct. It keeps the slice and its order.
func StructValue(members ...Member) Value { return Value{Kind: Struct, Members: members} }

// Member finds a struct's member. Of several with one name the last counts, as
// in Python.
func (v Value) Member(name string) (Value, bool) {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return v.Members[i].Value, true
		}
	}
	return Value{}, false
}
