package xmlrpc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gossiprpc/internal/xmlrpc"
)

// The scanner's slow, obvious twin: a tree by encoding/xml, then values. It is
// laxer than the scanner; what the scanner takes, it must take too, and alike.

type element struct {
	name     string
	text     string
	children []element
}

func tree(document []byte) (element, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\xEF\xBB\xBF"))))
	d.CharsetReader = func(name string, r io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(r)
		var out []rune
		for _, c := range b {
			r := rune(c)
			if i := strings.IndexByte("\xA4\xA6\xA8\xB4\xB8\xBC\xBD\xBE", c); i >= 0 && strings.HasSuffix(name, "-15") {
				r = []rune("€ŠšŽžŒœŸ")[i]
			}
			out = append(out, r)
		}
		switch strings.ToLower(name) {
		case "utf8":
			return bytes.NewReader(b), err
		case "iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii", "iso-8859-15":
			return strings.NewReader(string(out)), err
		}
		return nil, fmt.Errorf("charset %q", name)
	}
	stack := []element{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(stack) != 1 || len(stack[0].children) != 1 {
				return element{}, errors.New("not one root")
			}
			return stack[0].children[0], nil
		}
		if err != nil {
			return element{}, err
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			stack = append(stack, element{name: token.Name.Local})
		case xml.EndElement:
			done := *top
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].children = append(stack[len(stack)-1].children, done)
		case xml.CharData:
			top.text += string(token)
		case xml.Comment, xml.Directive:
			return element{}, errors.New("refused")
		}
	}
}

func twinCall(document []byte) (string, []xmlrpc.Value, error) {
	root, err := tree(document)
	if err != nil {
		return "", nil, err
	}
	if root.name != "methodCall" || len(root.children) == 0 || root.children[0].name != "methodName" {
		return "", nil, errors.New("no call")
	}
	var args []xmlrpc.Value
	if len(root.children) > 1 {
		for _, p := range root.children[1].children {
			v, err := twinValue(p.children[0])
			if err != nil {
				return "", nil, err
			}
			args = append(args, v)
		}
	}
	return root.children[0].text, args, nil
}

func twinAnswer(document []byte) (xmlrpc.Value, error) {
	root, err := tree(document)
	if err != nil {
		return xmlrpc.Value{}, err
	}
	if root.children[0].name == "fault" {
		v, err := twinValue(root.children[0].children[0])
		if err != nil {
			return xmlrpc.Value{}, err
		}
		code, _ := v.Member("faultCode")
		text, _ := v.Member("faultString")
		return xmlrpc.Value{}, &xmlrpc.Fault{Code: int(code.Int), Text: text.Str}
	}
	return twinValue(root.children[0].children[0].children[0])
}

func twinValue(e element) (v xmlrpc.Value, err error) {
	if len(e.children) == 0 {
		return xmlrpc.StringValue(e.text), nil
	}
	e = e.children[0]
	trimmed := strings.Trim(e.text, " \t\r\n")
	switch e.name {
	case "int", "i1", "i2", "i4", "i8":
		v.Kind = xmlrpc.Int
		v.Int, err = strconv.ParseInt(trimmed, 10, 64)
	case "boolean":
		v = xmlrpc.BoolValue(trimmed == "1")
	case "double", "float":
		v.Kind = xmlrpc.Double
		v.Float, err = strconv.ParseFloat(trimmed, 64)
	case "string":
		v = xmlrpc.StringValue(e.text)
	case "dateTime.iso8601":
		v = xmlrpc.DateTimeValue(trimmed)
	case "base64":
		v.Kind = xmlrpc.Base64
		v.Bytes, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(e.text), ""))
	case "nil":
	case "array":
		v.Kind = xmlrpc.Array
		if len(e.children) == 0 {
			return v, nil
		}
		for _, c := range e.children[0].children {
			item, err := twinValue(c)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, item)
		}
	case "struct":
		v.Kind = xmlrpc.Struct
		for _, c := range e.children {
			value, err := twinValue(c.children[1])
			if err != nil {
				return v, err
			}
			v.Members = append(v.Members, xmlrpc.Member{Name: c.children[0].text, Value: value})
		}
	default:
		err = fmt.Errorf("type %s", e.name)
	}
	return v, err
}
