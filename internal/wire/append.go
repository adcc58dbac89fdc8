package wire

import (
	"slices"
	"strconv"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

func appendCallStart(dst []byte, method string) []byte {
	dst = append(dst, xmlrpc.CallStart...)
	dst = append(dst, method...)
	return append(dst, xmlrpc.CallParams...)
}

func appendInt(dst []byte, i int32) []byte {
	dst = append(dst, xmlrpc.IntStart...)
	dst = strconv.AppendInt(dst, int64(i), 10)
	return append(dst, xmlrpc.IntEnd...)
}

func appendText(dst []byte, text string) []byte {
	dst = append(dst, xmlrpc.TextStart...)
	dst = xmlrpc.AppendText(dst, text)
	return append(dst, xmlrpc.TextEnd...)
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, xmlrpc.MemberStart...)
	dst = xmlrpc.AppendText(dst, name)
	return append(dst, xmlrpc.NameEnd...)
}

func appendAddresses(dst []byte, addresses []gossip.Address) []byte {
	dst = append(dst, xmlrpc.ArrayStart...)
	for _, a := range addresses {
		dst = appendText(dst, string(a))
	}
	return append(dst, xmlrpc.ArrayEnd...)
}

func appendAddressArgument(dst []byte, a gossip.Address) []byte {
	dst = append(dst, xmlrpc.ParamStart...)
	dst = appendText(dst, string(a))
	return append(dst, xmlrpc.ParamEnd...)
}

func appendIntArgument(dst []byte, i int32) []byte {
	dst = append(dst, xmlrpc.ParamStart...)
	dst = appendInt(dst, i)
	return append(dst, xmlrpc.ParamEnd...)
}

// addressCall writes a call whose argument is an address.
func addressCall(method string, a gossip.Address) func([]byte) []byte {
	return func(dst []byte) []byte {
		dst = appendCallStart(dst, method)
		dst = appendAddressArgument(dst, a)
		return append(dst, xmlrpc.CallEnd...)
	}
}

// bareCall writes a call without arguments.
func bareCall(method string) func([]byte) []byte {
	return func(dst []byte) []byte { return append(appendCallStart(dst, method), xmlrpc.CallEnd...) }
}

// makeRoom sees to it, once the first of so many entries has been written from start on, that
// the others need no further allocation.
func makeRoom(dst []byte, start, written, entries int) []byte {
	if written > 0 {
		return dst
	}
	return slices.Grow(dst, (len(dst)-start)*entries*9/8)
}
