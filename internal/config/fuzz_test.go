package config

import (
	"strconv"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzDecode: whatever a config file holds, it is read or refused with a reason; and a
// text that was read for a field is one of the field's kind.
func FuzzDecode(f *testing.F) {
	fields := []Field{
		{"host", String}, {"port", Whole}, {"share", Number}, {"no-align", Bool}, {"gossip", Duration},
	}
	for _, text := range []string{
		`{"host": "localhost", "port": 8000}`, "\xef\xbb\xbf{}", `{"no_align": true, "share": 0.5, "gossip": "1.5s"}`,
		`{"port": 5e3}`, `{"port": 1e999}`, `{"port": 5000} 1`, `{"port": 1, "port": 2}`, `[1]`, `null`, `{"prot": 1}`,
		`{"port": "5000"}`, `{"host": {"a": [1, {}]}}`, `{"port": 9223372036854775808}`, `{"gossip": "9e99h"}`, `{`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := decode(text, fields)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("refused without a reason")
			}
			return
		}
		for _, field := range fields {
			value, given := values[field.Name]
			if !given {
				continue
			}
			var err error
			switch field.Kind {
			case Whole:
				_, err = strconv.ParseInt(value, 10, 64)
			case Number:
				_, err = strconv.ParseFloat(value, 64)
			case Bool:
				_, err = strconv.ParseBool(value)
			case Duration:
				_, err = time.ParseDuration(value)
			case String:
				if !utf8.ValidString(value) {
					t.Errorf("%s is %q, which is no text", field.Name, value)
				}
			}
			if err != nil {
				t.Errorf("%s is read as %q: %v", field.Name, value, err)
			}
		}
	})
}
