package xmlrpc

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

const (
	classPlain = iota
	classLess
	classCoded   // an entity or a carriage return: not to be taken as it stands
	classBracket // may begin "]]>", which XML forbids in text
	classHigh    // may begin U+FFFE or U+FFFF, which XML forbids
	classIllegal
)

var charClass = func() (class [256]uint8) {
	for c := range 0x20 {
		class[c] = classIllegal
	}
	class['\t'], class['\n'] = classPlain, classPlain
	class['\r'], class['&'] = classCoded, classCoded
	class['<'] = classLess
	class[']'] = classBracket
	class[0xEF] = classHigh
	return class
}()

// raw takes the text up to the next tag, and tells whether it must be decoded.
func (s *scanner) raw() (text []byte, coded bool, err error) {
	start := s.pos
	for s.pos < len(s.doc) {
		switch charClass[s.doc[s.pos]] {
		case classPlain:
		case classLess:
			return s.doc[start:s.pos], coded, nil
		case classCoded:
			coded = true
		case classBracket:
			if bytes.HasPrefix(s.doc[s.pos:], []byte("]]>")) {
				return nil, false, s.fail("\"]]>\" in text")
			}
		case classHigh:
			if rest := s.doc[s.pos:]; len(rest) > 2 && rest[1] == 0xBF && rest[2] >= 0xBE {
				return nil, false, s.fail("a character that XML forbids")
			}
		case classIllegal:
			return nil, false, s.fail("control character %#02x", s.doc[s.pos])
		}
		s.pos++
	}
	return nil, false, s.fail("the document ends early")
}

// text reads what stands between start tag t and its end tag.
func (s *scanner) text(t tag) (string, error) {
	b, err := s.textBytes(t)
	return string(b), err
}

// textBytes is text without a copy where none is needed.
func (s *scanner) textBytes(t tag) ([]byte, error) {
	if t.empty {
		return nil, nil
	}
	at := s.pos
	b, coded, err := s.raw()
	if err != nil {
		return nil, err
	}
	if coded {
		if b, err = s.decode(at, b); err != nil {
			return nil, err
		}
	}
	return b, s.end(t)
}

// decode resolves references and makes line ends newlines, as XML asks.
func (s *scanner) decode(at int, b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\r':
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
			out = append(out, '\n')
		case '&':
			length := bytes.IndexByte(b[i:min(len(b), i+12)], ';')
			if length < 0 {
				return nil, s.failAt(at+i, "\"&\" without an entity")
			}
			r, ok := reference(string(b[i+1 : i+length]))
			if !ok {
				return nil, s.failAt(at+i, "entity %q is not known", b[i:i+length+1])
			}
			out = utf8.AppendRune(out, r)
			i += length
		default:
			out = append(out, b[i])
		}
	}
	return out, nil
}

func reference(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 31) // no sign, no "0x", no "_"
	if err != nil || !isChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
