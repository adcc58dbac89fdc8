package wire

import (
	"context"
	"slices"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// reader reads our words straight from documents in canonical form, without Values. It
// knows only what nearly all callers send: whatever is missing, out of its usual order,
// or not allowed makes it refuse the document, and then the general parser and the
// functions decode... say what it means, or what is wrong with it.
type reader struct {
	*xmlrpc.Canonical
	names *names // nil: remembers none
}

// The least that an int, a text, and a member without its value take, in bytes.
const (
	intFrame    = len(xmlrpc.IntStart + xmlrpc.IntEnd)
	textFrame   = len(xmlrpc.TextStart + xmlrpc.TextEnd)
	memberFrame = len(xmlrpc.MemberStart + xmlrpc.NameEnd + xmlrpc.MemberEnd)
)

// atMost bounds the number of entries that follow, each of at least so many bytes.
func (r reader) atMost(bytes int) int { return min(r.Rest()/bytes, maxEntries) }

// full refuses a document with more entries than are allowed.
func (r reader) full(entries int) bool {
	if entries < maxEntries {
		return false
	}
	r.Refuse()
	return true
}

func (r reader) known(text []byte) gossip.Address {
	a := r.names.address(text)
	if a == nil {
		r.Refuse()
		return ""
	}
	return *a
}

// address reads an address that is a value.
func (r reader) address() gossip.Address { return r.known(r.Text()) }

// entry begins the next member of a struct whose names are addresses.
func (r reader) entry() (a gossip.Address, more bool) {
	name, more := r.NextMember()
	if !more {
		return "", false
	}
	return r.known(name), true
}

// addressArgument reads an argument that is an address.
func (r reader) addressArgument() gossip.Address {
	r.Param()
	a := r.address()
	r.EndParam()
	return a
}

// intArgument reads an argument that is an int.
func (r reader) intArgument() int32 {
	r.Param()
	i := r.Int()
	r.EndParam()
	return i
}

func (r reader) addresses() []gossip.Address {
	r.Array()
	list := make([]gossip.Address, 0, r.atMost(textFrame))
	for r.InArray() && !r.full(len(list)) {
		list = append(list, r.address())
	}
	return list
}

// arguments says how a method's arguments are read: straight from a document, or from
// Values. Both must read alike.
type arguments[T any] struct {
	read   func(reader) T
	decode func([]xmlrpc.Value) (T, error)
	weight int64 // see [xmlrpc.Method]
}

// method makes a server's method of how its arguments are read and what is done with
// them.
func method[T any](a arguments[T], do func(context.Context, T) (xmlrpc.Value, error)) xmlrpc.Method {
	return xmlrpc.Method{
		Weight: a.weight,
		Call: func(ctx context.Context, args []xmlrpc.Value) (xmlrpc.Value, error) {
			t, err := a.decode(args)
			if err != nil {
				return xmlrpc.Value{}, err
			}
			return do(ctx, t)
		},
		Read: func(c *xmlrpc.Canonical) xmlrpc.Do {
			t := a.read(reader{c, knownNames})
			if !c.EndCall() {
				return nil
			}
			return func(ctx context.Context) (xmlrpc.Value, error) { return do(ctx, t) }
		},
	}
}

// taken is for method what takes arguments and has nothing to say.
func taken[T any](take func(context.Context, T) error) func(context.Context, T) (xmlrpc.Value, error) {
	return func(ctx context.Context, t T) (xmlrpc.Value, error) { return xmlrpc.NilValue(), take(ctx, t) }
}

// lastFirst orders entries for a constructor that keeps the first of several for one
// address, so that the last stays, as in Python's dict.
func lastFirst[T any](entries []T, address func(*T) gossip.Address) []T {
	for i := 1; i < len(entries); i++ {
		if address(&entries[i-1]) >= address(&entries[i]) {
			slices.Reverse(entries)
			break
		}
	}
	return entries
}
