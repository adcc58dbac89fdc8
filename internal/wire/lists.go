package wire

import (
	"context"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// Lists remembers the last list of members that a process was told, so that a large one which
// has not changed need not come again: nodes ask once a round. It is an extension. The caller
// says which list it has by its mark; the answer is a text whose first line is the list's mark,
// and whose others are its addresses, in join order, unless the caller has it. If the caller has
// the beginning of the list, as while nodes join, the first line ends in " +", and only the rest
// comes. Lists of up to [gossip.MaxPlain] members are asked for as an original does. The zero
// value remembers none; it is safe for many goroutines.
type Lists struct {
	mu   sync.Mutex
	of   string // the provider
	mark string
	list []gossip.Address
}

// Members lists all that joined, in join order. The list is read-only.
func (l *Lists) Members(ctx context.Context, p Provider) ([]gossip.Address, error) {
	mark, last := l.last(p.HostPort)
	method := getMapping + terse.suffix
	if len(last) > gossip.MaxPlain && !p.Client.Lacks(p.HostPort, method) {
		text, err := ask(ctx, p.Client, p.HostPort, method, markCall(method, mark), textAnswer)
		if err == nil {
			if mark, last, err = parseList(text, mark, last); err != nil {
				return nil, badAnswer(method, p.HostPort, err)
			}
			l.keep(p.HostPort, mark, last)
			return last, nil
		}
		if !p.Client.NoteLack(p.HostPort, method, err) {
			return nil, err
		}
	}
	list, err := p.Members(ctx)
	if err == nil {
		l.keep(p.HostPort, "", list)
	}
	return list, err
}

func (l *Lists) last(of string) (mark string, list []gossip.Address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != of {
		return "", nil
	}
	return l.mark, l.list
}

func (l *Lists) keep(of, mark string, list []gossip.Address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of, l.mark, l.list = of, mark, list
}

func markCall(method, mark string) func([]byte) []byte {
	return func(dst []byte) []byte {
		dst = appendCallStart(dst, method)
		dst = append(dst, xmlrpc.ParamStart...)
		dst = appendText(dst, mark)
		return append(dst, xmlrpc.ParamEnd+xmlrpc.CallEnd...)
	}
}

// markArguments is how the call is read.
var markArguments = arguments[string]{
	read: func(r reader) string {
		r.Param()
		mark := string(r.Text())
		r.EndParam()
		return mark
	},
	decode: func(args []xmlrpc.Value) (string, error) {
		if err := count(getMapping+terse.suffix, args, "mark"); err != nil {
			return "", err
		}
		if args[0].Kind != xmlrpc.String {
			return "", wrong("mark", args[0], "a string")
		}
		return args[0].Str, nil
	},
}

var markSeed = maphash.MakeSeed()

// markOf is a list's length and a hash, which tell lists apart, those of one process: nobody else
// can find two with the same mark.
func markOf(list []gossip.Address) string {
	var h maphash.Hash
	h.SetSeed(markSeed)
	for _, a := range list {
		_, _ = h.WriteString(string(a)) // it never fails
		_ = h.WriteByte('\n')
	}
	return strconv.Itoa(len(list)) + "." + strconv.FormatUint(h.Sum64(), 16)
}

// begun is how much of a list somebody has whose list has a mark; 0 if that is not how it begins.
func begun(list []gossip.Address, mark string) int {
	length, _, _ := strings.Cut(mark, ".")
	n, err := strconv.Atoi(length)
	if err != nil || n < 1 || n > len(list) || markOf(list[:n]) != mark {
		return 0
	}
	return n
}

// markedList is the provider's method. A whole list is made once for all who ask for it at
// the same time.
func markedList(h ProviderHandler) xmlrpc.Method {
	whole := xmlrpc.Share(asked(getMapping+terse.suffix, h.Members, appendList), nil)
	return method(markArguments, func(ctx context.Context, has string) (xmlrpc.Value, error) {
		list, err := h.Members(ctx)
		if err != nil {
			return xmlrpc.Value{}, err
		}
		switch n := begun(list, has); n {
		case 0:
			return whole.Call(ctx, nil)
		case len(list):
			return xmlrpc.StringValue(has + "\n"), nil
		default:
			text := append([]byte(markOf(list)), " +\n"...)
			return xmlrpc.StringValue(string(appendLines(text, list[n:]))), nil
		}
	})
}

func appendList(dst []byte, list []gossip.Address) []byte {
	dst = append(dst, xmlrpc.TextStart...)
	dst = append(append(dst, markOf(list)...), '\n')
	return append(appendLines(dst, list), xmlrpc.TextEnd...)
}

// appendLines writes addresses, of which none has a character that a text may not have.
func appendLines(dst []byte, list []gossip.Address) []byte {
	for _, a := range list {
		dst = append(append(dst, a...), '\n')
	}
	return dst
}

// parseList reads the answer to who has a list.
func parseList(text, has string, last []gossip.Address) (mark string, list []gossip.Address, err error) {
	mark, rest, ended := strings.Cut(text, "\n")
	switch {
	case !ended || mark == "":
		return "", nil, fmt.Errorf("%w: the list has no mark", ErrValue)
	case rest == "" && mark == has:
		return mark, last, nil
	}
	list = []gossip.Address{} // a provider without members has a list, too
	begun, more := strings.CutSuffix(mark, " +")
	if more {
		mark, list = begun, append(list, last...)
	}
	for line := range strings.Lines(rest) {
		address, ended := strings.CutSuffix(line, "\n")
		a := knownNames.address([]byte(address))
		switch {
		case len(list) == maxEntries:
			return "", nil, fmt.Errorf("%w: the list has more than %d members", ErrValue, maxEntries)
		case a == nil || !ended:
			return "", nil, wrong(fmt.Sprintf("line %d of the list", len(list)+2), xmlrpc.StringValue(address), "an address and a newline")
		}
		list = append(list, *a)
	}
	return mark, list, nil
}
