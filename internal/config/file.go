package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gossiprpc/internal/regular"
)

// Kind is what a config file's field must hold.
type Kind uint8

// The kinds of field.
const (
	String Kind = iota
	Whole       // a JSON number without a fraction
	Number
	Bool
	Duration // a JSON string as Go writes durations, "1.5s"
)

func (k Kind) String() string {
	return [...]string{"a text", "a whole number", "a number", "true or false", `a duration text such as "3s"`}[k]
}

// Field is one setting that a config file may hold. Its key in the file is
// Name with '_' for '-'.
type Field struct {
	Name string
	Kind Kind
}

// maxFile is far above any config file; it guards against naming a wrong one.
const maxFile = 1 << 20

// Load reads a JSON object of settings and answers their texts by field name.
// Every error names the file: missing, empty, malformed (with the line), a
// field it does not know (with the nearest it does), the same field twice, a
// value of the wrong kind.
func Load(path string, fields []Field) (map[string]string, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("config file %s is empty, want a JSON object such as {\"port\": 5000}", path)
	}
	values, err := decode(text, fields)
	if err != nil {
		return nil, fmt.Errorf("config file %s: %w", path, err)
	}
	return values, nil
}

func read(path string) ([]byte, error) {
	text, err := regular.Read(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("config file: %w", err)
	}
	return text, nil
}

func decode(text []byte, fields []Field) (map[string]string, error) {
	// Other tools on some systems begin a text with a byte order mark.
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	start, err := d.Token()
	if err != nil {
		return nil, malformed(text, d, err)
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("holds %s, want a JSON object such as {\"port\": 5000}", describe(start))
	}
	values := map[string]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, malformed(text, d, err)
		}
		name, _ := key.(string)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, malformed(text, d, err)
		}
		i := slices.IndexFunc(fields, func(f Field) bool { return fieldName(f.Name) == name })
		if i < 0 {
			return nil, unknownField(name, fields)
		}
		f := fields[i]
		if _, twice := values[f.Name]; twice {
			return nil, fmt.Errorf("field %q is there twice", name)
		}
		if values[f.Name], err = textOf(value, f.Kind); err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed(text, d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: more text after the JSON object", lineAt(text, d.InputOffset()))
	}
	return values, nil
}

func malformed(text []byte, d *json.Decoder, err error) error {
	at := d.InputOffset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = max(at, syntax.Offset)
	}
	// The decoder stands behind the last thing it could read.
	for at < int64(len(text)) && strings.IndexByte(" \t\r\n,:", text[at]) >= 0 {
		at++
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("line %d: the text ends within the JSON object", lineAt(text, int64(len(bytes.TrimSpace(text)))))
	}
	return fmt.Errorf("line %d: not JSON: %w", lineAt(text, at), err)
}

func lineAt(text []byte, offset int64) int {
	before := text[:min(max(offset, 0), int64(len(text)))]
	return 1 + bytes.Count(before, []byte("\n"))
}

func textOf(value any, kind Kind) (string, error) {
	wrong := fmt.Errorf("%s, want %s", describe(value), kind)
	switch v := value.(type) {
	case string:
		switch kind {
		case String:
			return v, nil
		case Duration:
			if _, err := time.ParseDuration(v); err == nil {
				return v, nil
			}
		}
	case bool:
		if kind == Bool {
			return strconv.FormatBool(v), nil
		}
	case json.Number:
		switch kind {
		case Number:
			return v.String(), nil
		case Whole:
			return whole(v)
		}
	}
	return "", wrong
}

// whole accepts 5000, 5e3 and 5000.0: JSON knows one kind of number only.
func whole(n json.Number) (string, error) {
	if i, err := n.Int64(); err == nil {
		return strconv.FormatInt(i, 10), nil
	}
	f, err := n.Float64()
	if err != nil || math.Abs(f) > 1<<53 {
		return "", fmt.Errorf("the number %s is out of range", n)
	}
	if f != math.Trunc(f) {
		return "", fmt.Errorf("the number %s, want a whole number", n)
	}
	return strconv.FormatInt(int64(f), 10), nil
}

func describe(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("the text %q", v)
	case json.Number:
		return "the number " + v.String()
	case bool:
		return strconv.FormatBool(v)
	case json.Delim:
		if v == '[' {
			return "an array"
		}
		return "an object"
	case []any:
		return "an array"
	}
	return "an object"
}

func kindOf(t reflect.Type) Kind {
	if t == reflect.TypeFor[time.Duration]() {
		return Duration
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Whole
	case reflect.Float32, reflect.Float64:
		return Number
	}
	return String
}

func unknownField(name string, fields []Field) error {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, fieldName(f.Name))
	}
	slices.Sort(names)
	if near := nearest(name, names); near != "" {
		return fmt.Errorf("unknown field %q, did you mean %q?", name, near)
	}
	return fmt.Errorf("unknown field %q, known are %s", name, strings.Join(names, ", "))
}

// nearest is the word within two edits, or a third of the length, of name.
func nearest(name string, words []string) string {
	best, found := max(2, utf8.RuneCountInString(name)/3)+1, ""
	plain := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for _, w := range words {
		if d := edits(plain, w); d < best && d < len(w) {
			best, found = d, w
		}
	}
	return found
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
