package xmlrpc

import (
	"errors"
	"fmt"
	"math"
	"reflect"

	kolo "github.com/kolo/xmlrpc"
)

// forKolo translates arguments for kolo's encoder; ok is false if one is of a
// kind that kolo writes wrongly or in random order.
func forKolo(args []Value) (out []any, ok bool) {
	out = make([]any, len(args)) // never nil: kolo leaves <params> out then
	for i, v := range args {
		switch v.Kind {
		case Int:
			if v.Int < math.MinInt32 || v.Int > math.MaxInt32 {
				return nil, false
			}
			out[i] = v.Int
		case Bool:
			out[i] = v.Int != 0
		case String:
			out[i] = v.Str
		case Array:
			items, ok := forKolo(v.Items)
			if !ok {
				return nil, false
			}
			out[i] = items
		default:
			return nil, false
		}
	}
	return out, true
}

// callDocument is a call's document, by kolo's encoder where that writes it right.
func callDocument(method string, args []Value) ([]byte, error) {
	plain, ok := forKolo(args)
	if !ok {
		return AppendCall(nil, method, args...), nil
	}
	return kolo.EncodeMethodCall(method, plain...)
}

// throughKolo has kolo read the scanner's fault, cut short: kolo finds a fault by
// running a pattern over all of it.
func throughKolo(f *Fault) error {
	err := kolo.Response(AppendFault(nil, f.bounded())).Err()
	var k kolo.FaultError
	if !errors.As(err, &k) {
		return fmt.Errorf("read fault: %w", err)
	}
	return &Fault{Code: k.Code, Text: k.String}
}

// Decode stores v in what target points to, by kolo's rules: ints in ints,
// strings and base64 in strings, booleans, doubles, dateTimes in time.Time,
// arrays in slices, structs in structs with `xmlrpc:"name"` tags or in maps with
// string keys. What kolo would pass over in silence, or panic on, is an error: a
// nil anywhere, and a target that is no pointer or holds an interface, a pointer,
// or a map whose key type has another name than string. After an error the target is
// zero or partly filled.
func (v Value) Decode(target any) (err error) {
	p := reflect.ValueOf(target)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("decode into %T: want a pointer", target)
	}
	if err := decodable(p.Type().Elem(), 0); err != nil {
		return fmt.Errorf("decode into %T: %w", target, err)
	}
	if hasNil(v) {
		return fmt.Errorf("decode into %T: the answer is or holds nil", target)
	}
	p.Elem().SetZero() // kolo leaves a target as it was for an empty string
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode into %T: %v", target, r)
		}
	}()
	if err := kolo.Response(AppendAnswer(nil, v)).Unmarshal(target); err != nil {
		return fmt.Errorf("decode into %T: %w", target, err)
	}
	return nil
}

func hasNil(v Value) bool {
	for _, item := range v.Items {
		if hasNil(item) {
			return true
		}
	}
	for _, m := range v.Members {
		if hasNil(m.Value) {
			return true
		}
	}
	return v.Kind == Nil
}

func decodable(t reflect.Type, depth int) error {
	if depth > DefaultMaxDepth {
		return errors.New("the type refers to itself")
	}
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Func, reflect.Chan, reflect.Array:
		return fmt.Errorf("%s cannot be filled", t)
	case reflect.Slice:
		return decodable(t.Elem(), depth+1)
	case reflect.Map:
		if t.Key() != reflect.TypeFor[string]() {
			return fmt.Errorf("%s has other keys than string", t)
		}
		return decodable(t.Elem(), depth+1)
	case reflect.Struct:
		if t.PkgPath() == "time" {
			return nil
		}
		for i := range t.NumField() {
			if err := decodable(t.Field(i).Type, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
