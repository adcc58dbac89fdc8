package xmlrpc

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// prolog reads the XML declaration and brings the document to checked UTF-8.
func (s *scanner) prolog() error {
	s.doc = bytes.TrimPrefix(s.doc, []byte("\xEF\xBB\xBF"))
	encoding := "utf-8"
	if bytes.HasPrefix(s.doc, []byte("<?xml")) && len(s.doc) > 5 && isSpace(s.doc[5]) {
		end := bytes.Index(s.doc[:min(len(s.doc), 256)], []byte("?>"))
		if end < 0 {
			return s.fail("the XML declaration does not end within 256 bytes")
		}
		var err error
		if encoding, err = s.declaration(string(s.doc[5:end]), encoding); err != nil {
			return err
		}
		s.pos = end + 2
	}
	switch encoding {
	case "utf-8", "utf8":
		if !utf8.Valid(s.doc) {
			return s.fail("the document is not UTF-8")
		}
	case "us-ascii", "ascii":
		for i, c := range s.doc {
			if c >= utf8.RuneSelf {
				return s.failAt(i, "byte %#02x is not US-ASCII", c)
			}
		}
	case "iso-8859-1", "latin-1", "latin1":
		s.doc = fromLatin(s.doc, nil)
	case "iso-8859-15":
		s.doc = fromLatin(s.doc, latin9)
	default:
		return s.fail("encoding %q is not supported, want utf-8, us-ascii, iso-8859-1 or iso-8859-15", encoding)
	}
	return nil
}

// declaration reads version, encoding and standalone, in this order.
func (s *scanner) declaration(text, encoding string) (string, error) {
	for i, name := range []string{"version", "encoding", "standalone"} {
		trimmed := strings.TrimLeft(text, " \t\r\n")
		rest, found := strings.CutPrefix(trimmed, name)
		if !found || trimmed == text {
			if i == 0 {
				return "", s.fail("the XML declaration has no version")
			}
			continue
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		rest, found = strings.CutPrefix(rest, "=")
		rest = strings.TrimLeft(rest, " \t\r\n")
		if !found || rest == "" || rest[0] != '"' && rest[0] != '\'' {
			return "", s.fail("the XML declaration's %s has no value", name)
		}
		value, after, found := strings.Cut(rest[1:], rest[:1])
		if !found {
			return "", s.fail("the XML declaration's %s does not end", name)
		}
		switch {
		case i == 0 && value != "1.0":
			return "", s.fail("XML version %q, want 1.0", value)
		case i == 1:
			encoding = strings.ToLower(value)
		case i == 2 && value != "yes" && value != "no":
			return "", s.fail("standalone is %q, want yes or no", value)
		}
		text = after
	}
	if strings.TrimLeft(text, " \t\r\n") != "" {
		return "", s.fail("the XML declaration holds %q", text)
	}
	return encoding, nil
}

// latin9 is where iso-8859-15 differs from iso-8859-1.
var latin9 = map[byte]rune{0xA4: '€', 0xA6: 'Š', 0xA8: 'š', 0xB4: 'Ž', 0xB8: 'ž', 0xBC: 'Œ', 0xBD: 'œ', 0xBE: 'Ÿ'}

func fromLatin(b []byte, other map[byte]rune) []byte {
	high := 0
	for _, c := range b {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+high)
	for _, c := range b {
		r, ok := other[c]
		if !ok {
			r = rune(c)
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
