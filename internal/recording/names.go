package recording

import "strings"

const (
	maxNames      = 1 << 16
	maxNameLength = 512

	literal  = 0 // a text follows
	nameNext = 1 // a text follows, which gets the next number
	nameBase = 2 // the first number
)

// nameTable gives names their numbers.
//
// Lists of endpoints are sorted, and one is much like the next, so the table
// remembers which name came after which: to look each up by its hash cost a node
// more than all the rest of recording, because between two messages other
// processes have its processor's caches.
type nameTable struct {
	numbers map[string]uint64
	entries []namedEntry // by number, from nameBase on
	order   nameOrder
}

type namedEntry struct {
	name    string
	version endpointVersion
	next    uint32 // the number that came after it in the last list that had it; 0: none
}

// nameOrder is how far a list has come.
type nameOrder struct {
	first uint32 // the number that lists begin with
	last  uint32 // of the name before; 0: the list begins
}

func newNameTable() *nameTable { return &nameTable{numbers: map[string]uint64{}} }

// begin is the order of a list that begins.
func (t *nameTable) begin() *nameOrder {
	if t == nil {
		return nil
	}
	t.order.last = 0
	return &t.order
}

// number is a name's number, and whether the name had it before. It is 0 for a
// name that gets none. order is of the list that the name is in; nil: in none.
func (t *nameTable) number(s string, order *nameOrder) (number uint64, known bool) {
	if order == nil {
		return t.find(s)
	}
	guess := &order.first
	if order.last != 0 {
		guess = &t.entries[order.last-nameBase].next
	}
	if *guess != 0 && t.entries[*guess-nameBase].name == s {
		order.last = *guess
		return uint64(*guess), true
	}
	number, known = t.find(s)
	if number != 0 {
		if order.last == 0 {
			order.first = uint32(number)
		} else {
			t.entries[order.last-nameBase].next = uint32(number)
		}
		order.last = uint32(number)
	}
	return number, known
}

func (t *nameTable) find(s string) (number uint64, known bool) {
	if number, known = t.numbers[s]; known {
		return number, true
	}
	if len(t.entries) >= maxNames || len(s) > maxNameLength {
		return 0, false
	}
	s = strings.Clone(s) // it may be part of a whole message
	number = uint64(len(t.entries)) + nameBase
	t.numbers[s] = number
	t.entries = append(t.entries, namedEntry{name: s})
	return number, false
}
