package xmlrpc

import (
	"bytes"
	"fmt"
)

// SyntaxError is a document that is no XML-RPC, or uses XML that is refused.
type SyntaxError struct {
	Offset int // bytes from the document's start, after decoding to UTF-8
	Text   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed XML-RPC at byte %d: %s", e.Offset, e.Text)
}

// scanner walks over one document. It holds the document and, while it builds
// arrays and structs, their values in one stack (as Python's Unmarshaller does),
// so that each slice is allocated once at its final size.
type scanner struct {
	doc      []byte
	pos      int
	limits   Limits
	elements int
	stack    []Member
	names    [64]string // member names seen: a state map repeats the same few
}

// tag is one start, end or empty-element tag. Its slices point into the document.
type tag struct {
	full    []byte // as written, with namespace prefix
	local   []byte
	closing bool
	empty   bool
}

func (s *scanner) failAt(pos int, format string, args ...any) error {
	return &SyntaxError{Offset: pos, Text: fmt.Sprintf(format, args...)}
}

func (s *scanner) fail(format string, args ...any) error {
	return s.failAt(s.pos, format, args...)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func (s *scanner) space() {
	for s.pos < len(s.doc) && isSpace(s.doc[s.pos]) {
		s.pos++
	}
}

func startsName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

var nameByte = func() (is [256]bool) {
	for c := range is {
		b := byte(c)
		is[c] = startsName(b) || b >= '0' && b <= '9' || b == '.' || b == '-' || b == ':'
	}
	return is
}()

// name finds the end of the name at p, and the colon after its prefix if it has
// one. The end is p if there is no name.
func (s *scanner) name(p int) (end, colon int) {
	for end = p; end < len(s.doc) && nameByte[s.doc[end]]; end++ {
		if s.doc[end] != ':' {
			continue
		}
		if colon > 0 {
			return p, 0
		}
		colon = end
	}
	if end == p || !startsName(s.doc[p]) || colon > 0 && (colon == end-1 || !startsName(s.doc[colon+1])) {
		return p, 0
	}
	return end, colon
}

// tag reads the tag that starts at the current byte.
func (s *scanner) tag() (tag, error) {
	var t tag
	start := s.pos
	if start >= len(s.doc) {
		return t, s.fail("the document ends early")
	}
	if s.doc[start] != '<' {
		return t, s.fail("text %q where a tag belongs", shorten(s.doc[start:]))
	}
	p := start + 1
	if p < len(s.doc) {
		switch s.doc[p] {
		case '!':
			return t, s.fail("\"<!\" (comment, CDATA, DOCTYPE) is refused")
		case '?':
			return t, s.fail("a processing instruction is refused")
		case '/':
			t.closing = true
			p++
		}
	}
	end, colon := s.name(p)
	if end == p {
		return t, s.fail("a tag without a proper name")
	}
	t.full = s.doc[p:end]
	t.local = t.full
	if colon > 0 {
		t.local = s.doc[colon+1 : end]
	}
	p = end
	if p < len(s.doc) && s.doc[p] == '>' { // nearly always
		s.pos = p + 1
		return t, nil
	}
	s.pos = p
	if err := s.attributes(t.closing); err != nil {
		return t, err
	}
	if s.pos < len(s.doc) && s.doc[s.pos] == '/' && !t.closing {
		t.empty = true
		s.pos++
	}
	if s.pos >= len(s.doc) || s.doc[s.pos] != '>' {
		return t, s.failAt(start, "tag <%s does not end", shorten(t.full))
	}
	s.pos++
	return t, nil
}

// attributes skips attributes: XML-RPC has none, but the nil extension declares
// its namespace with one, and Python ignores them.
func (s *scanner) attributes(closing bool) error {
	for {
		before := s.pos
		s.space()
		if s.pos >= len(s.doc) || !nameByte[s.doc[s.pos]] {
			return nil
		}
		if closing || before == s.pos {
			return s.fail("an attribute where none can be")
		}
		end, _ := s.name(s.pos)
		if end == s.pos {
			return s.fail("an attribute without a proper name")
		}
		s.pos = end
		s.space()
		if s.pos >= len(s.doc) || s.doc[s.pos] != '=' {
			return s.fail("an attribute without a value")
		}
		s.pos++
		s.space()
		if s.pos >= len(s.doc) || s.doc[s.pos] != '"' && s.doc[s.pos] != '\'' {
			return s.fail("an attribute without a quoted value")
		}
		length := bytes.IndexByte(s.doc[s.pos+1:], s.doc[s.pos])
		if length < 0 {
			return s.fail("an attribute's value does not end")
		}
		value := s.doc[s.pos+1 : s.pos+1+length]
		for _, c := range value {
			if charClass[c] == classLess || c == '&' || charClass[c] == classIllegal {
				return s.fail("%q in an attribute", c)
			}
		}
		s.pos += length + 2
	}
}

// open wants a start tag, after white space.
func (s *scanner) open(name string) (tag, error) {
	s.space()
	at := s.pos
	t, err := s.tag()
	if err != nil {
		return t, err
	}
	if t.closing || string(t.local) != name {
		return t, s.failAt(at, "%s where <%s> belongs", t, name)
	}
	return t, nil
}

// close wants the end tag of t, after white space.
func (s *scanner) close(t tag) error {
	s.space()
	return s.end(t)
}

func (s *scanner) end(t tag) error {
	at := s.pos
	if n := len(t.full); at+n+3 <= len(s.doc) && s.doc[at] == '<' && s.doc[at+1] == '/' && s.doc[at+2+n] == '>' &&
		string(s.doc[at+2:at+2+n]) == string(t.full) {
		s.pos = at + n + 3 // nearly always
		return nil
	}
	e, err := s.tag()
	if err != nil {
		return err
	}
	if !e.closing || !bytes.Equal(e.full, t.full) {
		return s.failAt(at, "%s where </%s> belongs", e, shorten(t.full))
	}
	return nil
}

func (t tag) String() string {
	switch name := shorten(t.full); {
	case t.closing:
		return "</" + name + ">"
	case t.empty:
		return "<" + name + "/>"
	default:
		return "<" + name + ">"
	}
}

func shorten(b []byte) string {
	if len(b) <= 40 {
		return string(b)
	}
	return string(b[:40]) + "..."
}
