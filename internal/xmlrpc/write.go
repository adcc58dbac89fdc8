package xmlrpc

import (
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendCall appends a methodCall document to dst. The method's name is escaped.
func AppendCall(dst []byte, method string, args ...Value) []byte {
	dst = append(dst, CallStart...)
	dst = AppendText(dst, method)
	dst = append(dst, CallParams...)
	for i := range args {
		dst = append(dst, ParamStart...)
		dst = appendValue(dst, &args[i])
		dst = append(dst, ParamEnd...)
	}
	return append(dst, CallEnd...)
}

// AppendAnswer appends a methodResponse document with one value to dst.
func AppendAnswer(dst []byte, v Value) []byte {
	if v.Kind == prepared {
		return append(dst, v.Bytes...)
	}
	dst = append(dst, AnswerStart...)
	dst = appendValue(dst, &v)
	return append(dst, AnswerEnd...)
}

// nilAnswer is what AppendAnswer makes of nil, which most methods answer with.
var nilAnswer = AppendAnswer(nil, NilValue())

// AppendFault appends a methodResponse document with a fault to dst.
func AppendFault(dst []byte, f *Fault) []byte {
	v := StructValue(
		Member{"faultCode", IntValue(f.Code)},
		Member{"faultString", StringValue(f.Text)},
	)
	dst = append(dst, xmlHeader+"<methodResponse>\n<fault>\n"...)
	dst = appendValue(dst, &v)
	return append(dst, "</fault>\n</methodResponse>\n"...)
}

func appendValue(dst []byte, v *Value) []byte {
	switch v.Kind {
	case Int:
		if v.Int < math.MinInt32 || v.Int > math.MaxInt32 {
			dst = append(dst, "<value><i8>"...)
			dst = strconv.AppendInt(dst, v.Int, 10)
			return append(dst, "</i8></value>\n"...)
		}
		dst = append(dst, IntStart...)
		dst = strconv.AppendInt(dst, v.Int, 10)
		return append(dst, IntEnd...)
	case Bool:
		if v.Int != 0 {
			return append(dst, "<value><boolean>1</boolean></value>\n"...)
		}
		return append(dst, "<value><boolean>0</boolean></value>\n"...)
	case Double:
		dst = append(dst, "<value><double>"...)
		dst = appendDouble(dst, v.Float)
		return append(dst, "</double></value>\n"...)
	case String:
		dst = append(dst, TextStart...)
		dst = AppendText(dst, v.Str)
		return append(dst, TextEnd...)
	case DateTime:
		dst = append(dst, "<value><dateTime.iso8601>"...)
		dst = AppendText(dst, v.Str)
		return append(dst, "</dateTime.iso8601></value>\n"...)
	case Base64:
		dst = append(dst, "<value><base64>\n"...)
		dst = appendBase64(dst, v.Bytes)
		return append(dst, "</base64></value>\n"...)
	case Array:
		dst = append(dst, ArrayStart...)
		for i := range v.Items {
			dst = appendValue(dst, &v.Items[i])
		}
		return append(dst, ArrayEnd...)
	case cells:
		dst = append(dst, ArrayStart...)
		for _, cell := range v.Bytes {
			dst = append(dst, IntStart...)
			dst = strconv.AppendUint(dst, uint64(cell), 10)
			dst = append(dst, IntEnd...)
		}
		return append(dst, ArrayEnd...)
	case Struct:
		dst = append(dst, StructStart...)
		for i := range v.Members {
			dst = append(dst, MemberStart...)
			dst = AppendText(dst, v.Members[i].Name)
			dst = append(dst, NameEnd...)
			dst = appendValue(dst, &v.Members[i].Value)
			dst = append(dst, MemberEnd...)
		}
		return append(dst, StructEnd...)
	default:
		return append(dst, nilValue...)
	}
}

// appendDouble writes as Python's repr does.
func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	if a := math.Abs(f); a >= 1e16 || a != 0 && a < 1e-4 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if f == math.Trunc(f) {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendBase64 breaks lines after 57 bytes as Python's encodebytes does.
func appendBase64(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(57, len(b))
		dst = base64.StdEncoding.AppendEncode(dst, b[:n])
		dst = append(dst, '\n')
		b = b[n:]
	}
	return dst
}

// AppendText appends a text as it stands between tags. It escapes what Python escapes,
// and the carriage return too, which a parser would otherwise read as a newline.
func AppendText(dst []byte, s string) []byte {
	plain := 0
	for plain < len(s) && plainText[s[plain]] {
		plain++
	}
	dst = append(dst, s[:plain]...)
	if plain < len(s) { // nearly never
		dst = appendEscaped(dst, s[plain:])
	}
	return dst
}

func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		size, with := 1, ""
		switch {
		case c == '&':
			with = "&amp;"
		case c == '<':
			with = "&lt;"
		case c == '>':
			with = "&gt;"
		case c == '\r':
			with = "&#13;"
		case c < 0x20 && c != '\t' && c != '\n':
			with = "\uFFFD"
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 || !isChar(r) {
				with = "\uFFFD"
			}
		}
		if with != "" {
			dst = append(dst, s[done:i]...)
			dst = append(dst, with...)
			done = i + size
		}
		i += size
	}
	return append(dst, s[done:]...)
}

// isChar is XML 1.0's Char.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}
