package wire

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// ErrValue is wrapped by every error about a value that has the wrong type or is
// out of range.
var ErrValue = errors.New("bad value")

// wrong says that what (an argument or a part of one) should have been want.
func wrong(what string, v xmlrpc.Value, want string) error {
	return fmt.Errorf("%w: %s is %s, want %s", ErrValue, what, show(v), want)
}

// show is a value as an error text has it: short, and with its type.
func show(v xmlrpc.Value) string {
	switch v.Kind {
	case xmlrpc.Int:
		return "int " + strconv.FormatInt(v.Int, 10)
	case xmlrpc.Bool:
		return "boolean " + strconv.FormatInt(v.Int, 10)
	case xmlrpc.Double:
		return "double " + strconv.FormatFloat(v.Float, 'g', -1, 64)
	case xmlrpc.String, xmlrpc.DateTime:
		text := v.Str
		if len(text) > 60 {
			text = text[:60] + "..."
		}
		return fmt.Sprintf("%s %q", v.Kind, text)
	case xmlrpc.Array:
		return fmt.Sprintf("array of %d", len(v.Items))
	case xmlrpc.Struct:
		return fmt.Sprintf("struct of %d", len(v.Members))
	default:
		return v.Kind.String()
	}
}

// count checks a call's number of arguments.
func count(method string, args []xmlrpc.Value, names ...string) error {
	if len(args) == len(names) {
		return nil
	}
	return fmt.Errorf("%w: %s takes %d arguments %v, got %d", ErrValue, method, len(names), names, len(args))
}

func decodeInt(what string, v xmlrpc.Value) (int32, error) {
	if v.Kind != xmlrpc.Int || v.Int < math.MinInt32 || v.Int > math.MaxInt32 {
		return 0, wrong(what, v, "an int of 32 bits")
	}
	return int32(v.Int), nil
}

const maxAddress = 253 + len(":65535")

func decodeAddress(what string, v xmlrpc.Value) (gossip.Address, error) {
	if v.Kind != xmlrpc.String {
		return "", wrong(what, v, "a string name:port")
	}
	return parseAddress(what, v.Str)
}

func parseAddress(what, text string) (gossip.Address, error) {
	if len(text) > maxAddress { // not to be repeated in a fault
		return "", fmt.Errorf("%s: %w of %d characters, want at most %d", what, gossip.ErrAddress, len(text), maxAddress)
	}
	a, err := gossip.ParseAddress(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return a, nil
}

func decodeAddresses(what string, v xmlrpc.Value) ([]gossip.Address, error) {
	if v.Kind != xmlrpc.Array {
		return nil, wrong(what, v, "an array of addresses")
	}
	if err := entries(what, v); err != nil {
		return nil, err
	}
	addresses := make([]gossip.Address, len(v.Items))
	for i, item := range v.Items {
		a, err := decodeAddress(fmt.Sprintf("%s[%d]", what, i), item)
		if err != nil {
			return nil, err
		}
		addresses[i] = a
	}
	return addresses, nil
}

func encodeAddress(a gossip.Address) xmlrpc.Value { return xmlrpc.StringValue(string(a)) }

func encodeInt(i int32) xmlrpc.Value { return xmlrpc.IntValue(int(i)) }

// part finds a member of a struct that must be there.
func part(what string, v xmlrpc.Value, name string) (xmlrpc.Value, error) {
	if v.Kind != xmlrpc.Struct {
		return xmlrpc.Value{}, wrong(what, v, "a struct")
	}
	m, ok := v.Member(name)
	if !ok {
		return xmlrpc.Value{}, fmt.Errorf("%w: %s has no member %s", ErrValue, what, name)
	}
	return m, nil
}

func intPart(what string, v xmlrpc.Value, name string) (int32, error) {
	m, err := part(what, v, name)
	if err != nil {
		return 0, err
	}
	return decodeInt(what+"."+name, m)
}

func stringPart(what string, v xmlrpc.Value, name string) (string, error) {
	m, err := part(what, v, name)
	if err != nil {
		return "", err
	}
	if m.Kind != xmlrpc.String {
		return "", wrong(what+"."+name, m, "a string")
	}
	return m.Str, nil
}
